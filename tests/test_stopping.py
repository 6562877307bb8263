"""A test run that is stopped leaves no PostgreSQL server and no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WAITS = """
import time
from pathlib import Path

def test_waits(server):
    Path({ready!r}).write_text(str(server.data))
    time.sleep({seconds})
"""
PATIENCE = 300


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_a_stopped_run_leaves_no_server(number: signal.Signals, tmp_path: Path) -> None:
    """SIGTERM unwinds the fixtures and ends with 143; SIGKILL leaves the rest to the watcher."""
    ready = tmp_path / "ready"
    (tmp_path / "test_waits.py").write_text(WAITS.format(ready=str(ready), seconds=10 * PATIENCE))
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until(lambda: ready.exists() and bool(ready.read_text()), run)
        data = Path(ready.read_text())
        postmaster = int((data / "postmaster.pid").read_text().split()[0])

        run.send_signal(number)
        code = run.wait(PATIENCE)
    finally:
        run.kill()

    assert (128 + number if number == signal.SIGTERM else -number) == code
    _wait_until(lambda: not _is_running(postmaster) and not data.parents[1].exists())


def _wait_until(holds: Callable[[], bool], run: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(PATIENCE * 20):
        if holds():
            return
        assert run is None or run.poll() is None, "the run ended early"
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
