"""Counted evidence: integers to which outcomes are added or removed, in any order (L1-L5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from wavehouse.learning.types import BINS, Cell, Evidence, Outcome

_LOWEST, _WIDTH = -3.0, 0.5


def bin_of(difficulty: float) -> int:
    """The bin of a difficulty from -3 to 3; values beyond go to the outermost."""
    return min(max(int((difficulty - _LOWEST) // _WIDTH), 0), BINS - 1)


def middle_of(number: int) -> float:
    """The difficulty at the middle of a bin."""
    return _LOWEST + _WIDTH * (number + 0.5)


def bucket_of(at: datetime) -> str:
    """The calendar month of a time in UTC, such as ``2026-11``."""
    return f"{at:%Y-%m}"


def cell_of(outcome: Outcome) -> Cell:
    """The cell that counts an outcome."""
    return bucket_of(outcome.at), bin_of(outcome.difficulty), int(outcome.kind)


def of(outcomes: Iterable[Outcome]) -> Evidence:
    """The evidence of outcomes: one increment each (L5)."""
    cells: Counter[Cell] = Counter()
    likes: Counter[tuple[str, bool]] = Counter()
    for outcome in outcomes:
        cells[cell_of(outcome)] += 1
        likes.update((feature, outcome.liked) for feature in outcome.features)
    return Evidence(dict(cells), _paired(likes))


def merged(first: Evidence, second: Evidence) -> Evidence:
    """The sum of both: the same as counting the outcomes of both (L3)."""
    return _sum(first, second, 1)


def without(evidence: Evidence, erased: Evidence) -> Evidence:
    """The evidence minus some other: the same as if that had never been counted (L4)."""
    return _sum(evidence, erased, -1)


def _sum(first: Evidence, second: Evidence, sign: int) -> Evidence:
    cells = Counter(first.cells)
    for cell, count in second.cells.items():
        cells[cell] += sign * count
    likes: Counter[tuple[str, bool]] = Counter()
    for evidence, factor in ((first, 1), (second, sign)):
        for feature, (liked, other) in evidence.likes.items():
            likes[feature, True] += factor * liked
            likes[feature, False] += factor * other
    if any(count < 0 for count in (*cells.values(), *likes.values())):
        raise ValueError("more outcomes are removed than were counted")
    return Evidence({c: n for c, n in cells.items() if n}, _paired(likes))


def _paired(likes: Counter[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    names = sorted({feature for feature, _ in likes})
    paired = {name: (likes[name, True], likes[name, False]) for name in names}
    return {name: pair for name, pair in paired.items() if any(pair)}
