"""Players' events: stored once, folded into items, counters and levels in any order."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from tests.learning.desk import NOON, Desk

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.rules import evidence
from wavehouse.learning.service import levels, library, recording, sessions
from wavehouse.learning.service.deriving import evidence_of
from wavehouse.learning.types import EventInput, Stored

COUNTERS = """
SELECT l.account_id, c.bucket, c.outcomes, c.preferences
FROM learning.learner_counters c JOIN learning.learners l USING (learner_id)
ORDER BY l.account_id, c.bucket
"""
ITEMS = """
SELECT content_id, seconds, heard, replays, liked, closed, outcome
FROM learning.session_items ORDER BY session_id, content_id
"""
SESSION = "SELECT content_ids, current_content_id, total_listening_time FROM learning.sessions"


def _listening(desk: Desk) -> list[EventInput]:
    """Three items: heard with a replay and a like, left early, and still open."""
    return [
        desk.event("a", "play", 0, 0),
        desk.event("a", "seek", 60, 50, before=60.0),
        desk.event("a", "like", 70, 60),
        desk.event("a", "complete", 130, 120),
        *desk.heard("b", 200, share=0.2),
        desk.event("c", "play", 3400, 0),
        desk.event("c", "progress", 3440, 40),
    ]


def test_events_come_to_items_session_and_counters(desk: Desk) -> None:
    """Seconds include repeated audio, the share does not; an open item is not counted."""
    desk.content("a", "b", "c", topic="food")
    desk.session("s", "anna")

    results = desk.send("s", *_listening(desk))

    assert {Stored.STORED} == {each.outcome for each in results}
    a, b, c = desk.rows(ITEMS)
    assert ("130.00", "1.0000", 1, True, True, 1) == _told(a)
    assert ("24.00", "0.2000", 0, False, True, 3) == _told(b)
    assert ("40.00", "0.3333", 0, False, False, None) == _told(c)
    (session,) = desk.rows(SESSION)
    assert (["a", "b", "c"], "c", 194) == tuple(session.values())
    (counters,) = desk.rows(COUNTERS)
    assert {"topic:food": [1, 1], "format:narrative": [1, 1]} == counters["preferences"]
    assert {6 * 5 + 1: 1, 6 * 5 + 3: 1} == {n: c for n, c in enumerate(counters["outcomes"]) if c}


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        str(row["seconds"]),
        str(row["heard"]),
        row["replays"],
        row["liked"],
        row["closed"],
        row["outcome"],
    )


@pytest.mark.parametrize("seed", range(6))
def test_l1_l2_every_order_and_every_repetition_comes_to_the_same(desk: Desk, seed: int) -> None:
    """Counters, items and session equal those of the events sent in order, once."""
    desk.content("a", "b", "c", topic="food")
    draw = random.Random(seed)
    desk.session("s", "anna")
    events = _listening(desk)
    shuffled = draw.sample(events, len(events)) + draw.sample(events, 4)
    while shuffled:
        size = draw.randint(1, 4)
        desk.send("s", *shuffled[:size])
        shuffled = shuffled[size:]
    mixed = [desk.rows(statement) for statement in (ITEMS, SESSION, COUNTERS)]

    desk.call(sessions.remove_learner, account_id="anna")
    desk.session("s", "anna")
    desk.send("s", *events)

    assert mixed == [desk.rows(statement) for statement in (ITEMS, SESSION, COUNTERS)]


def test_l1_counters_equal_a_replay_of_what_was_closed(desk: Desk) -> None:
    """A late event changes the outcome of an item, and the counters follow."""
    desk.content("a", "b")
    learner = desk.session("s", "anna").learner_id
    desk.send("s", *desk.heard("a", share=0.5), *desk.heard("b", 500))
    desk.send("s", desk.event("a", "play", 61, 60), desk.event("a", "complete", 121, 120))

    with desk.tx() as tx:
        items = event_queries.outcomes_of(tx, learner_id=learner)
        counted = evidence_of(tx, identity=desk.workspace.identity, learner_id=learner)

    assert evidence.of([o for i in items if (o := i.outcome)]) == counted
    assert 2 == counted.outcomes


def test_an_item_that_was_left_closes_after_half_an_hour(desk: Desk) -> None:
    """By the job, or when the level is read; ending the session closes it immediately."""
    desk.content("a", "b")
    session = desk.session("s", "anna")
    desk.send("s", desk.event("a", "play", 3600, 0), desk.event("a", "pause", 3650, 50))
    assert 0 == desk.call(recording.close_left)
    assert 0 == desk.call(levels.report, learner_id=session.learner_id).outcomes

    with clock.frozen(NOON + timedelta(hours=2)):
        assert 1 == desk.call(levels.report, learner_id=session.learner_id).outcomes
        assert 0 == desk.call(recording.close_left)

    desk.send("s", desk.event("b", "play", 3600, 0), desk.event("b", "pause", 3650, 50))
    desk.call(sessions.end_session, session_id="s")
    assert 2 == desk.call(levels.report, learner_id=session.learner_id).outcomes


def test_a_wrong_event_is_refused_with_a_sentence_and_the_rest_stored(desk: Desk) -> None:
    """Unknown type, past the end, negative, in the future, unknown content, a used id."""
    desk.content("a")
    desk.session("s")
    desk.session("t")
    desk.send("t", desk.event("a", "play", 0, 0, id="taken"))
    wrong = [
        (desk.event("a", "dance", 0, 0), "unknown event type 'dance'"),
        (desk.event("a", "play", 0, 500), "past the end of the content (120 seconds)"),
        (desk.event("a", "play", 0, -1), "the position is negative"),
        (desk.event("a", "play", 0, float("nan")), "not a number"),
        (desk.event("a", "play", 10_000, 0), "the time is in the future"),
        (desk.event("a", "play", -400 * 86_400, 0), "more than 366 days ago"),
        (desk.event("b", "play", 0, 0), "unknown content 'b'"),
        (desk.event("a", "play", 0, 0, id="taken"), "in use by another session"),
        (desk.event("a", "play", 0, 0, id=""), "the event id must have"),
        (desk.event("a", "seek", 0, 0, before=-3.0), "the before is negative"),
        (desk.event("a", "speed_change", 0, 0), "needs a speed"),
    ]

    results = desk.send("s", *(event for event, _ in wrong), *desk.heard("a"))

    for (_, sentence), result in zip(wrong, results, strict=False):
        assert Stored.REFUSED == result.outcome
        assert sentence in result.reason
    assert [Stored.STORED] * 2 == [each.outcome for each in results[len(wrong) :]]


def test_what_is_too_much_archived_or_erased_is_refused(desk: Desk) -> None:
    """An archived session does not change; an erased one is not restored by its events."""
    desk.content("a")
    desk.session("s", "anna")
    events = desk.heard("a")
    desk.send("s", *events)
    desk.call(sessions.end_session, session_id="s", archive=True)
    late = desk.send("s", desk.event("a", "like", 300, 10))
    assert [(Stored.REFUSED, "the session is archived")] == [(e.outcome, e.reason) for e in late]

    desk.call(sessions.remove_learner, account_id="anna")
    with pytest.raises(NotFound):
        desk.send("s", *events)
    with pytest.raises(InvalidInput, match="10001 events"):
        desk.send("s", *([desk.event("a", "like", 0, 0)] * 10_001))


def test_ten_thousand_events_in_one_batch_are_stored(desk: Desk) -> None:
    """From a player that was offline for a long time."""
    desk.content("a")
    desk.session("s")
    events = [desk.event("a", "progress", n / 10, n % 120) for n in range(10_000)]
    assert 10_000 == sum(each.outcome is Stored.STORED for each in desk.send("s", *events))


def test_figures_of_content_are_derived(desk: Desk) -> None:
    """Plays, completions, likes and quality come from the items; erasure removes them."""
    desk.content("a")
    for name in ("s", "t"):
        desk.session(name, name)
        desk.send(name, *desk.heard("a", share=1.0 if name == "s" else 0.1))
    desk.send("s", desk.event("a", "like", 10, 10))
    desk.call(library.derive_engagement, since=NOON - timedelta(days=1))
    piece = desk.call(library.content, content_id="a")
    assert (2, 2, 1, 1) == tuple(
        piece.engagement[name] for name in ("plays", "learners", "completions", "likes")
    )
    assert 0 < piece.quality_score < 1


def test_content_is_judged_piece_by_piece(desk: Desk) -> None:
    """Without text, three words, a language without rules, an invalid difficulty."""
    from dataclasses import replace

    from tests.learning.desk import TEXT

    from wavehouse.learning.types import ContentInput

    good = ContentInput("good", "Al mercato", TEXT * 10, "/a.mp3", 120)
    pieces = [
        (good, ""),
        (replace(good, content_id="empty", text=" "), "the text is empty"),
        (replace(good, content_id="short", text="Ciao a tutti"), "3 words are too few"),
        (replace(good, content_id="words", text="123 456"), "the text has no words"),
        (replace(good, content_id="xx", language="xx"), "no rules for the language 'xx'"),
        (replace(good, content_id="hard", difficulty=9.0), "from -3 to 3"),
        (replace(good, content_id="still", duration=0), "the duration"),
        (replace(good, content_id="given", language="xx", difficulty=1.5), ""),
    ]
    results = desk.call(library.add_content, content=[piece for piece, _ in pieces])
    for (_, sentence), result in zip(pieces, results, strict=True):
        assert sentence in result.reason if sentence else result.reason == ""
    assert ["given", "good"] == [c.content_id for c in desk.call(library.list_content)]
    assert 1.5 == desk.call(library.content, content_id="given").difficulty


def test_cascades_from_session_and_content(desk: Desk) -> None:
    """Deleting either one deletes its events, likes and items."""
    desk.content("a", "b")
    desk.session("s", "anna")
    desk.send("s", *desk.heard("a"), *desk.heard("b"), desk.event("a", "like", 5, 5))
    counts = """
    SELECT (SELECT count(*) FROM learning.behavioral_events) AS events,
           (SELECT count(*) FROM learning.like_engagement) AS likes,
           (SELECT count(*) FROM learning.session_items) AS items,
           (SELECT count(*) FROM learning.learner_model_state) AS states
    """
    assert [(5, 1, 2, 1)] == [tuple(row.values()) for row in desk.rows(counts)]
    with desk.workspace.stores.learning.worker() as tx:
        tx.execute("DELETE FROM learning.content WHERE id = 'a'")
    assert [(2, 0, 1, 1)] == [tuple(row.values()) for row in desk.rows(counts)]
    desk.call(sessions.erase_session, session_id="s")
    assert [(0, 0, 0, 0)] == [tuple(row.values()) for row in desk.rows(counts)]


def test_l2_of_an_id_that_is_twice_in_a_batch_the_first_entry_is_the_event(desk: Desk) -> None:
    """The second is a duplicate, also with other contents; found by ``make replay``."""
    desk.content("a", "b")
    desk.session("s")

    first = desk.event("a", "play", 0, 0, id="twice")
    results = desk.send("s", first, desk.event("b", "play", 0, 7, id="twice"))

    assert [Stored.STORED, Stored.DUPLICATE] == [each.outcome for each in results]
    assert [{"content_id": "a"}] == desk.rows("SELECT content_id FROM learning.behavioral_events")
