"""Folders of warehouses that are files."""

from __future__ import annotations

from wavehouse.kernel.errors import Refused


def not_writable(path: str, error: OSError) -> Refused:
    """The error of a folder in which nothing can be made; the hint is the system's reason."""
    return Refused(
        "the folder of the warehouse cannot be written",
        where=path,
        hint=error.strerror or type(error).__name__,
    )
