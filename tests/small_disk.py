"""A disk of a chosen size that fills up immediately; needs root."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def can_mount() -> bool:
    """True where a small disk can be mounted."""
    try:
        with small_disk(1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a folder as a separate disk during the block."""
    if os.geteuid() != 0:
        raise PermissionError("only root mounts")
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-disk-", dir="/tmp"))
    options = f"size={megabytes}M,mode=0711"
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            check=True,
            capture_output=True,
        )
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
    finally:
        folder.rmdir()


def filled(folder: Path, *, leave: int) -> Path:
    """Fill a disk up to ``leave`` bytes with one file, which is returned."""
    ballast = folder / "ballast"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - leave))
    return ballast


needs_a_small_disk = pytest.mark.skipif(
    os.geteuid() != 0 or not can_mount(), reason="only root can mount a small disk"
)
