"""Off-policy evaluation: the results that another policy would have had, from logged choices.

IPS and SNIPS weigh each logged reward by the probabilities of the two policies (Horvitz, Thompson
1952; Swaminathan, Joachims 2015); DR corrects a model of rewards by it (Dudík et al. 2011).
Intervals are normal approximations over learners, since choices of one learner resemble each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_EFFECTIVE = 30.0
"""Below this effective sample size an estimate is not to be trusted."""
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class LoggedChoice:
    """A logged choice, and the probabilities and rewards under the other policy.

    ``logged`` and ``target`` are the probabilities of the chosen item under the two policies,
    ``reward`` is from 0 to 1, ``expected`` the reward that the model expects of the chosen item,
    ``value`` what it expects of the other policy.
    """

    learner: str
    logged: float
    target: float
    reward: float
    expected: float
    value: float


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval; None where one learner is too few."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """Estimates of a policy's mean reward.

    ``effective`` is the effective sample size; ``mean_weight`` is about 1 when the logged policy
    covers the other one.
    """

    choices: int
    learners: int
    effective: float
    mean_weight: float
    logged: Interval
    ips: Interval
    snips: Interval
    dr: Interval

    @property
    def caution(self) -> str:
        """Why the estimates are unreliable; empty when they are reliable."""
        if self.effective < LEAST_EFFECTIVE:
            return (
                f"effective sample size {self.effective:.0f}: at least {LEAST_EFFECTIVE:.0f} "
                "choices that this policy would also have made are needed"
            )
        if not 0.8 <= self.mean_weight <= 1.25:
            return (
                f"mean weight {self.mean_weight:.2f} instead of 1: the "
                "logged choices do not cover this policy's choices"
            )
        return ""


def evaluated(choices: Sequence[LoggedChoice]) -> OffPolicy | None:
    """The estimates from logged choices; None without any."""
    if not choices:
        return None
    n = len(choices)
    weights = [each.target / each.logged for each in choices]
    total, squares = math.fsum(weights), math.fsum(w * w for w in weights)
    weighted = [w * each.reward for w, each in zip(weights, choices, strict=True)]
    snips = math.fsum(weighted) / total if total else 0.0
    learners = [each.learner for each in choices]
    corrected = [
        each.value + w * (each.reward - each.expected)
        for w, each in zip(weights, choices, strict=True)
    ]
    residuals = [
        w * (each.reward - snips) * n / total if total else 0.0
        for w, each in zip(weights, choices, strict=True)
    ]
    return OffPolicy(
        choices=n,
        learners=len(set(learners)),
        effective=total * total / squares if squares else 0.0,
        mean_weight=total / n,
        logged=_mean([each.reward for each in choices], learners),
        ips=_mean(weighted, learners),
        snips=_around(snips, residuals, learners),
        dr=_mean(corrected, learners),
    )


def greedy(scores: Mapping[str, float], exploring: float) -> dict[str, float]:
    """The probabilities of a policy that takes the best score and sometimes explores."""
    best = max(scores, key=lambda name: (scores[name], name))
    share = exploring / len(scores)
    return {name: share + (1 - exploring) * (name == best) for name in scores}


def uniform(names: Sequence[str]) -> dict[str, float]:
    """The probabilities of a random policy."""
    return dict.fromkeys(names, 1 / len(names))


def _mean(values: Sequence[float], learners: Sequence[str]) -> Interval:
    mean = math.fsum(values) / len(values)
    return _around(mean, [value - mean for value in values], learners)


def _around(estimate: float, residuals: Sequence[float], learners: Sequence[str]) -> Interval:
    """The interval from residuals that are summed by learner (a clustered standard error)."""
    sums: dict[str, float] = defaultdict(float)
    for residual, learner in zip(residuals, learners, strict=True):
        sums[learner] += residual
    groups = len(sums)
    if groups < 2:
        return Interval(estimate, None, None)
    variance = math.fsum(value * value for value in sums.values()) * groups / (groups - 1)
    width = _NORMAL_95 * math.sqrt(variance) / len(residuals)
    return Interval(estimate, estimate - width, estimate + width)
