"""The certificate as an accessible PDF, typeset with the fonts of the package.

The data reaches the template as JSON, never as source text.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from wavehouse.kernel.reference.font_signs import missing_signs, printable

_REFERENCE = Path(__file__).parents[2] / "reference"
_LOCK = threading.Lock()


@cache
def _compiler() -> typst.Compiler:
    template = _REFERENCE / "certificates" / "erasure.typ"
    return typst.Compiler(
        template,
        root=template.parent,
        font_paths=typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[_REFERENCE / "fonts"],
        ),
        ignore_system_fonts=True,
    )


def pdf(document: Mapping[str, Any]) -> bytes:
    """A signed certificate as PDF/UA-1; the same document gives the same bytes.

    A sign that the fonts do not have is a box here, and in full in the signed JSON.
    """
    at = datetime.fromisoformat(str(document["completed_at"]))
    shown = {**printable(document), "boxes": bool(missing_signs(document))}
    with _LOCK:
        made = _compiler().compile(
            format="pdf",
            sys_inputs={"data": json.dumps(shown, ensure_ascii=True)},
            pdf_standards="ua-1",
            timestamp=int(at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError("the typesetter returned no document")
    return made
