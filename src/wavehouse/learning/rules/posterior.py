"""From counts to a level: the posterior of a learner's ability, computed when it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from wavehouse.learning.rules.evidence import middle_of
from wavehouse.learning.types import (
    BINS,
    CLASSES,
    UNDERSTOOD,
    Evidence,
    Level,
    Model,
)

POINTS = 41
_LOWEST, _HIGHEST = -4.0, 4.0
GRID = tuple(_LOWEST + (_HIGHEST - _LOWEST) * n / (POINTS - 1) for n in range(POINTS))
_TAIL = 0.1
"""The probability outside an 80 % interval, on each side."""
STATED = {"beginner": -1.0, "intermediate": 0.0, "advanced": 1.0}
"""The shift of the prior's mean, by the difficulty that a learner asked for."""


def log_probabilities(model: Model, ability: float, difficulty: float) -> tuple[float, ...]:
    """Log-probabilities of the outcome classes: a multinomial logit."""
    gap = ability - difficulty
    logits = [a + b * gap for a, b in zip(model.alpha, model.beta, strict=True)]
    most = max(logits)
    norm = most + math.log(sum(math.exp(logit - most) for logit in logits))
    return tuple(logit - norm for logit in logits)


@lru_cache(maxsize=16)
def table(model: Model) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """Log-probabilities by difficulty bin and class, at each point of the grid."""
    rows = []
    for number in range(BINS):
        at = [log_probabilities(model, ability, middle_of(number)) for ability in GRID]
        rows.append(tuple(tuple(point[kind] for point in at) for kind in range(CLASSES)))
    return tuple(rows)


@lru_cache(maxsize=16)
def understanding(model: Model) -> tuple[tuple[float, ...], ...]:
    """The probability that an item of a bin is understood, at each point of the grid."""
    return tuple(
        tuple(sum(math.exp(by_class[k][n]) for k in UNDERSTOOD) for n in range(POINTS))
        for by_class in table(model)
    )


def months_between(earlier: str, later: str) -> int:
    """Calendar months from one bucket to a later one; 0 if it is not later."""
    (y1, m1), (y2, m2) = (tuple(map(int, text.split("-"))) for text in (earlier, later))
    return max(12 * (y2 - y1) + m2 - m1, 0)


def posterior(
    evidence: Evidence, model: Model, *, bucket: str, stated: str = ""
) -> tuple[float, ...]:
    """The probability of each point of the grid, as of a month.

    The prior is the model's, shifted by the learner's self-assessment; evidence loses weight with
    age.
    """
    mean = model.prior_mean + STATED.get(stated, 0.0)
    logs = [-((ability - mean) ** 2) / (2 * model.prior_sd**2) for ability in GRID]
    rows = table(model)
    weights: dict[tuple[int, int], float] = {}
    for (month, number, kind), count in sorted(evidence.cells.items()):
        weight = model.trust * count * model.decay ** months_between(month, bucket)
        weights[number, kind] = weights.get((number, kind), 0.0) + weight
    for (number, kind), weight in sorted(weights.items()):
        row = rows[number][kind]
        logs = [log + weight * value for log, value in zip(logs, row, strict=True)]
    most = max(logs)
    plain = [math.exp(log - most) for log in logs]
    total = sum(plain)
    return tuple(value / total for value in plain)


@lru_cache(maxsize=16)
def information(model: Model) -> tuple[float, ...]:
    """The information an outcome in each bin gives about ability, averaged over the prior.

    It is the variance of the slope over the classes, so it does not depend on the observed class:
    evidence never reduces information (L7).
    """
    logs = [-((a - model.prior_mean) ** 2) / (2 * model.prior_sd**2) for a in GRID]
    prior = [math.exp(log) for log in logs]
    values = []
    for by_class in table(model):
        total = 0.0
        for n, weight in enumerate(prior):
            chances = [math.exp(by_class[k][n]) for k in range(CLASSES)]
            mean = sum(p * b for p, b in zip(chances, model.beta, strict=True))
            total += weight * sum(
                p * (b - mean) ** 2 for p, b in zip(chances, model.beta, strict=True)
            )
        values.append(total / sum(prior))
    return tuple(values)


def spread(evidence: Evidence, model: Model, *, bucket: str) -> float:
    """The standard deviation after this much evidence.

    It decreases with each outcome of the month, and grows with inactive months (L7).
    """
    known = information(model)
    precision = 1 / model.prior_sd**2 + sum(
        model.trust * count * model.decay ** months_between(month, bucket) * known[number]
        for (month, number, _), count in sorted(evidence.cells.items())
    )
    return 1 / math.sqrt(precision)


def level(evidence: Evidence, model: Model, *, bucket: str, stated: str = "") -> Level:
    """Level, spread and 80 % interval of a learner, from 0 to 1 (L6-L10)."""
    weights = posterior(evidence, model, bucket=bucket, stated=stated)
    mean = sum(w * a for w, a in zip(weights, GRID, strict=True))
    return Level(
        round(_scaled(mean), 4),
        round(spread(evidence, model, bucket=bucket) / 6, 4),
        round(_scaled(quantile(weights, _TAIL)), 4),
        round(_scaled(quantile(weights, 1 - _TAIL)), 4),
        evidence.outcomes,
        model.version,
    )


def quantile(weights: Sequence[float], share: float) -> float:
    """A quantile of the ability, interpolated linearly between the grid points."""
    step = GRID[1] - GRID[0]
    reached = 0.0
    for ability, total in zip(GRID, accumulate(weights), strict=True):
        if total >= share:
            part = (share - reached) / (total - reached) if total > reached else 1.0
            return ability - step / 2 + step * part
        reached = total
    return GRID[-1]


def understood(weights: Sequence[float], model: Model) -> tuple[float, ...]:
    """The probability of understanding an item of each bin, over the posterior."""
    return tuple(
        sum(w * p for w, p in zip(weights, points, strict=True)) for points in understanding(model)
    )


def best_difficulty(weights: Sequence[float], model: Model, target: float) -> float:
    """The difficulty at which an item is understood with the target probability.

    Interpolated linearly between the middles of bins.
    """
    chances = understood(weights, model)
    for number in range(1, BINS):
        above, below = chances[number - 1], chances[number]
        if below <= target <= above:
            part = (above - target) / (above - below) if above > below else 0.0
            return middle_of(number - 1) + part * 0.5
    return middle_of(0) if target > chances[0] else middle_of(BINS - 1)


def _scaled(ability: float) -> float:
    """Convert from -3..3 to 0..1, clipping values beyond (L9)."""
    return min(max((ability + 3) / 6, 0.0), 1.0)
