"""Evaluation: the model and its policies compared with baselines, on simulated learners."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning.adapters.learners import (
    Learner,
    careers,
    heard,
    library,
    population,
)
from wavehouse.learning.rules import evidence as counting
from wavehouse.learning.rules.choosing import UNDERSTAND, Candidate, choose
from wavehouse.learning.rules.fitting import fitted
from wavehouse.learning.rules.posterior import level
from wavehouse.learning.types import LEAST_OUTCOMES, Evidence, Model, Outcome, OutcomeClass

AFTER = (5, 10, 20, 40)
"""The numbers of outcomes after which levels are compared."""
LEAST_LEARNERS = 50
"""The fewest learners that a model is fitted to."""
_PILOT, _PILOT_ITEMS = 400, 50
_FINISHED = (OutcomeClass.CLEAN, OutcomeClass.SOME, OutcomeClass.HEAVY)
_GRADES = {
    OutcomeClass.CLEAN: 1.0,
    OutcomeClass.SOME: 0.75,
    OutcomeClass.HEAVY: 0.4,
    OutcomeClass.LATE: 0.25,
    OutcomeClass.EARLY: 0.0,
}
_STEP = 0.4
OnStep = Callable[[str], None]


@dataclass(slots=True)
class Evaluation:
    """Level errors (RMSE, 0 to 1), coverage of 80 % intervals, results by policy."""

    model: Model
    errors: dict[str, dict[int, float]] = field(default_factory=dict)
    coverage: dict[int, float] = field(default_factory=dict)
    policies: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Completion and like rate by policy."""

    @property
    def share_of_oracle(self) -> float:
        """Completion of our policy as a share of the oracle's."""
        return self.policies["ours"][0] / self.policies["oracle"][0]


def pilot(seed: int = 1) -> list[Evidence]:
    """The evidence of a pilot population, used to fit a model."""
    histories = careers(population(_PILOT, seed), library(300, seed), _PILOT_ITEMS, seed)
    return [counting.of(outcomes) for _, outcomes in histories]


def simulated(*, seed: int, learners: int, items: int) -> Iterator[tuple[Learner, list[Outcome]]]:
    """Learners of known ability, each with the outcomes of randomly drawn pieces."""
    return careers(population(learners, seed), library(300, seed), items, seed)


def fit(*, version: str, seed: int = 1, on_round: Callable[[int], None] = lambda _: None) -> Model:
    """Fit a model to a simulated pilot population."""
    return fitted(pilot(seed), version=version, on_round=on_round)


def fit_to(
    histories: Iterable[Sequence[Outcome]],
    *,
    version: str,
    on_round: Callable[[int], None] = lambda _: None,
) -> Model:
    """Fit a model to the outcomes of learners.

    Only learners with enough outcomes for a level are used. InvalidInput below ``LEAST_LEARNERS``
    of them: the table would describe those few.
    """
    used = [outcomes for outcomes in histories if len(outcomes) >= LEAST_OUTCOMES]
    if len(used) < LEAST_LEARNERS:
        raise InvalidInput(
            f"only {len(used)} learners have {LEAST_OUTCOMES} outcomes or more",
            hint=f"A model needs {LEAST_LEARNERS}.",
        )
    return fitted([counting.of(outcomes) for outcomes in used], version=version, on_round=on_round)


def evaluate(
    model: Model,
    *,
    seed: int = 2,
    learners: int = 300,
    items: int = 60,
    policy_learners: int = 200,
    policy_items: int = 50,
    on_step: OnStep = lambda _: None,
) -> Evaluation:
    """Compare levels and policies on a population not used for fitting."""
    result = Evaluation(model)
    on_step("levels")
    _levels(result, list(careers(population(learners, seed), library(300, seed), items, seed)))
    for name, policy in POLICIES.items():
        on_step(f"policy {name}")
        people = population(policy_learners, seed + 1)
        result.policies[name] = _policy(policy, people, model, policy_items, seed + 1)
    return result


# --- levels -----------------------------------------------------------------------------------


def _levels(result: Evaluation, histories: Sequence[tuple[Learner, list[Outcome]]]) -> None:
    estimators: dict[str, Callable[[Sequence[Outcome]], float]] = {
        "prior only": lambda _: 0.5,
        "running level": _running,
        "Elo, completed": lambda outcomes: _elo(outcomes, graded=False),
        "Elo, graded": lambda outcomes: _elo(outcomes, graded=True),
        "ours": lambda outcomes: _ours(outcomes, result.model)[0],
    }
    for name, estimate in estimators.items():
        result.errors[name] = {
            after: _root(estimate(outcomes[:after]) - who.level for who, outcomes in histories)
            for after in AFTER
        }
    for after in AFTER:
        inside = 0
        for who, outcomes in histories:
            _, low, high = _ours(outcomes[:after], result.model)
            inside += low <= who.level <= high
        result.coverage[after] = round(inside / len(histories), 3)


def _ours(outcomes: Sequence[Outcome], model: Model) -> tuple[float, float, float]:
    got = level(counting.of(outcomes), model, bucket=counting.bucket_of(outcomes[-1].at))
    return got.level, got.low, got.high


def _running(outcomes: Sequence[Outcome]) -> float:
    """A baseline: the level rises a little when an item is finished, and falls when it is left."""
    value = 0.5
    for outcome in outcomes:
        value += 0.02 if outcome.kind in _FINISHED else -0.02
    return min(max(value, 0.0), 1.0)


def _elo(outcomes: Sequence[Outcome], *, graded: bool) -> float:
    """A baseline: an Elo rating against the item's difficulty, updated by each outcome."""
    ability = 0.0
    for n, outcome in enumerate(outcomes):
        got = _GRADES[outcome.kind] if graded else float(outcome.kind in _FINISHED)
        expected = 1 / (1 + math.exp(-(ability - outcome.difficulty + 0.6)))
        ability += _STEP / (1 + 0.02 * n) * (got - expected)
    return min(max((ability + 3) / 6, 0.0), 1.0)


def _root(errors: Iterable[float]) -> float:
    values = [error * error for error in errors]
    return round(math.sqrt(sum(values) / len(values)), 4)


# --- policies ---------------------------------------------------------------------------------

Policy = Callable[[Sequence[Candidate], Learner, list[Outcome], Model, Random], Candidate]


def _random(
    pool: Sequence[Candidate], _: Learner, __: object, ___: Model, dice: Random
) -> Candidate:
    return dice.choice(pool)


def _fixed(
    pool: Sequence[Candidate], _: Learner, __: object, ___: Model, dice: Random
) -> Candidate:
    return min(pool, key=lambda item: (abs(item.difficulty), item.content_id))


def _popular(
    pool: Sequence[Candidate], _: Learner, __: object, ___: Model, dice: Random
) -> Candidate:
    """A baseline: recommend the easiest items, which most people finish."""
    return min(pool, key=lambda item: (item.difficulty, item.content_id))


def _declared(
    pool: Sequence[Candidate], who: Learner, _: object, __: Model, dice: Random
) -> Candidate:
    wanted = {"beginner": -1.5, "": -0.5, "advanced": 0.5}[who.stated]
    return min(pool, key=lambda item: (abs(item.difficulty - wanted), item.content_id))


def _ours_next(
    pool: Sequence[Candidate], who: Learner, past: list[Outcome], model: Model, dice: Random
) -> Candidate:
    bucket = counting.bucket_of(past[-1].at) if past else "2026-09"
    choice = choose(
        pool,
        counting.of(past),
        model,
        learner_id=who.learner_id,
        slot=len(past),
        bucket=bucket,
        stated=who.stated,
        target=UNDERSTAND,
    )
    assert choice is not None  # noqa: S101 - the pool is not empty
    return next(candidate for candidate in pool if candidate.content_id == choice.content_id)


def _oracle(
    pool: Sequence[Candidate], who: Learner, _: object, __: Model, dice: Random
) -> Candidate:
    """An upper bound: the policy that knows the true abilities."""
    return max(
        pool,
        key=lambda item: 1.1 * who.interest(item) + 3.2 * who.understanding(item.difficulty),
    )


POLICIES: dict[str, Policy] = {
    "random": _random,
    "fixed level": _fixed,
    "popularity": _popular,
    "self-declared": _declared,
    "ours": _ours_next,
    "oracle": _oracle,
}


def _policy(
    policy: Policy, people: Sequence[Learner], model: Model, length: int, seed: int
) -> tuple[float, float]:
    dice = Random(seed)  # noqa: S311 - a simulation
    items = library(200, seed)
    finished = liked = 0
    for who in people:
        unheard, past = {candidate.content_id: candidate for candidate in items}, list[Outcome]()
        for number in range(length):
            item = policy(list(unheard.values()), who, past, model, dice)
            past.append(heard(who, item, number, dice))
            del unheard[item.content_id]
        finished += sum(outcome.kind in _FINISHED for outcome in past)
        liked += sum(outcome.liked for outcome in past)
    total = len(people) * length
    return round(finished / total, 4), round(liked / total, 4)
