"""Readers hold a lock on the manifest of a sealed day, which the kernel drops with the program."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def is_free(path: Path) -> bool:
    """Whether no reader holds a lock on a file, or there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
