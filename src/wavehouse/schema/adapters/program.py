"""Reads a program's source for the tables that it names."""

from __future__ import annotations

from pathlib import Path

from wavehouse.schema.adapters import folder as files
from wavehouse.schema.rules.reserved import Names, merged, names_in_python, names_in_sql


def names_in_program(code: Path, *, without: Path) -> Names:
    """The tables named by the Python and SQL files of a folder, except those ``without``.

    The folder of migrations is left out, because it names every table.
    """
    read = {".py": names_in_python, ".sql": names_in_sql}
    return merged(
        read[path.suffix](files.bytes_of(path).decode("utf-8"))
        for path in files.below(code)
        if path.suffix in read and without not in path.parents
    )
