"""Content difficulty estimated from listeners, once there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.learning.rules.posterior import log_probabilities
from wavehouse.learning.types import Model

LEAST_LISTENERS = 30
"""Distinct learners required before a piece's estimate is replaced."""
METHOD = "listeners-1"
_STEP = 0.05
_GRID = tuple(-3 + _STEP * n for n in range(int(6 / _STEP) + 1))
_TRUST_IN_TEXT = 1.0
"""Standard deviation of the text's estimate, as a prior."""


def difficulty(outcomes: Sequence[tuple[float, int]], estimate: float, model: Model) -> float:
    """The most probable difficulty, from -3 to 3, given the outcomes.

    An outcome is a pair of the learner's ability and the class. The text's estimate is the prior.
    """

    def score(value: float) -> float:
        prior = -((value - estimate) ** 2) / (2 * _TRUST_IN_TEXT**2)
        return prior + sum(
            log_probabilities(model, ability, value)[kind] for ability, kind in outcomes
        )

    return round(max((score(value), value) for value in _GRID)[1], 2)
