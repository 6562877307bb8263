"""Checks of entered titles, texts and languages."""

from __future__ import annotations

import re

from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput

LONGEST_TITLE = 500
LONGEST_TEXT = 200_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def title_of(text: str, where: str = "title") -> str:
    """A title on one line. InvalidInput when it is empty or longer than 500 characters."""
    title = words.line(text)
    if not title or len(title) > LONGEST_TITLE:
        raise InvalidInput(f"a title must have 1 to {LONGEST_TITLE} characters", where=where)
    return title


def text_of(text: str, where: str, *, longest: int = LONGEST_TEXT, empty: bool = False) -> str:
    """A text of several lines without hidden characters. InvalidInput when it is too long."""
    clean, name = words.paragraphs(text).strip(), where.replace("_", " ")
    if not clean and not empty:
        raise InvalidInput(f"the {name} is empty", where=where)
    if len(clean) > longest:
        raise InvalidInput(
            f"the {name} has {len(clean):,} characters; the limit is {longest:,}", where=where
        )
    return clean


def language_of(text: str) -> str:
    """A BCP 47 language tag such as ``it`` or ``pt-BR``. InvalidInput for anything else."""
    tag = text.strip()
    if len(tag) > 10 or not _LANGUAGE.fullmatch(tag):
        raise InvalidInput(
            "invalid language", where="language", hint="Use a language tag such as it or pt-BR."
        )
    return tag
