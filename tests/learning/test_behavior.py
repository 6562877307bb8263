"""The rollup of behavioural events: what is in it, and that computing it again changes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.learning.desk import Desk

from wavehouse.kernel import clock
from wavehouse.learning.service import behavior, sessions

DAY = date(2026, 11, 10)


def rows(desk: Desk) -> list[tuple[Any, ...]]:
    """The organization's rows, computed now."""
    behavior.roll_up_behavior(desk.workspace.stores, days=behavior.ALL_DAYS)
    identity = desk.workspace.identity
    with desk.workspace.stores.analytics.app(identity.organization_id) as tx:
        found = behavior.behavior(
            tx, identity=identity, first=date(2026, 1, 1), last=date(2026, 12, 31)
        )
    return [(r.day, r.content_id, r.event_type, r.events, r.sessions) for r in found]


def test_behaviour_is_counted_by_day_content_and_type_and_again_the_same(desk: Desk) -> None:
    """Two sessions, an event that comes ten days late, then a session that is erased."""
    desk.content("a")
    for name in "st":
        desk.session(name, name)
        desk.send(name, *desk.heard("a"))
    first, again = rows(desk), rows(desk)
    desk.send("s", desk.event("a", "play", -10 * 86_400, 0))
    late = rows(desk)
    desk.call(sessions.erase_session, session_id="t")
    erased = rows(desk)

    assert [(DAY, "a", "complete", 2, 2), (DAY, "a", "play", 2, 2)] == first
    assert first == again
    assert [*first, (date(2026, 10, 31), "a", "play", 1, 1)] == late
    assert [(DAY, "a", "complete", 1, 1), (DAY, "a", "play", 1, 1)] == erased[:2]
    assert clock.today() == DAY
