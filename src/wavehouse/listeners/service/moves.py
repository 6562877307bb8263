"""Use case: a feed has a new address; subscriptions and positions move along (P29).

Apps learn of it by a permanent redirect, by ``itunes:new-feed-url`` or by the same
``podcast:guid``; an operator learns of it from the publisher.
"""

from __future__ import annotations

from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotSignedIn
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import chapters as chapter_queries
from wavehouse.listeners.queries import cursors, moves
from wavehouse.listeners.queries import subscriptions as subscription_queries
from wavehouse.listeners.queries.chapters import KnownChapter, NewKey
from wavehouse.listeners.queries.cursors import Stream
from wavehouse.listeners.service import chapters, folding
from wavehouse.listeners.types import Caller
from wavehouse.store import Database, Listeners, Tx


def move(database: Database[Listeners], *, caller: Caller, old: str, new: str) -> None:
    """Move a listener's subscription and positions from a feed to its new address.

    Repeating it changes nothing. InvalidInput for invalid or equal addresses.
    """
    before, after = _addresses(old, new)
    _move(database, caller.listener_id, before, after)


def _move(database: Database[Listeners], listener_id: ListenerId, before: str, after: str) -> None:
    at = clock.now()
    with database.listener(listener_id) as tx:
        taken = cursors.take_cursors(tx, counts={listener_id: 2}, now=int(at.timestamp()))
        if listener_id not in taken:
            raise NotSignedIn("this account was deleted")
        last = taken[listener_id].last
        moves.keep(
            tx,
            listener_id=listener_id,
            old_hash=rules.chapter_key("feed", "", before),
            old_url=before,
            new_url=after,
            at=at,
        )
        if before in subscription_queries.subscriptions(tx, listener_id=listener_id):
            subscription_queries.set_subscriptions(
                tx,
                listener_id=listener_id,
                wanted=[(before, False), (after, True)],
                device_id=None,
                first=last - 1,
                at=at,
            )
            cursors.keep_changes(tx, stream=Stream.SUBSCRIPTIONS, changed={listener_id: last})
        _move_chapters(tx, listener_id, before, after, last)


def move_for_all(database: Database[Listeners], *, old: str, new: str) -> int:
    """The same for every listener with the old address; returns how many."""
    before, after = _addresses(old, new)
    with database.worker() as tx:
        followers = moves.followers(tx, podcast_url=before)
    for listener_id in followers:
        _move(database, listener_id, before, after)
    return len(followers)


def _addresses(old: str, new: str) -> tuple[str, str]:
    """Both addresses, normalised. InvalidInput unless they are valid and differ."""
    before, after = rules.normalised_feed(old), rules.normalised_feed(new)
    if not before or not after or before == after:
        raise InvalidInput("a move needs two different feed addresses")
    return before, after


def _move_chapters(
    tx: Tx[Listeners], listener_id: ListenerId, before: str, after: str, seq: int
) -> None:
    keys = [
        NewKey(
            listener_id, rules.chapter_key(k.kind, after, k.value), k.chapter_id, k.kind, k.value
        )
        for k in moves.keys_of_feed(tx, listener_id=listener_id, podcast_url=before)
    ]
    moves.readdress(tx, listener_id=listener_id, old_url=before, new_url=after)
    if not keys:
        return
    chapter_queries.insert_keys(tx, keys=keys)
    stored = chapter_queries.by_keys(tx, keys=[(k.listener_id, k.key_hash) for k in keys])
    same: dict[str, KnownChapter] = {}
    for key in keys:
        known = stored[key.listener_id, key.key_hash]
        if known.chapter_id != key.chapter_id:
            same[key.chapter_id] = known
    resolved = chapters.Resolved()
    for chapter_id, known in same.items():
        chapters.merge(tx, listener_id, known.chapter_id, [chapter_id], resolved)
    folding.fold_again(tx, resolved=resolved, seq=seq)
    cursors.keep_changes(tx, stream=Stream.ACTIONS, changed={listener_id: seq})
