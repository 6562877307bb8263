"""When learning asks the studio for a piece, and at which level (L16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wavehouse.learning.rules.evidence import bin_of
from wavehouse.learning.types import LiveGeneration

HEARD_ENOUGH = 0.5
"""The share of the last made piece that has to be heard before another one is made."""
MOST_LIVE = 20
"""Generations of one organization at a time."""
_CLOSE = 0.15
"""A piece is suitable when its chance of being understood is this close to the target."""
_MISSED = 1.0
_BEGINNER, _ADVANCED = -1.0, 1.0


def is_suitable(difficulties: Iterable[float], chances: Sequence[float], target: float) -> bool:
    """Whether any of these difficulties is understood about as often as the learner wants."""
    return any(abs(chances[number] - target) <= _CLOSE for number in set(map(bin_of, difficulties)))


def level_for(difficulty: float) -> str:
    """The level of the studio for a difficulty from -3 to 3."""
    if difficulty < _BEGINNER:
        return "beginner"
    return "intermediate" if difficulty < _ADVANCED else "advanced"


def refusal(last: LiveGeneration | None, live: int) -> str:
    """Why no new generation is started; empty when it may start.

    ``last`` is the learner's latest generation that did not fail; ``live`` counts those of the
    organization that have not ended.
    """
    if last is not None and last.heard <= HEARD_ENOUGH:
        return "the learner has not listened to half of the last generated piece"
    if live >= MOST_LIVE:
        return f"{live} pieces are already being generated; try again later"
    return ""


def series_after(heard: Sequence[str], available: Sequence[str]) -> str:
    """The series to continue: the one that was heard last, else the first available."""
    return next((each for each in heard if each in available), available[0])


def missed(asked: float, made: float) -> str:
    """A sentence when a piece is easier or harder than requested; otherwise empty."""
    if abs(made - asked) <= _MISSED:
        return ""
    word = "harder" if made > asked else "easier"
    return f"{word} than requested: estimated difficulty {made:.1f}, requested {asked:.1f}"
