"""The signs that the package's fonts can print, for documents that allow no missing glyph.

PDF/UA does not allow characters without a glyph, so a character that no font has is printed as a
box. Inter comes first; Droid Sans Fallback and Noto Emoji supply missing characters (decision
0506).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

BOX = "□"
_COVERAGE = Path(__file__).parents[2] / "reference" / "fonts" / "coverage.txt"
_MARKS = ("Mn", "Me")


def printable(value: Any) -> Any:
    """The JSON value with all texts limited to characters of the fonts; others become a box."""
    if isinstance(value, str):
        return "".join(_sign(c) for c in unicodedata.normalize("NFC", value))
    if isinstance(value, Mapping):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    return value


def missing_signs(value: Any) -> str:
    """The signs of the JSON value's texts that no font has, each once, in order of code point.

    They are printed as a box; combining marks are left out.
    """
    text = unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False, default=str))
    wanted = {c for c in text if ord(c) not in covered()}
    return "".join(
        sorted(c for c in wanted if unicodedata.category(c) in _MARKS or _sign(c) == BOX)
    )


def _sign(character: str) -> str:
    if ord(character) in covered():
        return character
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if kind in ("Cf", *_MARKS) else BOX


@cache
def covered() -> frozenset[int]:
    """The code points that every weight of Inter, or a fallback font, can print."""
    ends = [
        tuple(int(end, 16) for end in line.split("-")) for line in _COVERAGE.read_text().split()
    ]
    return frozenset(point for first, last in ends for point in range(first, last + 1))
