"""Use cases of subscriptions: the shows that a listener follows, on every device alike."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.queries import cursors
from wavehouse.listeners.queries import devices as device_queries
from wavehouse.listeners.queries import subscriptions as queries
from wavehouse.listeners.service.positions import before_now
from wavehouse.listeners.types import Caller, Device, SubscriptionChange
from wavehouse.store import Database, Listeners

LONGEST_URL = 1_000


def cleaned(url: str) -> str:
    """An address as it is kept: trimmed; empty for what no client should be told to load."""
    told = url.strip()
    parts = urlsplit(told)
    usable = parts.scheme.lower() in ("http", "https") and parts.netloc and len(told) <= LONGEST_URL
    return told if usable and "\0" not in told else ""


def change(
    database: Database[Listeners],
    *,
    caller: Caller,
    device_id: str | None,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> tuple[int, list[tuple[str, str]]]:
    """Follow and leave shows; the cursor, and addresses that were kept in another spelling.

    An address that nobody could load is told as ``(url, "")``, as the protocol has it.
    """
    at = clock.now()
    rewritten = [(url, cleaned(url)) for url in (*add, *remove) if url != cleaned(url)]
    wanted = [(cleaned(url), True) for url in add] + [(cleaned(url), False) for url in remove]
    wanted = [(url, is_added) for url, is_added in wanted if url]
    with database.listener(caller.listener_id) as tx:
        last = cursors.take_cursors(
            tx,
            counts={caller.listener_id: max(len(wanted), 1)},
            now=int(at.timestamp()),
        ).get(caller.listener_id)
        if last is None:
            raise NotSignedIn("this account is gone")
        if device_id is not None:
            device_queries.save_device(
                tx,
                listener_id=caller.listener_id,
                device_id=device_id,
                name=None,
                kind=None,
                at=at,
            )
        first = last - max(len(wanted), 1) + 1
        for place, (url, is_added) in enumerate(wanted):
            queries.set_subscription(
                tx,
                listener_id=caller.listener_id,
                podcast_url=url,
                subscribed=is_added,
                device_id=device_id,
                seq=first + place,
                at=at,
            )
    return last, rewritten


def replace(
    database: Database[Listeners], *, caller: Caller, device_id: str | None, urls: Sequence[str]
) -> None:
    """Follow exactly these shows."""
    wanted = [url for url in map(cleaned, urls) if url]
    with database.listener(caller.listener_id) as tx:
        known = set(queries.subscriptions(tx, listener_id=caller.listener_id))
    change(
        database,
        caller=caller,
        device_id=device_id,
        add=[url for url in dict.fromkeys(wanted) if url not in known],
        remove=sorted(known - set(wanted)),
    )


def followed(database: Database[Listeners], *, listener_id: ListenerId) -> list[str]:
    """The shows that a listener follows."""
    with database.listener(listener_id) as tx:
        return queries.subscriptions(tx, listener_id=listener_id)


def changed(
    database: Database[Listeners], *, listener_id: ListenerId, after: int
) -> tuple[list[SubscriptionChange], int]:
    """Shows that were followed or left after a cursor, and the cursor to go on with."""
    with database.listener(listener_id) as tx:
        found = queries.subscription_changes(tx, listener_id=listener_id, after=after)
        now = cursors.current_cursor(tx, listener_id=listener_id)
    return found, max(now or before_now(), after)


def devices(database: Database[Listeners], *, listener_id: ListenerId) -> list[Device]:
    """A listener's devices."""
    with database.listener(listener_id) as tx:
        return device_queries.devices(tx, listener_id=listener_id)


def save_device(
    database: Database[Listeners],
    *,
    listener_id: ListenerId,
    device_id: str,
    name: str | None,
    kind: str | None,
) -> None:
    """Know a device, or what is told of it now."""
    with database.listener(listener_id) as tx:
        device_queries.save_device(
            tx,
            listener_id=listener_id,
            device_id=device_id,
            name=name,
            kind=kind,
            at=clock.now(),
        )
