"""What every way of reading log files begins with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.formats import Layout, layout_of
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.types import Chunk


def layout_for(log: LogFile, head: Head, format_: str) -> Layout | None:
    """How a file is laid out; None for one without lines. InvalidInput when it is no log."""
    text = head.content.decode("utf-8", "replace")
    if head.complete and not _has_rows(text):
        return None
    try:
        return layout_of(text, format_, str(log.path))
    except InvalidInput:
        return layout_of(log.sample(), format_, str(log.path))


def ahead(cutter: ThreadPoolExecutor, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same chunks, each cut while the one before is worked on."""
    coming = cutter.submit(next, chunks, None)
    while (chunk := coming.result()) is not None:
        coming = cutter.submit(next, chunks, None)
        yield chunk


def _has_rows(head: str) -> bool:
    """True when the head holds a line that is neither empty nor a comment."""
    lines = head.removeprefix("\ufeff").split("\n")
    return any(line.strip() and not line.startswith("#") for line in lines)
