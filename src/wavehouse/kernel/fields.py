"""Text fields of request models, cleaned before they are used.

Names and other words lose control and bidi characters (``Line``; ``Paragraphs`` keep line breaks).
Ids and addresses that contain one are refused (``Exact``), since another id would mean another row.
A test checks that every text field of a request model is one of these
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
        raise ValueError("must not contain control or bidirectional characters")
    return value


Line = Annotated[str, BeforeValidator(_line)]
Paragraphs = Annotated[str, BeforeValidator(_paragraphs)]
Exact = Annotated[str, BeforeValidator(_exact)]
