"""Lines into ``fields`` by DuckDB's own CSV reader: twice as fast as splitting text in SQL.

The reader is used for what it does as the slow way does it: lines that have just the parts their
format asks for. Every other line takes the slow way, so both ways give the same fields. A chunk is
handed over in a file without a name, which is gone whatever happens to the program.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import duckdb

from wavehouse.measurement.adapters import engine_sql as sql
from wavehouse.measurement.adapters.formats import Layout, Split
from wavehouse.measurement.types import Chunk

_NEVER = "\x1f"
"""A character that no clean chunk has: nothing in it is taken for NULL."""


class QuickReader:
    """Reads chunks of clean text, one after another."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self._prepared: tuple[Layout, str] | None = None
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        database.execute("SET enable_external_file_cache = false")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def read(self, chunk: Chunk, layout: Layout) -> bool:
        """Make ``fields`` of a chunk's lines; False when this chunk is not for the quick way.

        Blank lines, and lines of too many parts, are left out by the reader: the numbers of those
        behind them, and at least that of the last, are then not what they are in the chunk.
        """
        if layout.split is None:
            return False
        text = _without_escapes(chunk.text, layout.split)
        self._file.seek(0)
        self._file.write(text.encode())
        self._file.truncate()
        self._file.flush()
        path = f"/dev/fd/{self._file.fileno()}"
        statement = self._statement(layout)
        self._database.execute(statement, {**layout.parameters, "path": path})
        row = self._database.execute("SELECT max(n) FROM fields").fetchone()
        return row == (chunk.lines + (not text.endswith("\n")),)

    def _statement(self, layout: Layout) -> str:
        if self._prepared is None or self._prepared[0] is not layout:
            assert layout.split is not None  # noqa: S101 - read() asked
            self._prepared = layout, layout.statement_over(_parts(layout.split))
        return self._prepared[1]

    def odd(self, bounds: dict[str, object]) -> list[int]:
        """The numbers of lines that the slow way must judge."""
        return [n for (n,) in self._database.execute(_ODD, bounds).fetchall()]

    def set_aside(self, lines: Sequence[tuple[int, str]], bounds: dict[str, object]) -> None:
        """Take odd lines out of ``fields`` and make them the lines of ``raw``."""
        self._database.execute(sql.RAW_OF_LINES, {"lines": [{"n": n, "line": t} for n, t in lines]})
        self._database.execute(_KEEP, bounds)

    def put_back(self) -> None:
        """Add the good lines to the ``fields`` that the slow way made of the odd ones."""
        self._database.execute("INSERT INTO fields SELECT * FROM good_fields")


def _without_escapes(text: str, split: Split) -> str:
    r"""Lines that hold ``\"`` are told by other means: here they are emptied of their parts."""
    # One character is found many times faster than two, and mostly neither is there.
    if split.at != '"' or "\\" not in text or '\\"' not in text:
        return text
    return "\n".join("-" if '\\"' in line else line for line in text.split("\n"))


def _parts(split: Split) -> str:
    """The parts as the CSV reader gives them; NULL in place of the time when a line is odd."""
    most = max(split.widths)
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(1, most + 2))
    widths = " ".join(_has(split, width) for width in sorted(split.widths, reverse=True))
    used = ", ".join(
        f"CASE WHEN width > 0 THEN c{place} END AS {name}" if name == split.dated
        else f"c{place} AS {name}"
        for name, place in split.places.items()
    )  # fmt: skip
    return (
        f"SELECT n, width, {used} FROM ("  # noqa: S608 - our own names and numbers
        f"SELECT row_number() OVER () AS n, CASE {widths} ELSE 0 END AS width, * "
        f"FROM read_csv($path, delim = '{split.at}', quote = '', escape = '', header = false, "
        f"auto_detect = false, columns = {{{columns}}}, null_padding = true, strict_mode = false, "
        f"nullstr = '{_NEVER}', ignore_errors = true)) WHERE NOT starts_with(c1, '#')"
    )


def _has(split: Split, width: int) -> str:
    closed = f" AND c{width} = ''" if split.closed else ""
    return f"WHEN c{width} IS NOT NULL AND c{width + 1} IS NULL{closed} THEN {width}"


_ODD = f"SELECT n FROM fields WHERE {sql.IS_REJECTED} ORDER BY n"  # noqa: S608 - our own text

_KEEP = f"""
CREATE OR REPLACE TEMP TABLE good_fields AS
SELECT * FROM fields WHERE NOT coalesce({sql.IS_REJECTED}, true)
"""  # noqa: S608 - our own text
