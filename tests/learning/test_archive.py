"""The archive: raw events are deleted, and the learner, the figures and every count stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.learning.desk import NOON, Desk

from wavehouse import governance
from wavehouse.kernel import clock
from wavehouse.learning import jobs
from wavehouse.learning.rules import evidence
from wavehouse.learning.service import behavior, deriving, levels, library, recording, sessions
from wavehouse.learning.types import Stored

RAW = "SELECT count(*) AS rows FROM learning.behavioral_events"
KEPT = "SELECT sum(events) AS rows FROM learning.session_activity"
SOON, LATER = timedelta(days=61), timedelta(days=100)


def number(desk: Desk, statement: Any) -> int:
    """A number as the worker sees it."""
    (row,) = desk.rows(statement)
    return int(row["rows"] or 0)


def state(desk: Desk, *session_ids: str) -> dict[str, Any]:
    """Everything that is derived from events."""
    learners = {desk.call(sessions.session, session_id=each).learner_id for each in session_ids}
    return {
        "sessions": desk.rows(
            "SELECT id, content_ids, total_listening_time, last_activity_at"
            " FROM learning.sessions ORDER BY id"
        ),
        "items": desk.rows(
            "SELECT session_id, content_id, seconds, heard, replays, liked, closed, outcome"
            " FROM learning.session_items ORDER BY 1, 2"
        ),
        "likes": desk.rows(
            "SELECT session_id, content_id, liked, liked_at FROM learning.like_engagement"
            " ORDER BY 1, 2"
        ),
        "counters": [
            desk.call(deriving.evidence_of, learner_id=learner)
            for learner in sorted(learners, key=str)
        ],
        "figures": desk.rows(
            "SELECT id, engagement_metrics, quality_score FROM learning.content ORDER BY id"
        ),
        "behavior": rollup(desk),
    }


def rollup(desk: Desk) -> list[Any]:
    """The rollup of a year, computed now."""
    behavior.roll_up_behavior(desk.workspace.stores, days=behavior.ALL_DAYS)
    identity = desk.workspace.identity
    with desk.workspace.stores.analytics.app(identity.organization_id) as tx:
        return behavior.behavior(
            tx, identity=identity, first=date(2026, 1, 1), last=date(2027, 12, 31)
        )


def retention(desk: Desk) -> governance.Step:
    """Plan and apply the retention of behavioural events; returns the planned step."""
    stores, settings = desk.workspace.stores, desk.workspace.settings
    made = governance.plan(stores, settings, large=True)
    (step,) = [each for each in made.steps if each.policy.name == "behavioural events"]
    governance.apply(
        stores, settings, identity=desk.workspace.identity, digest=made.digest, large=True
    )
    return step


@pytest.fixture
def heard(desk: Desk) -> Desk:
    """Two learners: one has an account, the other is anonymous; one session is used again later."""
    desk.content("a", "b", "c")
    for name, account in (("s", "anna"), ("t", "")):
        desk.session(name, account)
        desk.send(name, *desk.heard("a"), *desk.heard("b", 600, 0.5))
        desk.send(name, desk.event("a", "like", 130, 120))
    desk.call(recording.close_left)
    desk.call(library.derive_engagement, since=NOON - timedelta(days=1))
    return desk


def test_lrn4_a_session_is_archived_its_raw_events_leave_and_the_learner_stays(heard: Desk) -> None:
    """After 61 days sessions close, after 90 events leave; level and figures are the same."""
    before = state(heard, "s", "t")
    level = heard.call(levels.level_of, session_id="s")
    events = number(heard, RAW)
    with clock.frozen(NOON + SOON):
        assert (0, "nothing") == (retention(heard).due.rows, str(retention(heard).state))
        assert "2 idle learning sessions were archived" == jobs.archiving(heard.workspace)()
        assert None is jobs.archiving(heard.workspace)()
        assert before == state(heard, "s", "t")
        assert 0 == retention(heard).due.rows, "archived, but not 90 days old"
    with clock.frozen(NOON + LATER):
        step = retention(heard)

        assert (events, "due") == (step.due.rows, str(step.state))
        assert (0, events) == (number(heard, RAW), number(heard, KEPT))
        assert before == state(heard, "s", "t")
        assert 0 == retention(heard).due.rows
        late = heard.send("s", heard.event("c", "play", 0, 0))
        assert [(Stored.REFUSED, "the session is archived")] == [
            (each.outcome, each.reason) for each in late
        ]
        again = heard.call(sessions.end_session, session_id="s")
        assert again.archived_at is not None
        assert before == state(heard, "s", "t")
    assert level == heard.call(levels.level_of, session_id="s")


def test_a_session_in_use_keeps_its_events_however_old_they_are(heard: Desk) -> None:
    """Its pieces are still folded from all events; the other session is archived."""
    with clock.frozen(NOON + timedelta(days=50)):
        heard.send("t", heard.event("c", "play", 50 * 86_400, 0))
    with clock.frozen(NOON + LATER):
        jobs.archiving(heard.workspace)()
        retention(heard)
        left = heard.rows("SELECT DISTINCT session_id FROM learning.behavioral_events")

        assert [{"session_id": "t"}] == left
        heard.send("t", heard.event("b", "play", 99 * 86_400, 60))
        heard.send("t", heard.event("b", "complete", 99 * 86_400 + 60, 120))
        (item,) = heard.rows(
            "SELECT heard FROM learning.session_items WHERE session_id='t' AND content_id='b'"
        )
    assert 1 == item["heard"], "half of it was heard three months earlier"


def test_l3_l4_an_archived_session_can_be_claimed_and_erased_exactly(heard: Desk) -> None:
    """Counters are added by the claim, and removed by the erasure; so is the rollup."""
    with clock.frozen(NOON + LATER):
        jobs.archiving(heard.workspace)()
        retention(heard)
        learner = heard.call(sessions.session, session_id="s").learner_id
        alone = heard.call(deriving.evidence_of, learner_id=learner)

        heard.call(sessions.claim_session, session_id="t", account_id="anna")

        both = heard.call(deriving.evidence_of, learner_id=learner)
        assert evidence.merged(alone, alone) == both
        rows = rollup(heard)
        heard.call(sessions.erase_session, session_id="t")
        assert alone == heard.call(deriving.evidence_of, learner_id=learner)
        assert [row.events // 2 for row in rows] == [row.events for row in rollup(heard)]
        heard.call(sessions.remove_learner, account_id="anna")
        assert ([], 0) == (rollup(heard), number(heard, KEPT))


def test_a_legal_hold_keeps_raw_events_and_a_killed_run_continues(heard: Desk) -> None:
    """The policy obeys holds like every other; a session leaves whole or not at all."""
    place = heard.workspace
    with clock.frozen(NOON + LATER):
        jobs.archiving(place)()
        with place.stores.learning.worker() as tx:
            one = tx.value("SELECT learning.archive_events(%s, 1)", [clock.now()])
        left = heard.rows(
            "SELECT session_id, count(*) AS rows FROM learning.behavioral_events GROUP BY 1"
        )
        assert ([5], 5) == ([each["rows"] for each in left], one)
        with place.stores.operational.worker() as tx:
            governance.hold_table(
                tx,
                place.settings,
                identity=place.identity,
                table="learning.learning.behavioral_events",
                reason="a court order",
                expires_at=NOON + timedelta(days=400),
            )
        assert "held" == str(retention(heard).state)
        assert 5 == number(heard, RAW)
