"""The learner model: exact evidence, levels that move correctly, reproducible choices."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.learning import (
    DEFAULT_MODEL,
    Event,
    EventType,
    Evidence,
    Item,
    Outcome,
    OutcomeClass,
)
from wavehouse.learning.rules import closing, evidence
from wavehouse.learning.rules.choosing import Candidate, choose, ranked
from wavehouse.learning.rules.posterior import GRID, best_difficulty, level, posterior, spread
from wavehouse.learning.types import BINS, CLASSES

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = "2026-11"
ITEM = Item("item-1", 600.0, 0.2, ("podcast", "food"))

cells = st.tuples(
    st.sampled_from(["2026-08", "2026-10", "2026-11"]),
    st.integers(0, BINS - 1),
    st.integers(0, CLASSES - 1),
)
evidences = st.dictionaries(cells, st.integers(1, 6), max_size=25).map(Evidence)
outcomes = st.builds(
    Outcome,
    content_id=st.sampled_from(["a", "b", "c"]),
    at=st.integers(0, 120).map(lambda days: NOON - timedelta(days=days)),
    difficulty=st.floats(-4, 4),
    kind=st.sampled_from(OutcomeClass),
    heard=st.floats(0, 1),
    replays=st.integers(0, 4),
    liked=st.booleans(),
    features=st.sampled_from([(), ("food",), ("food", "podcast")]),
)


def with_one(some: Evidence, number: int, kind: OutcomeClass) -> Evidence:
    cell = (NOW, number, int(kind))
    return replace(some, cells={**some.cells, cell: some.cells.get(cell, 0) + 1})


def mean(some: Evidence) -> float:
    weights = posterior(some, DEFAULT_MODEL, bucket=NOW)
    return sum(w * a for w, a in zip(weights, GRID, strict=True))


# --- close-out ----------------------------------------------------------------------------------


def events(*steps: tuple[str, float] | tuple[str, float, dict[str, Any]]) -> list[Event]:
    """Events a minute apart: type, position and other fields."""
    return [
        Event(f"e{n}", EventType(step[0]), NOON + timedelta(minutes=n), step[1], **dict(*step[2:]))
        for n, step in enumerate(steps)
    ]


WHOLE = [("play", 0.0), ("complete", 600.0)]


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (WHOLE, OutcomeClass.CLEAN),
        (
            [("play", 0.0), ("pause", 300.0), ("resume", 300.0), ("complete", 600.0)],
            OutcomeClass.CLEAN,
        ),
        ([("play", 0.0), ("skip", 540.0)], OutcomeClass.CLEAN),
        ([("play", 0.0), ("skip", 539.0)], OutcomeClass.LATE),
        ([("play", 0.0), ("skip", 180.0)], OutcomeClass.LATE),
        ([("play", 0.0), ("skip", 179.0)], OutcomeClass.EARLY),
        (
            [("play", 0.0), ("replay", 90.0, {"before": 100.0}), ("complete", 600.0)],
            OutcomeClass.SOME,
        ),
        (
            [
                ("play", 0.0),
                *[("seek", 90.0, {"before": 100.0})] * 3,
                ("complete", 600.0),
            ],
            OutcomeClass.HEAVY,
        ),
        (
            [("play", 0.0), *[("replay", 140.0, {"before": 200.0})] * 2, ("complete", 600.0)],
            OutcomeClass.HEAVY,  # 120 of 600 seconds again
        ),
        (
            [
                ("play", 0.0),
                ("seek", 90.0, {"before": 100.0, "by_timer": True}),
                ("complete", 600.0),
            ],
            OutcomeClass.CLEAN,
        ),
        ([("play", 0.0), ("seek", 300.0, {"before": 4.0}), ("complete", 600.0)], OutcomeClass.LATE),
    ],
)
def test_an_item_is_closed_out_as_one_of_five_classes(steps: list[Any], kind: OutcomeClass) -> None:
    """Of 600 seconds: 90 % is heard, 30 % is early; jumps back of 5 to 60 s are replays."""
    found = closing.outcome(events(*steps), ITEM)

    assert found is not None
    assert kind == found.kind


def test_an_item_of_which_nothing_was_heard_has_no_outcome() -> None:
    """A like alone is not evidence of understanding."""
    assert None is closing.outcome(events(("like", 0.0)), ITEM)
    assert None is closing.outcome([], ITEM)


@given(st.permutations(range(5)), st.data())
def test_l1_l2_order_and_duplicates_of_events_change_nothing(order: list[int], data: Any) -> None:
    """Any order of arrival and duplicates give the same outcome."""
    told = events(
        ("play", 0.0), ("replay", 90.0, {"before": 120.0}), ("pause", 200.0), ("resume", 200.0),
        ("complete", 600.0),
    )  # fmt: skip
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))

    assert closing.outcome(told, ITEM) == closing.outcome([told[n] for n in order] + again, ITEM)


def test_l11_unlike_takes_back_what_like_added() -> None:
    """The evidence equals that of an item that was never liked."""
    plain = closing.outcome(events(*WHOLE), ITEM)
    liked = closing.outcome(events(*WHOLE, ("like", 600.0)), ITEM)
    unliked = closing.outcome(events(*WHOLE, ("like", 600.0), ("unlike", 600.0)), ITEM)

    assert plain
    assert liked
    assert unliked
    assert [False, True, False] == [one.liked for one in (plain, liked, unliked)]
    assert evidence.of([plain]).likes == evidence.of([unliked]).likes != evidence.of([liked]).likes


# --- evidence -------------------------------------------------------------------------------------


@given(st.lists(outcomes, max_size=20), st.randoms(use_true_random=False))
def test_l1_evidence_is_the_same_in_any_order(some: list[Outcome], dice: Random) -> None:
    """Counts are integers by month, bin and class."""
    mixed = list(some)
    dice.shuffle(mixed)

    assert evidence.of(some) == evidence.of(mixed)
    assert len(some) == evidence.of(some).outcomes


@given(st.lists(outcomes, max_size=12), st.lists(outcomes, max_size=12))
def test_l3_l4_merge_is_the_union_and_taking_out_its_opposite(
    first: list[Outcome], second: list[Outcome]
) -> None:
    """For two sessions of one learner, and for an erased session."""
    both = evidence.merged(evidence.of(first), evidence.of(second))

    assert evidence.of([*first, *second]) == both
    assert evidence.of(first) == evidence.without(both, evidence.of(second))


def test_l4_no_more_is_taken_out_than_was_counted() -> None:
    """Removing more raises an error and never gives a negative count."""
    with pytest.raises(ValueError, match="more outcomes are removed"):
        evidence.without(Evidence(), Evidence({(NOW, 3, 0): 1}))


@given(outcomes)
def test_l5_an_outcome_is_one_increment(one: Outcome) -> None:
    """One cell grows by one."""
    assert [1] == list(evidence.of([one]).cells.values())


# --- level ----------------------------------------------------------------------------------------


@given(evidences, st.integers(0, BINS - 1))
def test_l6_clean_never_lowers_and_heavy_never_raises_a_level(some: Evidence, number: int) -> None:
    """The rule holds for any previous evidence."""
    before = mean(some)

    assert mean(with_one(some, number, OutcomeClass.CLEAN)) >= before - 1e-12
    assert mean(with_one(some, number, OutcomeClass.HEAVY)) <= before + 1e-12


@given(evidences, st.integers(0, BINS - 1), st.sampled_from(OutcomeClass))
def test_l7_spread_never_grows_with_evidence_of_the_month_and_grows_with_silence(
    some: Evidence, number: int, kind: OutcomeClass
) -> None:
    """A month later, all evidence weighs 0.7 of its previous weight."""
    before = spread(some, DEFAULT_MODEL, bucket=NOW)
    after = spread(with_one(some, number, kind), DEFAULT_MODEL, bucket=NOW)
    later = spread(with_one(some, number, kind), DEFAULT_MODEL, bucket="2026-12")

    assert after <= before
    assert later > after


def test_l8_without_evidence_the_level_is_the_priors() -> None:
    """There are zero outcomes, and the spread is the prior's."""
    nothing = level(Evidence(), DEFAULT_MODEL, bucket=NOW)

    assert 0 == nothing.outcomes
    assert round(DEFAULT_MODEL.prior_sd / 6, 4) == nothing.sd
    assert abs(nothing.level - (DEFAULT_MODEL.prior_mean + 3) / 6) < 0.01


@given(evidences)
def test_l9_a_level_and_its_interval_are_between_0_and_1(some: Evidence) -> None:
    """Lower end, level and upper end are in order."""
    found = level(some, DEFAULT_MODEL, bucket=NOW)

    assert 0 <= found.low <= found.high <= 1
    assert 0 <= found.level <= 1


def test_l13_another_model_reads_the_same_evidence() -> None:
    """Both versions can be compared on the same, unchanged evidence."""
    some = Evidence({(NOW, 8, 0): 6, (NOW, 10, 2): 3})
    other = replace(DEFAULT_MODEL, version="other", beta=(0.0, -0.3, -2.0, -1.0, -1.0))
    ours, theirs = (level(some, model, bucket=NOW) for model in (DEFAULT_MODEL, other))

    assert ("simulated-2026.11", "other") == (ours.model_version, theirs.model_version)
    assert ours.level != theirs.level


@pytest.mark.parametrize(("number", "enough"), [(4, False), (5, True)])
def test_l14_below_five_outcomes_there_is_no_level(number: int, enough: bool) -> None:
    """The result says that there is not enough data."""
    some = Evidence({(NOW, 6, 0): number})

    assert enough is level(some, DEFAULT_MODEL, bucket=NOW).is_enough


def test_what_a_learner_says_moves_the_prior() -> None:
    """The effect lasts until evidence outweighs the statement."""
    stated = [
        level(Evidence(), DEFAULT_MODEL, bucket=NOW, stated=word).level
        for word in ("beginner", "intermediate", "advanced")
    ]

    assert sorted(stated) == stated
    assert stated[0] < stated[2]


def test_the_best_difficulty_falls_with_how_much_is_to_be_understood() -> None:
    """A learner who wants to understand 95 % gets easier items than one who wants 70 %."""
    weights = posterior(Evidence({(NOW, 6, 0): 8, (NOW, 9, 2): 4}), DEFAULT_MODEL, bucket=NOW)
    found = [best_difficulty(weights, DEFAULT_MODEL, target) for target in (0.95, 0.85, 0.7)]

    assert sorted(found) == found
    assert len(set(found)) == 3


# --- choices --------------------------------------------------------------------------------------

POOL = [Candidate(f"c{n:02}", -2.75 + 0.25 * n, ("podcast",) if n % 2 else ()) for n in range(23)]


@given(evidences, st.integers(0, 60), st.permutations(POOL))
def test_l12_l15_a_choice_can_be_repeated_and_has_its_propensity_and_reasons(
    some: Evidence, slot: int, mixed: list[Candidate]
) -> None:
    """The same learner, slot and model give the same choice, for any order of candidates."""
    said: dict[str, Any] = {"learner_id": "l1", "slot": slot, "bucket": NOW}
    choice = choose(POOL, some, DEFAULT_MODEL, **said)

    assert choice is not None
    assert choice == choose(mixed, some, DEFAULT_MODEL, **said)
    assert 0 < choice.propensity <= 1
    assert choice.reasons


@pytest.mark.parametrize("outcomes_so_far", [0, 30])
def test_l15_propensities_are_the_frequencies_of_choices(outcomes_so_far: int) -> None:
    """Over many slots each item is chosen as often as its propensity states."""
    some = Evidence({(NOW, 6, 0): outcomes_so_far} if outcomes_so_far else {})
    slots = 1500
    count: dict[str, int] = {}
    told: dict[str, float] = {}
    for slot in range(slots):
        choice = choose(POOL, some, DEFAULT_MODEL, learner_id="l2", slot=slot, bucket=NOW)
        assert choice is not None
        count[choice.content_id] = count.get(choice.content_id, 0) + 1
        told[choice.content_id] = choice.propensity

    for name, times in count.items():
        deviation = math.sqrt(told[name] * (1 - told[name]) / slots)
        assert abs(times / slots - told[name]) <= 5 * deviation + 1e-3


def test_a_series_that_was_begun_goes_on() -> None:
    """It takes precedence over every other choice."""
    series = Candidate("next", 2.9, is_next=True)
    choice = choose([*POOL, series], Evidence(), DEFAULT_MODEL, learner_id="l", slot=1, bucket=NOW)

    assert choice is not None
    assert "next" == choice.content_id
    assert "next" == ranked([*POOL, series], Evidence(), DEFAULT_MODEL, bucket=NOW)[0][0].content_id


def test_without_candidates_there_is_no_choice() -> None:
    """The caller then requests content from the studio."""
    assert None is choose([], Evidence(), DEFAULT_MODEL, learner_id="l", slot=1, bucket=NOW)
