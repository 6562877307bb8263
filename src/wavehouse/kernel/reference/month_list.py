"""Names of months in the languages of the world's podcasts, from Unicode's CLDR."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from wavehouse.kernel.reference.files import text_of

# Spellings that feeds use and CLDR does not list.
_ALSO = {
    "sept": 9, "maerz": 3, "mrz": 3, "mär": 3, "févr": 2, "juil": 7, "settem": 9, "ene": 1,
    "abr": 4, "ago": 8, "dic": 12, "dez": 12, "okt": 10, "out": 10, "set": 9, "fev": 2,
}  # fmt: skip


def month_key(name: str) -> str:
    """A month's name as in the list: case-folded, without full stops at its ends."""
    return unicodedata.normalize("NFKC", name).casefold().strip(". ")


def _without_marks(name: str) -> str:
    """A Latin or Greek name without accents, as many systems write it."""
    parts = unicodedata.normalize("NFD", name)
    return "".join(c for c in parts if unicodedata.category(c) != "Mn")


@cache
def month_names() -> Mapping[str, frozenset[int]]:
    """Each name with its possible months: ``lip`` is June in Croatia, July in Poland."""
    listed = json.loads(text_of("month-names.json"))["names"]
    counts: dict[str, set[int]] = defaultdict(set)
    for name, months in listed.items():
        counts[name].update(months)
    for name, month in _ALSO.items():
        if name not in listed:
            counts[name].add(month)
    for name, months in list(counts.items()):
        bare = _without_marks(name)
        if bare.isascii() and bare not in listed:
            counts[bare].update(months)
    return {name: frozenset(months) for name, months in counts.items()}
