"""``wavehouse up`` watches its database server."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from wavehouse.store import EmbeddedServer


def test_a_server_that_died_under_its_program_is_started_again(home_folder: Path) -> None:
    """After kill -9 of the postmaster the program notices, restarts it, and it recovers."""
    with EmbeddedServer(home_folder).running() as server:
        assert not server.revive()
        postmaster = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(postmaster, signal.SIGKILL)
        while server.is_running():
            pass
        assert server.revive()
        assert server.is_running()
    assert not EmbeddedServer(home_folder).is_running()


def test_the_sign_in_link_is_there_while_up_serves_into_a_pipe(home_folder: Path) -> None:
    """Under a service manager stdout is not a terminal: the link must not be buffered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "wavehouse", "up", "--port", str(port)],
        env={**os.environ, "WAVEHOUSE_HOME": str(home_folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdout is not None
        ready, _, _ = select.select([program.stdout], [], [], 180)
        line = program.stdout.readline() if ready else ""
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)
    assert line.startswith(f"http://localhost:{port}/sign-in?token=")
