"""Text fields of request models: what a request may write, cleaned at the door.

Names and other words lose control and bidi characters (``Line``; ``Paragraphs`` keep line breaks).
Ids and addresses that hold one are refused (``Exact``), since another id would mean another row. A
test walks every request model and finds a field that is none of these
(``tests/web/test_text_fields.py``).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from wavehouse.kernel import words


def _line(value: object) -> object:
    return words.line(value) if isinstance(value, str) else value


def _paragraphs(value: object) -> object:
    return words.paragraphs(value) if isinstance(value, str) else value


def _exact(value: object) -> object:
    if isinstance(value, str) and not words.is_plain(value):
        raise ValueError("must not hold control or bidirectional characters")
    return value


Line = Annotated[str, BeforeValidator(_line)]
Paragraphs = Annotated[str, BeforeValidator(_paragraphs)]
Exact = Annotated[str, BeforeValidator(_exact)]
