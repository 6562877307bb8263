"""Cleans up after a stopped test run.

SIGTERM ends the run like Ctrl-C, so that fixtures are torn down. Signals that cannot be caught
(SIGKILL, or a worker that pytest-xdist kills after its timeout) are handled by a small program that
waits for the end of the run's process: it then stops every PostgreSQL below the run's folder and
removes the folder.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from types import FrameType

import pytest

_WATCHER = """
import os, shutil, signal, sys, time
from pathlib import Path

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.stdin.read()
folder = Path(sys.argv[1])
for turn in range(2):
    for file in folder.glob("**/postmaster.pid"):
        try:
            pid = int(file.read_text().split()[0])
            os.kill(pid, signal.SIGINT if turn == 0 else signal.SIGQUIT)
            for _ in range(100):
                os.kill(pid, 0)
                time.sleep(0.05)
        except (OSError, ValueError, IndexError):
            pass
shutil.rmtree(folder, ignore_errors=True)
"""


_WATCHERS: list[subprocess.Popen[bytes]] = []
"""Kept, as a watcher ends the servers when its pipe is closed, which happens with its object."""


def unwind_on_sigterm() -> None:
    """Let SIGTERM unwind the run, and keep its exit code."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    pytest.exit("stopped by SIGTERM", returncode=128 + number)


@cache
def run_folder() -> Path:
    """The folder of this process's servers: watched, and removed when the run ends."""
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-test-", dir="/tmp"))
    folder.chmod(0o711)
    watcher = subprocess.Popen(
        [sys.executable, "-ISc", _WATCHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    _WATCHERS.append(watcher)
    return folder


def reachable_folder(prefix: str = "") -> Path:
    """A new folder that the server's account can enter, whichever account runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=run_folder()))
    folder.chmod(0o711)
    return folder
