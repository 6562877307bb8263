"""Typst as the typesetter: a template of the package and JSON data make a PDF/UA document.

Data reaches the template through ``sys.inputs`` and ``json``: it is never source text, so it cannot
contain markup or code. Only the package's fonts are used, nothing is fetched, and the time written
to the file is a parameter: the same view gives the same bytes.

PDF/UA does not allow characters without a glyph, so a character that no font has is printed as a
box. Inter comes first; Droid Sans Fallback and Noto Emoji supply missing characters (decision
0506).
"""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

REFERENCE = Path(__file__).parents[2] / "reference"
STANDARD: Final = "ua-1"
BOX = "□"
_MARKS = ("Mn", "Me")


class Typesetter:
    """A compiler kept loaded for one template. Safe to use from several threads."""

    def __init__(self, template: Path, fonts: Path = REFERENCE / "fonts") -> None:
        self._lock = threading.Lock()
        self._compiler = typst.Compiler(
            template,
            root=template.parent,
            font_paths=typst.Fonts(
                include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]
            ),
            ignore_system_fonts=True,
        )

    def pdf(self, view: Mapping[str, Any], *, created_at: datetime) -> bytes:
        """The document as an accessible PDF (PDF/UA-1)."""
        shown = printable(view)
        shown["boxes"] = bool(missing_signs(view))
        with self._lock:
            made = self._compiler.compile(
                format="pdf",
                sys_inputs={"data": json.dumps(shown, ensure_ascii=False)},
                pdf_standards=STANDARD,
                timestamp=int(created_at.timestamp()),
            )
        if not isinstance(made, bytes):
            raise TypeError("the typesetter returned no document")
        return made


@cache
def typesetter(template_id: str) -> Typesetter:
    """The typesetter of a bundled template, made once per process."""
    return Typesetter(REFERENCE / "reports" / template_id / "main.typ")


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
    ranges = (REFERENCE / "fonts" / "coverage.txt").read_text().split()
    ends = [tuple(int(end, 16) for end in line.split("-")) for line in ranges]
    return frozenset(point for first, last in ends for point in range(first, last + 1))
