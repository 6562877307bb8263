"""The difference of two texts, word by word, for displaying them side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_TOKENS = 6_000


@dataclass(frozen=True, slots=True)
class Change:
    """A run of text: ``same``, ``removed`` from the old text, or ``added`` in the new one."""

    kind: str
    text: str


def difference(old: str, new: str) -> tuple[list[Change], list[Change]]:
    """The old text with its removed words, and the new one with its added words.

    Texts of more than 6,000 words are compared by lines.
    """
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(before) + len(after) > _MOST_TOKENS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    left: list[Change] = []
    right: list[Change] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for operation, start, end, first, last in matcher.get_opcodes():
        same = operation == "equal"
        if end > start:
            left.append(Change("same" if same else "removed", "".join(before[start:end])))
        if last > first:
            right.append(Change("same" if same else "added", "".join(after[first:last])))
    return left, right
