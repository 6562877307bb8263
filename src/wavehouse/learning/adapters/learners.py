"""Simulated learners: the ground truth for evaluating estimates and policies.

They deliberately do not follow the model: understanding is a probit of the gap between ability and
difficulty with a width per learner, replays are Poisson, and completion depends on taste as much as
on understanding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from wavehouse.learning.rules.choosing import Candidate
from wavehouse.learning.types import Outcome, OutcomeClass

FORMATS = ("narrative", "podcast", "educational")
TOPICS = ("history", "food", "football", "science", "travel", "music")
_START = datetime(2026, 9, 1, 18, tzinfo=UTC)
_BETWEEN = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner with a known ability, from -3 to 3."""

    learner_id: str
    ability: float
    width: float
    interests: dict[str, float]
    patience: float

    @property
    def level(self) -> float:
        """The ability converted to the level scale, 0 to 1."""
        return min(max((self.ability + 3) / 6, 0.0), 1.0)

    @property
    def stated(self) -> str:
        """The learner's self-assessment: usually close to the truth."""
        return "beginner" if self.ability < -0.6 else "advanced" if self.ability > 0.6 else ""

    def understanding(self, difficulty: float) -> float:
        """The probability that an item is understood."""
        return 0.5 * (1 + math.erf((self.ability - difficulty + 0.9) / self.width / math.sqrt(2)))

    def interest(self, candidate: Candidate) -> float:
        """How much an item matches the learner's taste; 0 is neutral."""
        return sum(self.interests.get(feature, 0.0) for feature in candidate.features)


def population(number: int, seed: int) -> list[Learner]:
    """Draw learners from a seed."""
    dice = Random(seed)  # noqa: S311 - a simulation
    return [
        Learner(
            f"learner-{seed}-{n}",
            min(max(dice.gauss(0, 1.1), -2.9), 2.9),
            dice.uniform(0.6, 1.1),
            {feature: dice.gauss(0, 0.7) for feature in (*FORMATS, *TOPICS)},
            dice.gauss(0, 0.3),
        )
        for n in range(number)
    ]


def library(number: int, seed: int) -> list[Candidate]:
    """Items of all difficulties, formats and topics."""
    dice = Random(seed)  # noqa: S311 - a simulation
    return [
        Candidate(
            f"item-{n:04}",
            round(dice.uniform(-2.9, 2.9), 2),
            (dice.choice(FORMATS), dice.choice(TOPICS)),
        )
        for n in range(number)
    ]


def heard(learner: Learner, candidate: Candidate, number: int, dice: Random) -> Outcome:
    """Simulate a learner listening to an item. ``number`` counts the learner's items."""
    clear = learner.understanding(candidate.difficulty)
    taste = learner.interest(candidate)
    stays = 1 / (1 + math.exp(-(0.6 + 1.1 * taste + 3.2 * (clear - 0.5) + learner.patience)))
    replays = 0
    if dice.random() < stays:
        share = dice.uniform(0.92, 1.0)
        replays = _poisson(dice, 0.15 + 3.2 * (1 - clear) ** 1.4)
        kind = (
            OutcomeClass.HEAVY
            if replays >= 3
            else OutcomeClass.SOME
            if replays
            else OutcomeClass.CLEAN
        )
    else:
        share = dice.uniform(0.02, 0.89) * (0.5 + 0.5 * clear)
        kind = OutcomeClass.EARLY if share < 0.3 else OutcomeClass.LATE
    likes = 1 / (1 + math.exp(-(-1.2 + 1.4 * taste + 1.2 * (clear - 0.5))))
    return Outcome(
        candidate.content_id,
        _START + number * _BETWEEN,
        candidate.difficulty,
        kind,
        round(share, 4),
        replays,
        dice.random() < likes,
        candidate.features,
    )


def careers(
    learners: list[Learner], items: list[Candidate], length: int, seed: int
) -> Iterator[tuple[Learner, list[Outcome]]]:
    """Each learner with the outcomes of randomly drawn items."""
    dice = Random(seed)  # noqa: S311 - a simulation
    for learner in learners:
        chosen = dice.sample(items, length)
        yield learner, [heard(learner, item, n, dice) for n, item in enumerate(chosen)]


def _poisson(dice: Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count
