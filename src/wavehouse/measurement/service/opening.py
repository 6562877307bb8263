"""The first steps of every way of reading log files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from wavehouse.kernel.addresses import parse
from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.logfile import Head, LogFile
from wavehouse.measurement.formats import Layout, layout_of
from wavehouse.measurement.rules.masking import masked

T = TypeVar("T")
_LINES = 200
_ENOUGH = 5
"""The number of lines that prove a wrong format; one does if it has other text for the address."""
_NO_ADDRESS = ("", "-", "unknown", "(null)")


def layout_for(log: LogFile, head: Head, format_: str) -> Layout | None:
    """The layout of a file; None when it has no lines. InvalidInput when it is not a log."""
    text = head.content.decode("utf-8", "replace")
    if head.complete and not _has_rows(text):
        return None
    try:
        layout = layout_of(text, format_, str(log.path))
    except InvalidInput:
        text = log.sample()
        layout = layout_of(text, format_, str(log.path))
    _refuse_misread(layout, text, str(log.path))
    return layout


def _refuse_misread(layout: Layout, text: str, where: str) -> None:
    """InvalidInput when most lines have no address where the format expects it.

    Also when no line matches a template of ``--fields``. A socket address is handled by the setting
    of trusted proxies.
    """
    if layout.pattern is None:
        return
    pattern = re.compile(layout.pattern, re.ASCII)
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")[:_LINES]]
    matches = [match for line in lines if (match := pattern.fullmatch(line)) is not None]
    if layout.template is not None and not matches:
        first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
        raise InvalidInput(
            f"no line matches the template of --fields: the first is {masked(first[:200])!r}",
            where=where,
            hint="Compare the template with this line, character by character.",
        )
    addresses = [match["address"] for match in matches]
    bad = [each for each in addresses if parse(each) is None and not each.startswith("unix:")]
    enough = len(addresses) >= _ENOUGH or any(each not in _NO_ADDRESS for each in bad)
    if len(bad) * 2 > len(addresses) and enough:
        raise InvalidInput(
            f"most lines have no address where the format {layout.format} expects it "
            f"(bad_ip, R06): the first is {masked(bad[0])[:60]!r}",
            where=where,
            hint="Turn off HostnameLookups if names are logged. If the line has other values "
            "there, describe it with --fields.",
        )


def ahead(thread: ThreadPoolExecutor, pieces: Iterator[T]) -> Iterator[T]:
    """The same items, each computed while the previous one is processed; the first from now on."""
    return _following(thread, pieces, thread.submit(next, pieces, None))


def _following(
    thread: ThreadPoolExecutor, pieces: Iterator[T], coming: Future[T | None]
) -> Iterator[T]:
    while (piece := coming.result()) is not None:
        coming = thread.submit(next, pieces, None)
        yield piece


def _has_rows(head: str) -> bool:
    """True when the head has a line that is neither empty nor a comment."""
    lines = head.removeprefix("\ufeff").split("\n")
    return any(line.strip() and not line.startswith("#") for line in lines)
