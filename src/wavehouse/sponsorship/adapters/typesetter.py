"""Typst as the typesetter: a template of the package and JSON data make a PDF/UA document.

Data reaches the template through ``sys.inputs`` and ``json``: it is never source text, so it cannot
contain markup or code. Only the package's fonts are used, nothing is fetched, and the time written
to the file is a parameter: the same view gives the same bytes.

A character that no font of the package has is printed as a box (``kernel.reference.font_signs``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from wavehouse.kernel.reference.font_signs import missing_signs, printable

REFERENCE = Path(__file__).parents[2] / "reference"
STANDARD: Final = "ua-1"


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
