"""The engines' statements: ``.sql`` files of named parts, combined by name.

A part starts with ``-- name: x`` and a purpose line. ``{{y}}`` in it is a value from the caller, or
another part of the same file; ``{{file.y}}`` is a part of another file. Another engine is another
folder with the same names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_PLACE = re.compile(r"\{\{(?:(\w+)\.)?(\w+)\}\}")
ENGINE = "duckdb"


@cache
def parts_of(file: str, engine: str = ENGINE) -> Mapping[str, str]:
    """The parts of a file by name, without their purpose lines."""
    folder = files("wavehouse.measurement") / "adapters" / "sql" / engine
    text = (folder / f"{file}.sql").read_text(encoding="utf-8")
    pieces = _NAME.split(text)[1:]
    parts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    return {name: _without_purpose(piece) for name, piece in parts.items()}


def _without_purpose(piece: str) -> str:
    lines = piece.strip("\n").split("\n")
    while lines and lines[0].startswith("--"):
        lines.pop(0)
    return "\n".join(lines).strip()


def statement(file: str, name: str, **values: str) -> str:
    """A part with all placeholders filled. KeyError for an unknown name."""
    return _filled(file, parts_of(file)[name], values)


def _filled(file: str, text: str, values: Mapping[str, str]) -> str:
    def put(match: re.Match[str]) -> str:
        other, name = match.groups()
        if other is None and name in values:
            return values[name]
        return _filled(other or file, parts_of(other or file)[name], values)

    return _PLACE.sub(put, text)
