"""Off-policy estimates: they find the value of a policy that did not make the choices."""

from __future__ import annotations

import math
from random import Random

import pytest
from tests.learning.desk import Desk

from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning.rules import offpolicy
from wavehouse.learning.rules.offpolicy import Interval, LoggedChoice
from wavehouse.learning.service import recommending
from wavehouse.learning.service.offpolicy import POLICIES, evaluate_logged

CHANCES = {"a": 0.9, "b": 0.5, "c": 0.1}
LOGGED = {"a": 0.2, "b": 0.3, "c": 0.5}
TARGET = {"a": 0.7, "b": 0.2, "c": 0.1}
TRUTH = sum(TARGET[name] * CHANCES[name] for name in CHANCES)


def logged(choices: int, seed: int = 7, *, expected: float | None = None) -> list[LoggedChoice]:
    """Choices of a known policy with known chances; a reward model that may be wrong."""
    dice, rows = Random(seed), []
    for number in range(choices):
        name = dice.choices(list(LOGGED), list(LOGGED.values()))[0]
        model = {key: CHANCES[key] if expected is None else expected for key in CHANCES}
        rows.append(
            LoggedChoice(
                str(number % 100),
                LOGGED[name],
                TARGET[name],
                float(dice.random() < CHANCES[name]),
                model[name],
                sum(TARGET[key] * model[key] for key in model),
            )
        )
    return rows


@pytest.mark.parametrize("expected", [None, 0.5], ids=["a true reward model", "a wrong one"])
def test_the_intervals_hold_the_value_of_another_policy(expected: float | None) -> None:
    """In 95 of 100 logs, give or take, also with a reward model that is wrong."""
    held, logs = {"ips": 0, "snips": 0, "dr": 0}, 150
    for seed in range(logs):
        found = offpolicy.evaluated(logged(400, seed, expected=expected))
        assert found is not None
        for name in held:
            each: Interval = getattr(found, name)
            assert each.low is not None
            assert each.high is not None
            held[name] += each.low <= TRUTH <= each.high
        assert found.logged.estimate < TRUTH
        assert "" == found.caution

    assert all(0.88 <= times / logs <= 1.0 for times in held.values()), held


def test_the_logged_policy_itself_has_its_own_mean_and_every_choice_counts() -> None:
    """Equal probabilities: weights are 1, and the effective sample size is the sample size."""
    same = [LoggedChoice(str(n), 0.5, 0.5, float(n % 2), 0.4, 0.4) for n in range(40)]
    found = offpolicy.evaluated(same)

    assert found is not None
    assert (0.5, 0.5, 0.5) == (found.ips.estimate, found.snips.estimate, found.dr.estimate)
    assert math.isclose(40, found.effective)


def test_too_little_evidence_is_said() -> None:
    """Few choices, choices that the policy would not make, one learner: no false certainty."""
    few = offpolicy.evaluated(logged(20))
    never = offpolicy.evaluated([LoggedChoice(str(n), 0.9, 0.0, 1.0, 0.5, 0.5) for n in range(99)])
    alone = offpolicy.evaluated([LoggedChoice("one", 0.5, 0.5, 1.0, 0.5, 0.5)] * 50)

    assert offpolicy.evaluated([]) is None
    assert few is not None
    assert few.caution.startswith("effective sample size")
    assert never is not None
    assert (0.0, 0.0) == (never.effective, never.snips.estimate)
    assert never.caution
    assert alone is not None
    assert alone.ips.low is None


def test_logged_choices_are_replayed_for_every_policy(desk: Desk) -> None:
    """With the evidence that was there before each choice; an unknown policy is refused."""
    desk.content(*(f"p{number}" for number in range(6)), difficulty=0.5)
    desk.content(*(f"q{number}" for number in range(6)), difficulty=-2.0)
    desk.session("s", "anna")
    for number in range(4):
        (choice,) = desk.call(recommending.recommend, session_id="s")
        desk.send("s", *desk.heard(choice.content_id, seconds=3_600 + 10 * number))
    found = {name: desk.call(evaluate_logged, policy=name) for name in POLICIES}

    assert {4} == {result.choices for result in found.values()}
    assert all(0 <= result.dr.estimate <= 2 for result in found.values())
    assert all(result.caution for result in found.values())
    with pytest.raises(InvalidInput):
        desk.call(evaluate_logged, policy="best")
