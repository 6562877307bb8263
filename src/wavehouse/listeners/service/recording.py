"""Record uploads: judge, fold, store, and return the result of each action.

Concurrent uploads are recorded together, in one transaction that is made durable once (decision
0902). Every write takes cursors first, which locks the listener's sync row: writers of a listener
are serialized, and a cursor is visible exactly when its action is (P17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, PreconditionFailed
from wavehouse.kernel.grouping import Grouped
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors, devices, moves
from wavehouse.listeners.queries import positions as position_queries
from wavehouse.listeners.queries import recording as queries
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.queries.cursors import Stream
from wavehouse.listeners.service import chapters, judging
from wavehouse.listeners.service.chapters import Resolved
from wavehouse.listeners.service.judging import Pending
from wavehouse.listeners.types import (
    Batch,
    Caller,
    Condition,
    Episode,
    NewAction,
    Position,
    Sighting,
    StoredPosition,
    Upload,
)
from wavehouse.store import Database, Listeners, Tx


class Stale(PreconditionFailed):
    """A precondition failed (P12); ``current`` is the position, None when there is none."""

    def __init__(self, current: StoredPosition | None) -> None:
        super().__init__(
            "the position has changed since the client read it",
            hint="Read the position again, then retry.",
        )
        self.current = current


Refusal = Stale | NotSignedIn


def record(
    database: Database[Listeners],
    *,
    caller: Caller,
    actions: Sequence[NewAction],
    condition: Condition | None = None,
) -> Batch:
    """Record a batch: each action whole or not at all, all in one transaction (P15, P16).

    ``condition`` is a precondition on the chapter's position (P12): if it fails, Stale is raised
    and nothing is recorded.
    """
    return done(*record_all(database, [Upload(caller, tuple(actions), condition)]))


def recorder(database: Database[Listeners]) -> Grouped[Upload, Batch | Refusal]:
    """Record concurrent uploads together; uploads of one listener one after the other."""
    return Grouped(partial(record_all, database), key=lambda item: item.caller.listener_id)


def done(outcome: Batch | Refusal) -> Batch:
    """The result of an upload; raises its error, if any."""
    if isinstance(outcome, Batch):
        return outcome
    raise outcome


def find_chapters(
    database: Database[Listeners], *, caller: Caller, episodes: Sequence[Episode]
) -> Mapping[Episode, str]:
    """The caller's chapter of each episode, created if needed (P29)."""
    return done(*record_all(database, [Upload(caller, (), episodes=tuple(episodes))])).chapters


def record_all(database: Database[Listeners], uploads: Sequence[Upload]) -> list[Batch | Refusal]:
    """Record uploads of different listeners together, with the same result as separately."""
    with database.listener(*(upload.caller.listener_id for upload in uploads)) as tx:
        taken = cursors.take_cursors(
            tx,
            counts={upload.caller.listener_id: max(len(upload.actions), 1) for upload in uploads},
            now=int(clock.now().timestamp()),
        )
        # Under the lock, so that actions without a time are in cursor order too.
        received = clock.now()
        pending = [
            judging.pending(upload, taken[upload.caller.listener_id], received)
            for upload in uploads
            if upload.caller.listener_id in taken
        ]
        _follow_moves(tx, pending)
        resolved = _resolve(tx, pending, received)
        known = _known(tx, pending, taken)
        outcomes: dict[ListenerId, Batch | Refusal] = {}
        for item in pending:
            if no := _refusal(item, known):
                outcomes[item.listener_id] = no
        good = [item for item in pending if item.listener_id not in outcomes]
        if good:
            outcomes |= _recorded(tx, good, known, received, resolved)
    return [outcomes.get(each.caller.listener_id) or _deleted() for each in uploads]


def _deleted() -> NotSignedIn:
    """P37: an erased listener writes nothing."""
    return NotSignedIn("this account was deleted")


def _follow_moves(tx: Tx[Listeners], pending: Sequence[Pending]) -> None:
    """Set the new address of feeds that moved."""
    feeds = {
        (item.listener_id, url): (item.listener_id, rules.chapter_key("feed", "", url))
        for item in pending
        for url in {entry.episode.podcast_url for entry in item.entries if entry.episode}
    }
    if not feeds:
        return
    moved = moves.moved(tx, feeds=list(feeds.values()))
    if not moved:
        return
    for item in pending:
        for entry in item.entries:
            if entry.episode is None:
                continue
            new = moved.get(feeds[item.listener_id, entry.episode.podcast_url])
            if new is not None:
                entry.episode = replace(entry.episode, podcast_url=new)


def _resolve(tx: Tx[Listeners], pending: Sequence[Pending], received: datetime) -> Resolved:
    """Find or create the chapters of all uploads, and set those of the actions."""
    sightings: list[Sighting] = []
    ids: list[Chapter] = []
    for item in pending:
        last: dict[Episode, datetime] = {}
        for entry in item.entries:
            if not entry.is_valid:
                continue
            if entry.episode is None:
                ids.append((item.listener_id, entry.chapter_id))
                continue
            before = last.get(entry.episode)
            if before is None or before < entry.effective_at:
                last[entry.episode] = entry.effective_at
        last |= {episode: received for episode in item.upload.episodes if episode not in last}
        sightings += [Sighting(item.listener_id, episode, at) for episode, at in last.items()]
    resolved = chapters.resolve(
        tx,
        sightings=sightings,
        ids=ids,
        newest=lambda those: {
            chapter: last[0]
            for chapter, last in queries.newest_actions(tx, chapters=those)().items()
        },
    )
    for item in pending:
        names: dict[Episode | str, str] = {}
        for entry in item.entries:
            if not entry.is_valid:
                continue
            named = entry.episode or entry.chapter_id
            if named not in names:
                names[named] = resolved.chapter_of(item.listener_id, named)
            entry.chapter_id = names[named]
    return resolved


def _known(
    tx: Tx[Listeners], pending: Sequence[Pending], taken: Mapping[ListenerId, cursors.NewCursors]
) -> judging.Known:
    chapters = [chapter for item in pending for chapter in item.chapters]
    with tx.together():
        rows = queries.current_rows(tx, chapters=chapters)
        actions = queries.known_actions(
            tx,
            actions={
                item.listener_id: [entry.action.action_id for entry in item.entries]
                for item in pending
            },
        )
        newest = queries.newest_actions(tx, chapters=chapters)
        given = cursors.given(
            tx,
            stream=Stream.ACTIONS,
            sessions=[item.upload.caller.session for item in pending],
        )
    return judging.Known(taken, rows(), actions(), newest(), given())


def _refusal(item: Pending, known: judging.Known) -> Refusal | None:
    """P12: a write may require the version that was read.

    A repeated action changes nothing, so its condition is not looked at (RFC 9110, 13.1.1): the
    client has had no answer to the first attempt, which is why the version is another one.
    """
    condition = item.upload.condition
    if condition is None:
        return None
    stored = known.actions[item.listener_id]
    if item.entries and all(entry.action.action_id in stored for entry in item.entries):
        return None
    row = known.rows.get((item.listener_id, item.entries[0].chapter_id))
    return None if condition.holds(row.version if row else None) else Stale(row)


def _recorded(
    tx: Tx[Listeners],
    pending: Sequence[Pending],
    known: judging.Known,
    received: datetime,
    resolved: Resolved,
) -> dict[ListenerId, Batch | Refusal]:
    """Judge, fold and store; returns the results by listener."""
    for item in pending:
        judging.judge(item, known.actions[item.listener_id])
    changed = judging.fold(tx, pending, known, resolved)
    served = {item.listener_id: _served(item, known) for item in pending}
    last = {item.listener_id: item.fresh[-1].seq for item in pending if item.fresh}
    last |= {listener_id: known.taken[listener_id].last for listener_id, _ in resolved.merged}
    with tx.together():
        _know_devices(tx, pending, received)
        saved = queries.save_positions(tx, rows=changed)
        queries.insert_actions(
            tx, received_at=received, rows={item.listener_id: item.fresh for item in pending}
        )
        _keep_device_positions(tx, pending, received)
        if last:
            cursors.keep_changes(tx, stream=Stream.ACTIONS, changed=last)
        cursors.keep_served(
            tx,
            stream=Stream.ACTIONS,
            served=[row for row, is_new in served.values() if is_new],
        )
    _keep_deleted(tx, changed, resolved, received)
    versions = {chapter: row.version for chapter, row in known.rows.items()} | saved()
    return {
        item.listener_id: Batch(
            judging.results(item),
            served[item.listener_id][0].cursor,
            {chapter[1]: versions[chapter] for chapter in item.chapters if chapter in versions},
            {
                episode: resolved.chapter_of(item.listener_id, episode)
                for episode in item.upload.episodes
            },
        )
        for item in pending
    }


def _keep_deleted(
    tx: Tx[Listeners],
    changed: Sequence[tuple[Chapter, Position, int]],
    resolved: Resolved,
    at: datetime,
) -> None:
    """Positions whose tombstone still wins after a merge stay deleted (P38)."""
    for (listener_id, chapter_id), position, _ in changed:
        if position.action_id in resolved.tombstones:
            position_queries.mark_deleted(
                tx,
                listener_id=listener_id,
                chapter_id=chapter_id,
                action_id=position.action_id,
                at=at,
            )


def _served(item: Pending, known: judging.Known) -> tuple[cursors.ServedCursor, bool]:
    """P19: the cursor returned for an upload, and whether it is new."""
    caller, taken = item.upload.caller, known.taken[item.listener_id]
    given = known.given.get(caller.session, cursors.IssuedCursors())
    own = None if caller.is_shared else given.own
    cursor, consumed = rules.uploaded(taken.last, taken.actions_before, own, given.family)
    return cursors.ServedCursor(
        caller.session, cursor, consumed, caller.is_shared
    ), cursor == taken.last


def _know_devices(tx: Tx[Listeners], pending: Sequence[Pending], at: datetime) -> None:
    seen = [
        (item.listener_id, device_id)
        for item in pending
        for device_id in dict.fromkeys(entry.action.device_id for entry in item.entries)
        if device_id
    ]
    if seen:
        devices.see_devices(tx, seen=seen, at=at)


def _keep_device_positions(tx: Tx[Listeners], pending: Sequence[Pending], at: datetime) -> None:
    """Store each device's last position, for its hint (P10)."""
    rows: list[tuple[Chapter, str, int]] = []
    for item in pending:
        last: dict[tuple[str, str], int] = {}
        for entry in item.entries:
            action = entry.action
            if action.device_id and action.position_ms is not None and entry.is_valid:
                last[entry.chapter_id, action.device_id] = action.position_ms
        rows += [
            ((item.listener_id, chapter), device, ms) for (chapter, device), ms in last.items()
        ]
    if rows:
        queries.save_device_positions(tx, rows=rows, at=at)
