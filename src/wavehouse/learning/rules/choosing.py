"""Choosing the next piece: score candidates, draw one, give reasons and probability (L12, L15)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.learning.rules.evidence import bin_of
from wavehouse.learning.rules.posterior import GRID, posterior, understanding, understood
from wavehouse.learning.types import Choice, Evidence, Model

UNDERSTAND = 0.85
"""The default share that learners want to understand."""
_WEIGHT = 6.0
"""The cost of a point of probability away from the target, in log-odds of liking."""
_FIRST = 20
"""Below this many outcomes the choice is drawn from the posterior (Thompson)."""
_EXPLORING = 0.05
_PRIOR_LIKES = 3.0
_DIGITS = 9
"""Scores are rounded: two machines may differ in the last bits of a logarithm."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate item. ``is_next``: it continues a series that the learner has begun."""

    content_id: str
    difficulty: float
    features: tuple[str, ...] = ()
    is_next: bool = False


def features_of(format_: str, genre: str, topic: str) -> tuple[str, ...]:
    """The features of a piece, as ``name:value``; preferences are learned for these."""
    pairs = (("format", format_), ("genre", genre), ("topic", topic))
    return tuple(f"{name}:{value}" for name, value in pairs if value)


def preferences(evidence: Evidence, model: Model) -> dict[str, float]:
    """Log-odds of liking by feature, shrunk toward the population's rate."""
    base = _log_odds(model.like_rate)
    values = {}
    for feature, (liked, other) in evidence.likes.items():
        share = (liked + _PRIOR_LIKES * model.like_rate) / (liked + other + _PRIOR_LIKES)
        values[feature] = _log_odds(share) - base
    return values


def choose(
    candidates: Sequence[Candidate],
    evidence: Evidence,
    model: Model,
    *,
    learner_id: str,
    slot: int,
    bucket: str,
    stated: str = "",
    target: float = UNDERSTAND,
) -> Choice | None:
    """The next item of a learner; None when there is no candidate.

    ``slot`` counts the choices of a learner: the same learner, slot and model version give the same
    choice on every machine.
    """
    pool = _pool(candidates)
    if not pool:
        return None
    weights = posterior(evidence, model, bucket=bucket, stated=stated)
    liked = preferences(evidence, model)
    tastes = {
        features: round(sum(liked.get(f, 0.0) for f in features), _DIGITS)
        for features in {item.features for item in pool}
    }
    taste = [tastes[item.features] for item in pool]
    drawn = _uniform(learner_id, slot, model.version)
    if evidence.outcomes < _FIRST:
        policy, (number, propensity) = (
            "thompson",
            _thompson(pool, taste, weights, model, target, drawn),
        )
    else:
        policy, (number, propensity) = (
            "greedy",
            _greedy(pool, taste, understood(weights, model), target, drawn),
        )
    chosen = pool[number]
    chance = understood(weights, model)[bin_of(chosen.difficulty)]
    reasons = [f"{chance:.0%} chance of being understood; the target is {target:.0%}"]
    if chosen.is_next:
        reasons.append("next in a series that the learner has begun")
    best = max(chosen.features, key=lambda f: liked.get(f, 0.0), default="")
    if best and liked.get(best, 0.0) > 0:
        reasons.append(f"likes {best}")
    if propensity < 1 / len(pool) and policy == "greedy":
        reasons.append("exploring")
    ids = tuple(item.content_id for item in pool)
    return Choice(chosen.content_id, propensity, tuple(reasons), policy, ids)


def ranked(
    candidates: Sequence[Candidate],
    evidence: Evidence,
    model: Model,
    *,
    bucket: str,
    stated: str = "",
    target: float = UNDERSTAND,
) -> list[tuple[Candidate, float]]:
    """Candidates with their scores, best first; ties by id."""
    chances = understood(posterior(evidence, model, bucket=bucket, stated=stated), model)
    liked = preferences(evidence, model)
    scores: dict[tuple[tuple[str, ...], int], float] = {}  # many candidates share features and bin
    scored = []
    for candidate in candidates:
        kind = candidate.features, bin_of(candidate.difficulty)
        if kind not in scores:
            taste = sum(liked.get(f, 0.0) for f in candidate.features)
            scores[kind] = _score(taste, chances, candidate, target)
        scored.append((candidate, scores[kind]))
    return sorted(scored, key=lambda pair: (not pair[0].is_next, -pair[1], pair[0].content_id))


def _pool(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates to draw from: a begun series first; sorted by id, for reproducibility."""
    ordered = sorted(candidates, key=lambda item: item.content_id)
    return [item for item in ordered if item.is_next] or ordered


def _score(taste: float, chances: Sequence[float], candidate: Candidate, target: float) -> float:
    return round(taste - _WEIGHT * abs(chances[bin_of(candidate.difficulty)] - target), _DIGITS)


def _greedy(
    pool: Sequence[Candidate],
    taste: Sequence[float],
    chances: Sequence[float],
    target: float,
    drawn: float,
) -> tuple[int, float]:
    """The best candidate, and occasionally a random one."""
    scores = [
        _score(t, chances, candidate, target) for t, candidate in zip(taste, pool, strict=True)
    ]
    best = max(range(len(pool)), key=lambda n: (scores[n], -n))
    share = _EXPLORING / len(pool)
    number = min(int(drawn / share), len(pool) - 1) if drawn < _EXPLORING else best
    return number, share + (1 - _EXPLORING) * (number == best)


def _thompson(
    pool: Sequence[Candidate],
    taste: Sequence[float],
    weights: Sequence[float],
    model: Model,
    target: float,
    drawn: float,
) -> tuple[int, float]:
    """The best candidate for an ability drawn from the posterior.

    Of each bin only the best liked item can be the best: 12 are compared at each point of the grid,
    however many candidates there are. The propensity is exact: the weight of all the points at
    which the item is the best.
    """
    first_of: dict[int, int] = {}
    for n, candidate in enumerate(pool):
        number = bin_of(candidate.difficulty)
        if number not in first_of or taste[n] > taste[first_of[number]]:
            first_of[number] = n
    points = understanding(model)

    def best_at(point: int) -> int:
        return max(
            (
                (round(taste[n] - _WEIGHT * abs(points[b][point] - target), _DIGITS), -n)
                for b, n in first_of.items()
            )
        )[1]

    bests = [-best_at(point) for point in range(len(GRID))]
    reached, number = 0.0, bests[-1]
    for best, weight in zip(bests, weights, strict=True):
        reached += weight
        if drawn < reached:
            number = best
            break
    share = math.fsum(w for best, w in zip(bests, weights, strict=True) if best == number)
    return number, min(max(share, 1e-12), 1.0)


def _uniform(learner_id: str, slot: int, version: str) -> float:
    """A reproducible pseudo-random number in [0, 1)."""
    text = f"{learner_id}\0{slot}\0{version}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:7], "big") / (1 << 56)


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
