"""Processes of this machine: whether one is running, and which machine this is."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def is_running(pid: int) -> bool:
    """Whether a process has this id, except a zombie where /proc shows it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in {"Z", "X"}


@cache
def machine() -> str:
    """The host's name and, on Linux, a mark of its boot and of this process's PID namespace.

    Two processes with the same value see the same process ids: a container that shares its host's
    name has another mark.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = (_PROC / "self/ns/pid").readlink()
    except OSError:
        return socket.gethostname()
    mark = hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:8]
    return f"{socket.gethostname()} {mark}"
