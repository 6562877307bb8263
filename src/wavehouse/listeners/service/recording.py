"""Record uploads: judge, fold, store, and return the result of each action.

Concurrent uploads are recorded together, in one transaction that is made durable once (decision
0902). Every write takes cursors first, which locks the listener's sync row: writers of a listener
are serialized, and a cursor is visible exactly when its action is (P17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

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
from wavehouse.listeners.queries.recording import NewRow
from wavehouse.listeners.service import chapters, judging
from wavehouse.listeners.types import (
    Batch,
    Caller,
    Condition,
    Episode,
    NewAction,
    Recorded,
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
        uploads = _moved(tx, uploads)
        there = [upload for upload in uploads if upload.caller.listener_id in taken]
        resolved = _resolved(tx, there, received)
        named = [
            _named(upload, resolved) if upload.caller.listener_id in taken else upload
            for upload in uploads
        ]
        known = _known(tx, [item for item in named if item.caller.listener_id in taken], taken)
        refused = [_refused(item, known) for item in named]
        good = [item for item, no in zip(named, refused, strict=True) if no is None]
        batches = iter(_recorded(tx, good, known, received, resolved) if good else [])
    return [next(batches) if no is None else no for no in refused]


def _moved(tx: Tx[Listeners], uploads: Sequence[Upload]) -> list[Upload]:
    """Uploads with the new address of feeds that moved."""
    feeds = {
        (upload.caller.listener_id, action.episode.podcast_url): None
        for upload in uploads
        for action in upload.actions
        if action.episode is not None
    }
    if not feeds:
        return list(uploads)
    hashes = {feed: (feed[0], rules.chapter_key("feed", "", feed[1])) for feed in feeds}
    moved = moves.moved(tx, feeds=list(hashes.values()))
    if not moved:
        return list(uploads)
    new = {feed: moved[key] for feed, key in hashes.items() if key in moved}

    def there(who: ListenerId, action: NewAction) -> NewAction:
        episode = action.episode
        if episode is None or (who, episode.podcast_url) not in new:
            return action
        return replace(action, episode=replace(episode, podcast_url=new[who, episode.podcast_url]))

    return [
        replace(
            upload, actions=tuple(there(upload.caller.listener_id, each) for each in upload.actions)
        )
        for upload in uploads
    ]


def _resolved(
    tx: Tx[Listeners], uploads: Sequence[Upload], received: datetime
) -> chapters.Resolved:
    """The chapters of all uploads."""
    sightings = [
        Sighting(
            upload.caller.listener_id,
            action.episode,
            rules.effective_at(action.occurred_at, action.sent_at, received)[0],
        )
        for upload in uploads
        for action in upload.actions
        if action.episode is not None and not rules.refusal(action)
    ]
    sightings += [
        Sighting(upload.caller.listener_id, episode, received)
        for upload in uploads
        for episode in upload.episodes
    ]
    ids = [
        (upload.caller.listener_id, action.chapter_id)
        for upload in uploads
        for action in upload.actions
        if action.episode is None and not rules.refusal(action)
    ]
    return chapters.resolve(
        tx,
        sightings=sightings,
        ids=ids,
        newest=lambda those: {
            chapter: last[0]
            for chapter, last in queries.newest_actions(tx, chapters=those)().items()
        },
    )


def _named(upload: Upload, resolved: chapters.Resolved) -> Upload:
    """The upload with the id of each action's chapter."""
    who = upload.caller.listener_id
    return replace(
        upload,
        actions=tuple(
            action
            if rules.refusal(action)
            else action.of_chapter(resolved.chapter_of(who, action.episode or action.chapter_id))
            for action in upload.actions
        ),
    )


def _known(
    tx: Tx[Listeners], uploads: Sequence[Upload], taken: Mapping[ListenerId, cursors.NewCursors]
) -> judging.Known:
    chapters = _chapters(uploads)
    with tx.together():
        rows = queries.current_rows(tx, chapters=chapters)
        actions = queries.known_actions(
            tx, actions=[(u.caller.listener_id, a.action_id) for u in uploads for a in u.actions]
        )
        newest = queries.newest_actions(tx, chapters=chapters)
        given = cursors.given(
            tx, stream=Stream.ACTIONS, sessions=[upload.caller.session for upload in uploads]
        )
    return judging.Known(taken, rows(), actions(), newest(), given())


def _chapters(uploads: Sequence[Upload]) -> list[Chapter]:
    return list(
        dict.fromkeys(
            (upload.caller.listener_id, action.chapter_id)
            for upload in uploads
            for action in upload.actions
            if action.chapter_id
        )
    )


def _refused(upload: Upload, known: judging.Known) -> Refusal | None:
    """P37: an erased listener writes nothing.

    P12: a write may require the version that was read.
    """
    if upload.caller.listener_id not in known.taken:
        return NotSignedIn("this account was deleted")
    if upload.condition is None:
        return None
    row = known.rows.get((upload.caller.listener_id, upload.actions[0].chapter_id))
    return None if upload.condition.holds(row.version if row else None) else Stale(row)


def _recorded(
    tx: Tx[Listeners],
    uploads: Sequence[Upload],
    known: judging.Known,
    received: datetime,
    resolved: chapters.Resolved,
) -> list[Batch]:
    """Judge, fold and store; returns statuses in request order."""
    fresh: list[NewRow] = []
    judged: list[list[Recorded]] = []
    for upload in uploads:
        results, new = judging.judged(upload, known, received)
        judged.append(results)
        fresh += new
    status, changed = judging.folded(tx, fresh, known, resolved)
    served = {upload.caller.session: _served(upload, known) for upload in uploads}
    last = {row.listener_id: row.seq for row in fresh}
    last |= {listener_id: known.taken[listener_id].last for listener_id, _ in resolved.merged}
    with tx.together():
        _know_devices(tx, uploads, received)
        saved = queries.save_positions(tx, rows=changed)
        queries.insert_actions(
            tx,
            received_at=received,
            rows=[(row, status[row.listener_id, row.action.action_id]) for row in fresh],
        )
        _keep_device_positions(tx, uploads, received)
        if last:
            cursors.keep_changes(tx, stream=Stream.ACTIONS, changed=last)
        cursors.keep_served(
            tx, stream=Stream.ACTIONS, served=[row for row, is_new in served.values() if is_new]
        )
    for (listener_id, chapter_id), position, _ in changed:
        if position.action_id in resolved.tombstones:
            position_queries.mark_deleted(
                tx,
                listener_id=listener_id,
                chapter_id=chapter_id,
                action_id=position.action_id,
                at=received,
            )
    versions = {chapter: row.version for chapter, row in known.rows.items()} | saved()
    return [
        Batch(
            judging.with_displaced(upload, results, status, known.rows),
            served[upload.caller.session][0].cursor,
            {
                chapter[1]: versions[chapter]
                for chapter in _chapters([upload])
                if chapter in versions
            },
            {
                episode: resolved.chapter_of(upload.caller.listener_id, episode)
                for episode in upload.episodes
            },
        )
        for upload, results in zip(uploads, judged, strict=True)
    ]


def _served(upload: Upload, known: judging.Known) -> tuple[cursors.ServedCursor, bool]:
    """P19: the cursor returned for an upload, and whether it is new."""
    caller, taken = upload.caller, known.taken[upload.caller.listener_id]
    given = known.given.get(caller.session, cursors.IssuedCursors())
    own = None if caller.is_shared else given.own
    cursor, consumed = rules.uploaded(taken.last, taken.actions_before, own, given.family)
    return cursors.ServedCursor(
        caller.session, cursor, consumed, caller.is_shared
    ), cursor == taken.last


def _know_devices(tx: Tx[Listeners], uploads: Sequence[Upload], at: datetime) -> None:
    seen = {
        (upload.caller.listener_id, action.device_id): None
        for upload in uploads
        for action in upload.actions
        if action.device_id
    }
    if seen:
        devices.see_devices(tx, seen=list(seen), at=at)


def _keep_device_positions(tx: Tx[Listeners], uploads: Sequence[Upload], at: datetime) -> None:
    """Store each device's last position, for its hint (P10)."""
    last = {
        ((upload.caller.listener_id, action.chapter_id), action.device_id): action.position_ms
        for upload in uploads
        for action in upload.actions
        if action.device_id and action.position_ms is not None and not rules.refusal(action)
    }
    if last:
        queries.save_device_positions(
            tx, rows=[(chapter, device, ms) for (chapter, device), ms in last.items()], at=at
        )
