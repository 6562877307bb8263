"""Fit the table of a model by expectation maximization on a population of learners."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from wavehouse.learning.rules.evidence import middle_of
from wavehouse.learning.rules.posterior import GRID, POINTS, posterior
from wavehouse.learning.types import BINS, CLASSES, Evidence, Model, OutcomeClass

HAND_SET = Model("hand-1", (0.0, -0.6, -1.4, -1.6, -1.2), (0.0, -0.5, -1.2, -0.9, -0.7))
"""The starting point of fitting."""
_ROUNDS = 25
_STEPS = 8
_RIDGE = 2.0
Expected = list[list[list[float]]]
"""Expected outcomes by bin, point of the grid and class."""


def fitted(
    population: Sequence[Evidence],
    *,
    version: str,
    start: Model = HAND_SET,
    rounds: int = _ROUNDS,
    on_round: Callable[[int], None] = lambda _: None,
) -> Model:
    """The most probable model for a population's outcomes.

    Abilities are on the scale of the difficulties, so the prior's mean and spread are fitted, too.
    The slope of ``clean`` stays the largest and that of ``heavy`` the smallest: only then does
    evidence move a level the right way (L6).
    """
    model = replace(start, version=version, trust=1.0)
    month = "2000-01"  # a population is fitted without decay
    flat = [
        replace(evidence_row, cells=_without_months(evidence_row, month))
        for evidence_row in population
    ]
    for number in range(rounds):
        expected: Expected = [[[0.0] * CLASSES for _ in range(POINTS)] for _ in range(BINS)]
        mean, square = 0.0, 0.0
        for item in flat:
            weights = posterior(item, model, bucket=month)
            for (_, bin_number, kind), count in item.cells.items():
                points = expected[bin_number]
                for n, weight in enumerate(weights):
                    points[n][kind] += count * weight
            mean += sum(w * a for w, a in zip(weights, GRID, strict=True))
            square += sum(w * a * a for w, a in zip(weights, GRID, strict=True))
        learners = max(len(flat), 1)
        centre = mean / learners
        spread = math.sqrt(max(square / learners - centre**2, 0.04))
        alpha, beta = _maximized(expected, model)
        model = replace(
            model,
            alpha=alpha,
            beta=beta,
            prior_mean=round(centre, 6),
            prior_sd=round(min(spread, 2.0), 6),
        )
        on_round(number + 1)
    likes = [pair for evidence_row in population for pair in evidence_row.likes.values()]
    said = sum(map(sum, likes))
    rate = sum(liked for liked, _ in likes) / said if said else model.like_rate
    return replace(model, trust=start.trust, like_rate=round(min(max(rate, 0.01), 0.99), 6))


def _without_months(evidence: Evidence, month: str) -> dict[tuple[str, int, int], int]:
    cells: dict[tuple[str, int, int], int] = {}
    for (_, number, kind), count in evidence.cells.items():
        cells[month, number, kind] = cells.get((month, number, kind), 0) + count
    return cells


def _maximized(expected: Expected, model: Model) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A few Newton steps, one class at a time, on the weighted multinomial logit."""
    alpha, beta = list(model.alpha), list(model.beta)
    cells = [
        (GRID[n] - middle_of(number), counts, sum(counts))
        for number, points in enumerate(expected)
        for n, counts in enumerate(points)
        if sum(counts) > 1e-6
    ]
    for _ in range(_STEPS):
        for kind in range(1, CLASSES):
            _stepped(cells, alpha, beta, kind)
    heavy = min(beta)
    beta = [min(slope, 0.0) for slope in beta]
    beta[OutcomeClass.HEAVY] = min(heavy, beta[OutcomeClass.HEAVY])
    return tuple(round(a, 6) for a in alpha), tuple(round(b, 6) for b in beta)


def _stepped(
    cells: Sequence[tuple[float, list[float], float]],
    alpha: list[float],
    beta: list[float],
    kind: int,
) -> None:
    """One Newton step for intercept and slope of one class."""
    g0 = g1 = 0.0
    h00 = h11 = _RIDGE * 1e-3
    h01 = 0.0
    for gap, counts, total in cells:
        logits = [a + b * gap for a, b in zip(alpha, beta, strict=True)]
        most = max(logits)
        parts = [math.exp(logit - most) for logit in logits]
        chance = parts[kind] / sum(parts)
        miss, weight = counts[kind] - total * chance, total * chance * (1 - chance)
        g0 += miss
        g1 += miss * gap
        h00 += weight
        h01 += weight * gap
        h11 += weight * gap * gap
    determinant = h00 * h11 - h01 * h01
    if determinant <= 1e-9:
        return
    step = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
    alpha[kind] += min(max(step[0], -1.0), 1.0)
    beta[kind] += min(max(step[1], -1.0), 1.0)
