"""What every way of reading log files begins with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.formats import Layout, layout_of

T = TypeVar("T")


def layout_for(log: LogFile, head: Head, format_: str) -> Layout | None:
    """How a file is laid out; None for one without lines. InvalidInput when it is no log."""
    text = head.content.decode("utf-8", "replace")
    if head.complete and not _has_rows(text):
        return None
    try:
        return layout_of(text, format_, str(log.path))
    except InvalidInput:
        return layout_of(log.sample(), format_, str(log.path))


def ahead(thread: ThreadPoolExecutor, pieces: Iterator[T]) -> Iterator[T]:
    """The same pieces, each made while the one before is worked on."""
    coming = thread.submit(next, pieces, None)
    while (piece := coming.result()) is not None:
        coming = thread.submit(next, pieces, None)
        yield piece


def _has_rows(head: str) -> bool:
    """True when the head holds a line that is neither empty nor a comment."""
    lines = head.removeprefix("\ufeff").split("\n")
    return any(line.strip() and not line.startswith("#") for line in lines)
