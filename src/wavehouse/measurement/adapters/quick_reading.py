"""Reads lines into ``fields`` with DuckDB's CSV reader, twice as fast as splitting text in SQL.

It is used for lines with exactly the parts of their format; all others use the other reader, which
returns the same fields. A chunk is passed in an unnamed file, which disappears however the process
ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import duckdb

from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.formats import Layout, Split
from wavehouse.measurement.types import Chunk

_NEVER = "\x1f"
"""A character that is in no clean chunk, so nothing is read as NULL."""


class QuickReader:
    """Reads chunks of clean text, one after another."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self._prepared: tuple[Layout, str] | None = None
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        database.execute("SET enable_external_file_cache = false")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, chunk: Chunk, layout: Layout) -> bool:
        """Make ``fields`` from a chunk's lines; False when this chunk needs the other reader.

        The CSV reader skips blank lines and lines with too many parts: the numbers of later lines,
        at least that of the last one, then differ from the chunk's.
        """
        split = layout.parts
        if not isinstance(split, Split):
            return False
        text = _without_escapes(chunk.text, split)
        self._file.seek(0)
        self._file.write(text.encode())
        self._file.truncate()
        self._file.flush()
        path = f"/dev/fd/{self._file.fileno()}"
        self._database.execute(self._statement(layout, split), {**layout.parameters, "path": path})
        row = self._database.execute(statement("reading", "last_line")).fetchone()
        return row == (chunk.lines + (not text.endswith("\n")),)

    def _statement(self, layout: Layout, split: Split) -> str:
        if self._prepared is None or self._prepared[0] is not layout:
            self._prepared = layout, fields_statement(layout, split.checked(_parts(split)))
        return self._prepared[1]

    def odd(self, bounds: dict[str, object]) -> list[int]:
        """The numbers of lines that the other reader must parse."""
        rows = self._database.execute(statement("reading", "quick_odd"), bounds).fetchall()
        return [n for (n,) in rows]

    def take_out(self, numbers: Sequence[int]) -> None:
        """Remove lines with these numbers from ``fields``."""
        if numbers:
            self._database.execute(statement("reading", "take_out"), {"numbers": list(numbers)})

    def set_aside(self, lines: Sequence[tuple[int, str]], bounds: dict[str, object]) -> None:
        """Move odd lines from ``fields`` to ``raw``."""
        rows = [{"n": n, "line": text} for n, text in lines]
        self._database.execute(statement("reading", "raw_of_lines"), {"lines": rows})
        self._database.execute(statement("reading", "keep_good"), bounds)

    def put_back(self) -> None:
        """Add the good lines to the ``fields`` that the other reader made from the odd ones."""
        self._database.execute(statement("reading", "put_back"))


def fields_statement(layout: Layout, parts: str) -> str:
    """The statement that makes ``fields`` from the parts of a SELECT."""
    return statement("reading", "fields", parts=parts, expressions=layout.expressions)


def _without_escapes(text: str, split: Split) -> str:
    r"""The text with lines containing ``\"`` emptied; the other reader reads those."""
    # Searching one character is many times faster than two, and usually neither is found.
    if split.at != '"' or "\\" not in text or '\\"' not in text:
        return text
    return "\n".join("-" if '\\"' in line else line for line in text.split("\n"))


def _parts(split: Split) -> str:
    """The parts as read by the CSV reader; width 0 for a line with another number of parts."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(1, max(split.widths) + 2))
    return statement(
        "reading",
        "quick_parts",
        used=", ".join(f"c{number} AS {name}" for name, number in split.places.items()),
        widths=" ".join(_has(split, width) for width in sorted(split.widths, reverse=True)),
        at=split.at,
        columns=f"{{{columns}}}",
        never=_NEVER,
    )


def _has(split: Split, width: int) -> str:
    closed = f" AND c{width} = ''" if split.closed else ""
    return f"WHEN c{width} IS NOT NULL AND c{width + 1} IS NULL{closed} THEN {width}"
