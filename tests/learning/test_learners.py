"""Claiming sessions, erasing learners, and choosing and logging the next content."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.learning.desk import NOON, Desk

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.learning.rules import evidence
from wavehouse.learning.rules import model as shipped
from wavehouse.learning.service import levels, models, recommending, sessions
from wavehouse.learning.service.deriving import evidence_of
from wavehouse.learning.types import Preferences, Stated

PLACES = (
    "learners", "sessions", "behavioral_events", "session_items", "like_engagement",
    "learner_counters", "learner_model_state", "recommendations", "user_preferences",
)  # fmt: skip


def _counts(desk: Desk) -> dict[str, int]:
    with desk.workspace.stores.learning.worker() as tx:
        return {place: tx.value("SELECT count(*) FROM learning." + place) for place in PLACES}


def test_l3_claiming_a_session_adds_up_what_both_heard(desk: Desk) -> None:
    """History, counters, preferences and recommendations move; the anonymous learner is gone."""
    desk.content("a", "b", "c", "d")
    account = desk.session("first", "anna").learner_id
    desk.send("first", *desk.heard("a"))
    desk.call(recommending.recommend, session_id="first")
    anonymous = desk.session("second").learner_id
    desk.send("second", *desk.heard("b", 500), *desk.heard("c", 900, share=0.1))
    desk.call(recommending.recommend, session_id="second")
    said = Preferences(Stated.ADVANCED, ("podcast",), ("food",), 1.25, False, 0.9)
    desk.call(sessions.set_preferences, session_id="second", preferences=said)
    with desk.tx() as tx:
        both = evidence.merged(
            evidence_of(tx, identity=desk.workspace.identity, learner_id=account),
            evidence_of(tx, identity=desk.workspace.identity, learner_id=anonymous),
        )

    for _ in range(2):  # the second claim changes nothing
        moved = desk.call(sessions.claim_session, session_id="second", account_id="anna")
        assert (account, "anna") == (moved.learner_id, moved.account_id)

    with desk.tx() as tx:
        assert both == evidence_of(tx, identity=desk.workspace.identity, learner_id=account)
    assert said == desk.call(sessions.preferences, session_id="first")
    assert [(0,), (1,)] == [
        tuple(row.values())
        for row in desk.rows("SELECT slot FROM learning.recommendations ORDER BY slot")
    ]
    assert 1 == _counts(desk)["learners"]
    with pytest.raises(Conflict, match="belongs to another learner"):
        desk.call(sessions.claim_session, session_id="second", account_id="bruno")


def test_what_an_account_has_said_stays_when_it_claims_a_session(desk: Desk) -> None:
    """The account's own statements take precedence over the anonymous session's."""
    desk.session("first", "anna")
    own = Preferences(Stated.BEGINNER)
    desk.call(sessions.set_preferences, session_id="first", preferences=own)
    desk.session("second")
    desk.call(
        sessions.set_preferences, session_id="second", preferences=Preferences(Stated.ADVANCED)
    )
    desk.call(sessions.claim_session, session_id="second", account_id="anna")
    assert own == desk.call(sessions.preferences, session_id="second")
    assert 1 == _counts(desk)["user_preferences"]


def test_l4_erasing_a_session_leaves_what_the_others_come_to(desk: Desk) -> None:
    """The state is as if the session had never existed."""
    desk.content("a", "b")
    learner = desk.session("first", "anna").learner_id
    desk.send("first", *desk.heard("a"))
    with desk.tx() as tx:
        before = evidence_of(tx, identity=desk.workspace.identity, learner_id=learner)
    desk.session("second", "anna")
    desk.send("second", *desk.heard("b"), desk.event("b", "like", 60, 60))
    desk.call(sessions.erase_session, session_id="second")
    with desk.tx() as tx:
        assert before == evidence_of(tx, identity=desk.workspace.identity, learner_id=learner)


def test_erasing_a_learner_leaves_no_row(desk: Desk) -> None:
    """Every table about people is empty afterwards."""
    desk.content("a", "b", "c")
    desk.session("s", "anna")
    desk.send("s", *desk.heard("a"), desk.event("a", "like", 10, 10))
    desk.call(sessions.set_preferences, session_id="s", preferences=Preferences())
    desk.call(recommending.recommend, session_id="s")
    assert all(_counts(desk).values())
    desk.call(sessions.remove_learner, account_id="anna")
    assert dict.fromkeys(PLACES, 0) == _counts(desk)
    with pytest.raises(NotFound):
        desk.call(sessions.remove_learner, account_id="anna")


def test_a_session_has_one_learner(desk: Desk) -> None:
    """The same id is the same session; an id of another account is refused."""
    started = desk.session("s", "anna")
    assert started == desk.session("s", "anna")
    assert started == desk.session("s")
    with pytest.raises(Conflict, match="another learner"):
        desk.session("s", "bruno")


def test_l14_no_level_below_five_outcomes_and_reasons_for_one(desk: Desk) -> None:
    """Below five: the number that is missing; from five: level, interval and evidence."""
    names = [f"piece{n}" for n in range(6)]
    desk.content(*names, difficulty=1.0)
    session = desk.session("s", "anna")
    for n, name in enumerate(names[:4]):
        desk.send("s", *desk.heard(name, n * 200))
    early = desk.call(levels.level_of, session_id="s")
    assert (None, 4) == (early.level, early.outcomes)
    assert ("4 pieces are counted; a level needs 1 more",) == early.why

    desk.send("s", *desk.heard(names[4], 900))
    report = desk.call(levels.level_of, session_id="s")
    assert report.level is not None
    assert 0 <= report.level.low < report.level.level < report.level.high <= 1
    assert "5 of 5 pieces were heard to the end without going back" in report.why
    points = desk.call(levels.history, learner_id=session.learner_id)
    assert [1, 2, 3, 4, 5] == [point.outcomes for point in points]
    assert sorted(p.level for p in points) == [p.level for p in points]  # L6
    assert report.level.level == points[-1].level


def test_l12_l15_a_choice_is_logged_and_given_again_until_it_is_heard(desk: Desk) -> None:
    """With candidates, probability and reasons; the next slot follows after listening."""
    desk.content("a", "b", "c")
    desk.session("s", "anna")
    (first,) = desk.call(recommending.recommend, session_id="s")
    listed = desk.call(recommending.recommend, session_id="s", count=3)
    assert first == listed[0]
    assert {"a", "b", "c"} == {each.content_id for each in listed}
    (logged,) = desk.rows("SELECT * FROM learning.recommendations")
    assert ["a", "b", "c"] == logged["candidates"]
    assert 0 < logged["propensity"] <= 1
    assert logged["reasons"]

    desk.send("s", *desk.heard(first.content_id))
    (second,) = desk.call(recommending.recommend, session_id="s")
    assert 1 == second.slot
    assert first.content_id != second.content_id


def test_the_next_of_a_series_comes_first_and_nothing_comes_twice(desk: Desk) -> None:
    """The series continues until everything was heard; then the list is empty."""
    desk.content("x", "y")
    for n in (1, 2, 3):
        desk.content(f"s{n}", series_id="s", episode_number=n)
    desk.session("s", "anna")
    desk.send("s", *desk.heard("s1"))
    heard = []
    for n in range(4):
        (choice,) = desk.call(recommending.recommend, session_id="s")
        heard.append(choice.content_id)
        desk.send("s", *desk.heard(choice.content_id, 300 * (n + 1)))
    assert ["s2", "s3"] == heard[:2]
    assert {"x", "y"} == set(heard[2:])
    assert [] == desk.call(recommending.recommend, session_id="s")


def test_how_much_a_learner_wants_to_understand_moves_the_difficulty(desk: Desk) -> None:
    """One setting, like desired retention for flashcards."""
    desk.session("s", "anna")
    best = []
    for share in (0.6, 0.85, 0.95):
        desk.call(
            sessions.set_preferences,
            session_id="s",
            preferences=Preferences(understanding=share),
        )
        best.append(desk.call(levels.level_of, session_id="s").best_difficulty)
    assert sorted(best, reverse=True) == best
    assert best[0] > best[2]


def test_l13_another_model_gives_another_level_from_the_same_counters(desk: Desk) -> None:
    """Counters are unchanged; a version never changes; the shipped model can be selected again."""
    from dataclasses import replace

    names = [f"piece{n}" for n in range(5)]
    desk.content(*names)
    desk.session("s", "anna")
    for n, name in enumerate(names):
        desk.send("s", *desk.heard(name, n * 200))
    before, counters = (
        desk.call(levels.level_of, session_id="s"),
        desk.rows("SELECT outcomes FROM learning.learner_counters"),
    )
    low = replace(shipped.DEFAULT, version="low", prior_mean=-1.0)
    desk.call(models.add_model, model=low)
    desk.call(models.use_model, version="low")
    after = desk.call(levels.level_of, session_id="s")
    assert ("low", True) == (after.model_version, after.level.level < before.level.level)
    assert counters == desk.rows("SELECT outcomes FROM learning.learner_counters")
    with pytest.raises(Conflict):
        desk.call(models.add_model, model=low)
    with pytest.raises(NotFound):
        desk.call(models.use_model, version="none")
    desk.call(models.use_model, version=shipped.DEFAULT.version)
    assert before == desk.call(levels.level_of, session_id="s")


def test_l7_silence_widens_the_interval(desk: Desk) -> None:
    """A year later the interval is wider."""
    names = [f"piece{n}" for n in range(5)]
    desk.content(*names)
    desk.session("s", "anna")
    for n, name in enumerate(names):
        desk.send("s", *desk.heard(name, n * 200))
    now = desk.call(levels.level_of, session_id="s").level
    with clock.frozen(NOON + timedelta(days=365)):
        later = desk.call(levels.level_of, session_id="s").level
    assert later.sd > now.sd
