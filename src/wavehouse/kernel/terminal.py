"""The terminal: data on stdout, messages on stderr, with one function for each.

Tables are drawn by rich on a terminal and are tab-separated otherwise; progress is a bar with rate
and time left on a terminal and one line every five seconds otherwise. ``NO_COLOR`` is respected.
Control and bidi characters in a text are shown as escapes (``words.terminal``).
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from wavehouse.kernel import words

_EVERY = 5.0
_FEW = 10.0
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|wh_live_\S+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\t\r\n]+")
_quiet = False


def be_quiet(quiet: bool = True) -> None:
    """Print only errors on stderr (``--quiet``)."""
    global _quiet
    _quiet = quiet


def say(text: str) -> None:
    """Print a sentence for the user on stderr, unless ``--quiet`` was given."""
    if not _quiet:
        complain(text)


def complain(text: str) -> None:
    """Print an error or a warning on stderr, even with ``--quiet``.

    A reader of the messages who leaves (``2>&1 | head``) does not stop the work.
    """
    try:
        print(words.terminal(text), file=sys.stderr, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def out(text: str) -> None:
    """Print data on stdout."""
    print(words.terminal(text))


def jsonable(value: Any) -> Any:
    """Text for values that ``json`` does not support: dates, ids, paths, decimals."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def print_line(value: Any) -> None:
    """Print a value as JSON on one line, flushed at once, for programs that read a stream."""
    print(words.json(json.dumps(value, ensure_ascii=False, default=jsonable)), flush=True)


def print_json(value: Any) -> None:
    """Print one JSON object on stdout; Decimals keep their digits as text."""
    print(words.json(json.dumps(value, default=jsonable, ensure_ascii=False, indent=2)))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table: drawn on a terminal, tab-separated with a header otherwise.

    None is "–"; an instant is in UTC, to the second. Without rows a message says so.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        out("\t".join(columns))
        for row in shown:
            out("\t".join(_SEPARATORS.sub(" ", cell) for cell in row))
        if not shown:
            say("No rows.")
        return
    if not shown:
        say(f"No rows: {title}." if title else "No rows.")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", header_style="bold", box=None)
    numeric = [
        all(
            row[n].replace(",", "").replace(".", "").lstrip("-–").isdigit() or row[n] == "–"
            for row in shown
        )
        for n in range(len(columns))
    ]
    for n, (name, right) in enumerate(zip(columns, numeric, strict=True)):
        # Folded, never truncated, as people copy paths and commands. Ids are not folded either.
        widest = max((len(row[n]) for row in shown if _ID.fullmatch(row[n])), default=None)
        justify: Literal["right", "left"] = "right" if right else "left"
        table.add_column(
            name, justify=justify, overflow="fold", min_width=widest, no_wrap=widest is not None
        )
    for row in shown:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    return words.terminal(str(value))


class Meter(Protocol):
    """Receives the progress of a long task."""

    def advance(self, amount: int) -> None:
        """Add to the amount done."""


class _Lines:
    """Progress without a terminal: a line every five seconds."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._done, self._began = 0, time.monotonic()
        self._printed = self._began

    def advance(self, amount: int) -> None:
        self._done += amount
        now = time.monotonic()
        if now - self._printed >= _EVERY:
            self._printed = now
            say(f"{self._title}: {self._share()}, {self._rate(self._printed - self._began)}")

    def _share(self) -> str:
        """The amount done, as "7.0 of 20.8 MB" or "3 of 90 days"."""
        if self._unit == "bytes":
            of = f" of {self._total / 1e6:,.1f}" if self._total else ""
            return f"{self._done / 1e6:,.1f}{of} MB"
        of = f" of {self._total:,}" if self._total else ""
        return f"{self._done:,}{of} {self._unit}"

    def _rate(self, seconds: float) -> str:
        """The speed, by the minute where a second has few: "0/s" says nothing."""
        rate = self._done / seconds
        if self._unit == "bytes":
            return f"{rate / 1e6:,.1f} MB/s"
        if rate < _FEW:
            return f"{rate * 60:,.0f} {self._unit}/min"
        return f"{rate:,.0f} {self._unit}/s"


class _Bar:
    """Progress on a terminal."""

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar, self._task = bar, task

    def advance(self, amount: int) -> None:
        self._bar.advance(self._task, amount)


@contextmanager
def progress(title: str, total: int | None = None, unit: str = "") -> Iterator[Meter]:
    """A progress bar on stderr during the block; bytes when ``unit`` is "bytes"."""
    if _quiet or not sys.stderr.isatty():
        yield _Lines(title, total, unit)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    amounts = (
        [DownloadColumn(), TransferSpeedColumn()]
        if unit == "bytes"
        else [MofNCompleteColumn(), TextColumn(unit)]
    )
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=28),
        *amounts,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(title, total=total)
        yield _Bar(bar, task)
        if total is None:
            bar.update(task, total=1, completed=1)
