"""Use cases of subscriptions: the shows a listener follows, the same on every device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors, moves
from wavehouse.listeners.queries import devices as device_queries
from wavehouse.listeners.queries import subscriptions as queries
from wavehouse.listeners.queries.cursors import Stream
from wavehouse.listeners.service.positions import before_now
from wavehouse.listeners.types import Caller, Device, SubscriptionChange
from wavehouse.store import Database, Listeners, Tx


@dataclass(frozen=True, slots=True)
class Changed:
    """The next cursor (P19b), and addresses stored with another spelling.

    An invalid address is ``(url, "")``, as the protocol requires.
    """

    cursor: int
    rewritten: list[tuple[str, str]]


def change(
    database: Database[Listeners],
    *,
    caller: Caller,
    device_id: str | None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> Changed:
    """Follow and leave shows; a show in both lists is removed.

    NotSignedIn for an erased listener (P37).
    """
    at = clock.now()
    spelling = {url: rules.normalised_feed(url) for url in (*add, *remove)}
    spelling |= _moved(database, caller, {url: spelling[url] for url in add})
    wanted = {spelling[url]: True for url in add} | {spelling[url]: False for url in remove}
    wanted.pop("", None)
    with database.listener(caller.listener_id) as tx:
        taken = cursors.take_cursors(
            tx,
            counts={caller.listener_id: max(len(wanted), 1)},
            now=int(at.timestamp()),
        ).get(caller.listener_id)
        if taken is None:
            raise NotSignedIn("this account was deleted")
        if device_id is not None:
            device_queries.save_device(
                tx,
                listener_id=caller.listener_id,
                device_id=device_id,
                name=None,
                kind=None,
                at=at,
            )
        changed = 0
        if wanted:
            changed = queries.set_subscriptions(
                tx,
                listener_id=caller.listener_id,
                wanted=list(wanted.items()),
                device_id=device_id,
                first=taken.last - len(wanted) + 1,
                at=at,
            )
        cursor = _served(tx, caller, taken, changed=changed > 0)
    return Changed(cursor, [pair for pair in spelling.items() if pair[0] != pair[1]])


def _moved(database: Database[Listeners], caller: Caller, added: dict[str, str]) -> dict[str, str]:
    """Added addresses of moved feeds, with the new ones; removals are not redirected."""
    keys = {
        url: (caller.listener_id, rules.chapter_key("feed", "", kept))
        for url, kept in added.items()
        if kept
    }
    if not keys:
        return {}
    with database.listener(caller.listener_id) as tx:
        moved = moves.moved(tx, feeds=list(keys.values()))
    return {url: moved[key] for url, key in keys.items() if key in moved}


def _served(tx: Tx[Listeners], caller: Caller, taken: cursors.NewCursors, *, changed: bool) -> int:
    """P19b: the cursor returned for a change, stored for the session."""
    if changed:
        cursors.keep_changes(
            tx, stream=Stream.SUBSCRIPTIONS, changed={caller.listener_id: taken.last}
        )
    given = cursors.given(tx, stream=Stream.SUBSCRIPTIONS, sessions=[caller.session])()
    known = given.get(caller.session, cursors.IssuedCursors())
    own = None if caller.is_shared else known.own
    cursor, consumed = rules.uploaded(taken.last, taken.subscriptions_before, own, known.family)
    if cursor == taken.last:
        served = cursors.ServedCursor(caller.session, cursor, consumed, caller.is_shared)
        cursors.keep_served(tx, stream=Stream.SUBSCRIPTIONS, served=[served])
    return cursor


def replace(
    database: Database[Listeners], *, caller: Caller, device_id: str | None, urls: Sequence[str]
) -> None:
    """Follow exactly these shows."""
    wanted = {url: None for url in map(rules.normalised_feed, urls) if url}
    with database.listener(caller.listener_id) as tx:
        known = set(queries.subscriptions(tx, listener_id=caller.listener_id))
    change(
        database,
        caller=caller,
        device_id=device_id,
        add=[url for url in wanted if url not in known],
        remove=sorted(known - wanted.keys()),
    )


def followed(database: Database[Listeners], *, caller: Caller) -> list[str]:
    """The shows that a listener follows."""
    with database.listener(caller.listener_id) as tx:
        return queries.subscriptions(tx, listener_id=caller.listener_id)


def changed(
    database: Database[Listeners], *, caller: Caller, after: int
) -> tuple[list[SubscriptionChange], int]:
    """Shows followed or left after a cursor, and the next cursor.

    A cursor above what this client was given counts as what it was given (P19b).
    """
    with database.listener(caller.listener_id) as tx:
        given = cursors.given(tx, stream=Stream.SUBSCRIPTIONS, sessions=[caller.session])()
        known = given.get(caller.session, cursors.IssuedCursors())
        own = None if caller.is_shared else known.own
        had = own if own is not None else after
        if after > 0:
            after, had = rules.asked_after(after, own, known.family)
        now = cursors.current_cursor(tx, listener_id=caller.listener_id)
        changes = queries.subscription_changes(tx, listener_id=caller.listener_id, after=after)
        # Changes committed since the counter was read are included, so the cursor covers them too.
        cursor = max(now or before_now(), after, changes[-1].seq if changes else 0)
        if not (had == cursor and (own is not None or cursor in known.family)):
            served = cursors.ServedCursor(caller.session, cursor, had, caller.is_shared)
            cursors.keep_served(tx, stream=Stream.SUBSCRIPTIONS, served=[served])
    return changes, cursor


def devices(database: Database[Listeners], *, caller: Caller) -> list[Device]:
    """A listener's devices."""
    with database.listener(caller.listener_id) as tx:
        return device_queries.devices(tx, listener_id=caller.listener_id)


def save_device(
    database: Database[Listeners],
    *,
    caller: Caller,
    device_id: str,
    name: str | None,
    kind: str | None,
) -> None:
    """Register a device, or update its stored data."""
    with database.listener(caller.listener_id) as tx:
        device_queries.save_device(
            tx,
            listener_id=caller.listener_id,
            device_id=device_id,
            name=name,
            kind=kind,
            at=clock.now(),
        )
