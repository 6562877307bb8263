"""``wavehouse up`` looks after the server it stands on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from wavehouse.store import EmbeddedServer


def test_a_server_that_died_under_its_program_is_started_again(home_folder: Path) -> None:
    """Kill -9 of the postmaster: the program finds out, starts it, and it recovers."""
    with EmbeddedServer(home_folder).running() as server:
        assert not server.revive()
        postmaster = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(postmaster, signal.SIGKILL)
        while server.is_running():
            pass
        assert server.revive()
        assert server.is_running()
    assert not EmbeddedServer(home_folder).is_running()
