"""Unterminated last lines: which are complete, and which may have been cut.

A line is certainly complete when it cannot be read with one character less or more, such as a JSON
object or a quoted value, or when its content would be the same. When the content would differ, such
as the user agent or the last byte, more of it may follow: counting it could create a listener or a
range that never existed.
"""

from __future__ import annotations

from typing import Any

import duckdb

from wavehouse.measurement.adapters.quick_reading import fields_statement
from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.formats import Layout, Split
from wavehouse.measurement.types import Chunk, Tail

_COUNTED = (
    "ip", "forwarded_for", "sent_at", "method", "host", "uri", "status", "content_start",
    "content_end", "content_total", "bytes", "agent", "range_header",
)  # fmt: skip
_REPEATED = frozenset({"method", "host", "agent"})
"""Fields whose values are known to be complete if an earlier line has the same value."""


def cut_tails(
    database: duckdb.DuckDBPyConnection, chunk: Chunk, layout: Layout
) -> list[tuple[int, str]]:
    """Number and text of the unterminated lines that may be incomplete.

    Overwrites the tables ``raw`` and ``fields``: call it before they are made from the chunk.
    """
    return [(tail.number, tail.line) for tail in chunk.tails if _may_be_cut(database, tail, layout)]


def _may_be_cut(database: duckdb.DuckDBPyConnection, tail: Tail, layout: Layout) -> bool:
    if tail.line.endswith("\r"):  # half of the line end is there, so the line is complete
        return False
    variants = [tail.line, tail.line[:-1], tail.line + "0"]
    rows = _read(database, [*variants, *tail.before], layout)
    line, shorter, longer = (rows.pop(n, None) for n in (1, 2, 3))
    if line is None:
        return False  # it is refused anyway
    others = list(rows.values())
    if not line["host"] and any(other["host"] for other in others):
        return True
    near = [row for row in (shorter, longer) if row is not None]
    differing = {name for name in _COUNTED if any(row[name] != line[name] for row in near)}
    return any(
        name not in _REPEATED or all(other[name] != line[name] for other in others)
        for name in differing
    )


def _read(
    database: duckdb.DuckDBPyConnection, lines: list[str], layout: Layout
) -> dict[int, dict[str, Any]]:
    """The fields of the lines in the format, by line number."""
    rows = [
        {"n": n, "line": text}
        for n, line in enumerate(lines, 1)
        if (text := _canonical(line, layout)) and text not in layout.skips
    ]
    database.execute(statement("reading", "raw_of_lines"), {"lines": rows})
    database.execute(fields_statement(layout, layout.select), layout.parameters)
    result = database.execute(statement("reading", "readable"))
    names = [column[0] for column in result.description or []]
    return {row[0]: dict(zip(names, row, strict=True)) for row in result.fetchall()}


def _canonical(line: str, layout: Layout) -> str | None:
    """The line in the form its format's statement reads; None when it is not in the format."""
    clean = line.rstrip("\r").lstrip("\ufeff").replace("\x1f", " ")
    if layout.repairs is None or not isinstance(layout.parts, Split) or clean.startswith("#"):
        return clean
    return layout.repairs(clean)
