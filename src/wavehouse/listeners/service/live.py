"""Use cases of live changes: whether a listener has any, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.queries import cursors
from wavehouse.listeners.queries import sessions as session_queries
from wavehouse.listeners.queries import subscriptions as subscription_queries
from wavehouse.listeners.service import positions
from wavehouse.listeners.types import Caller
from wavehouse.store import Database, Listeners


@dataclass(frozen=True, slots=True)
class Heads:
    """Cursors of a listener's last episode action and last subscription change."""

    actions: int
    subscriptions: int


@dataclass(frozen=True, slots=True)
class News:
    """Events by name, and the cursor after them."""

    events: list[tuple[str, Any]]
    cursor: int


def heads(
    database: Database[Listeners], listener_ids: Sequence[ListenerId]
) -> dict[ListenerId, Heads]:
    """The heads of several listeners; (0, 0) for a listener without changes."""
    with database.listener(*listener_ids) as tx:
        known = cursors.heads(tx, listener_ids=listener_ids)
    return {listener_id: Heads(*known.get(listener_id, (0, 0))) for listener_id in listener_ids}


def news(
    database: Database[Listeners], *, caller: Caller, after: int, now: Heads, seen: Heads
) -> News:
    """Changes after a cursor, of the streams that moved."""
    events: list[tuple[str, Any]] = []
    cursor = after
    if now.actions != seen.actions:
        more = True
        while more:
            page = positions.changes(database, caller=caller, after=cursor)
            if page.actions:
                events.append(("changes", {"actions": page.actions, "cursor": page.cursor}))
            cursor, more = page.cursor, page.has_more
    if now.subscriptions != seen.subscriptions:
        with database.listener(caller.listener_id) as tx:
            changes = subscription_queries.subscription_changes(
                tx, listener_id=caller.listener_id, after=after
            )
        if changes:
            content = {
                "add": [change.podcast_url for change in changes if change.is_subscribed],
                "remove": [change.podcast_url for change in changes if not change.is_subscribed],
            }
            events.append(("subscriptions", content))
            cursor = max(cursor, changes[-1].seq)
    return News(events, cursor)


def is_signed_in(database: Database[Listeners], *, caller: Caller) -> bool:
    """Whether the caller's session is still valid (AC7)."""
    with database.worker() as tx:
        return bool(session_queries.sessions(tx, token_hashes=[caller.session]))
