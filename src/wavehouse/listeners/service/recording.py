"""Record what clients say: judge, fold, store, and tell what became of each action.

Whoever writes takes cursors first, which locks the listener's one sync row: writers of a listener
come one after the other, and a cursor is visible exactly when its action is (P17).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from wavehouse.kernel import clock
from wavehouse.kernel.errors import PreconditionFailed
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors, devices
from wavehouse.listeners.queries import positions as queries
from wavehouse.listeners.types import (
    Action,
    Batch,
    Caller,
    Displaced,
    Kind,
    NewAction,
    Position,
    Recorded,
    Status,
    StoredPosition,
)
from wavehouse.store import Database, Listeners, Tx


def record(
    database: Database[Listeners],
    *,
    caller: Caller,
    actions: Sequence[NewAction],
    if_match: int | None = None,
    only_new: bool = False,
) -> Batch:
    """Record a batch: each action whole or not at all, all in one transaction (P15, P16).

    ``if_match`` is the version that the one chapter's row must have, ``only_new`` that there must
    be none yet (P12): PreconditionFailed otherwise, and nothing is recorded.
    """
    with database.listener(caller.listener_id) as tx:
        last = cursors.take_cursors(
            tx,
            listener_id=caller.listener_id,
            count=max(len(actions), 1),
            now=int(clock.now().timestamp()),
        )
        # Behind the lock, so that what comes without a time is in the order of cursors too.
        received = clock.now()
        first = last - max(len(actions), 1) + 1
        chapter_ids = list(dict.fromkeys(action.chapter_id for action in actions))
        rows = {
            row.chapter_id: row
            for row in queries.positions(
                tx, listener_id=caller.listener_id, chapter_ids=chapter_ids
            )
        }
        _check_version(rows.get(chapter_ids[0]) if chapter_ids else None, if_match, only_new)
        versions = {chapter_id: row.version for chapter_id, row in rows.items()}
        cursor = _cursor_after(tx, caller, actions, first, last)
        with tx.together():
            _know_devices(tx, caller.listener_id, actions, received)
            results = _recorded(tx, caller.listener_id, actions, rows, received, first, versions)
            results = _with_displaced(actions, results, rows)
            _keep_device_positions(tx, caller.listener_id, actions, received)
    return Batch(tuple(results), cursor, versions)


def _with_displaced(
    actions: Sequence[NewAction], results: Sequence[Recorded], rows: dict[str, StoredPosition]
) -> list[Recorded]:
    """P10: say where another device was, when an action that had not seen it moved far away."""
    told = []
    for action, result in zip(actions, results, strict=True):
        row = rows.get(action.chapter_id)
        if (
            row is not None
            and result.status is Status.APPLIED
            and action.position_ms is not None
            and action.kind is not Kind.RESTORE
            and row.device_id != action.device_id
            and action.seen != row.action_id
            and rules.is_far(row.position_ms, action.position_ms, row.duration_ms)
        ):
            before = Displaced(row.position_ms, row.device_id, row.effective_at, row.action_id)
            told.append(replace(result, displaced=before))
        else:
            told.append(result)
    return told


def _keep_device_positions(
    tx: Tx[Listeners], listener_id: ListenerId, actions: Sequence[NewAction], at: datetime
) -> None:
    """Where each device was last, for its hint (P10)."""
    last = {
        (action.chapter_id, action.device_id): action.position_ms
        for action in actions
        if action.device_id and action.position_ms is not None and not rules.refusal(action)
    }
    if last:
        queries.save_device_positions(
            tx,
            listener_id=listener_id,
            rows=[(chapter, device, ms) for (chapter, device), ms in sorted(last.items())],
            at=at,
        )


def _check_version(row: StoredPosition | None, if_match: int | None, only_new: bool) -> None:
    if if_match is not None and (row is None or row.version != if_match):
        raise PreconditionFailed("the position has changed since it was read")
    if only_new and row is not None:
        raise PreconditionFailed("there is a position already")


def _know_devices(
    tx: Tx[Listeners], listener_id: ListenerId, actions: Sequence[NewAction], at: datetime
) -> None:
    for device_id in dict.fromkeys(a.device_id for a in actions if a.device_id):
        devices.save_device(
            tx, listener_id=listener_id, device_id=device_id, name=None, kind=None, at=at
        )


def _recorded(
    tx: Tx[Listeners],
    listener_id: ListenerId,
    actions: Sequence[NewAction],
    rows: dict[str, StoredPosition],
    received: datetime,
    first: int,
    versions: dict[str, int],
) -> list[Recorded]:
    """Judge, fold and store; statuses in request order. Notes the versions of what changed."""
    known = queries.known_actions(
        tx, listener_id=listener_id, action_ids=[a.action_id for a in actions]
    )
    fresh: dict[ActionId, tuple[NewAction, datetime, bool, bytes, int]] = {}
    told: list[Recorded] = []
    for place, action in enumerate(actions):
        digest = rules.body_hash(action)
        before = known.get(action.action_id) or (
            fresh[action.action_id][3] if action.action_id in fresh else None
        )
        reason = rules.refusal(action)
        if before is not None:
            same = before == digest
            told.append(
                Recorded(
                    action.action_id,
                    Status.DUPLICATE if same else Status.REJECTED,
                    "" if same else "this id was used for something else (P13)",
                )
            )
        elif reason:
            told.append(Recorded(action.action_id, Status.REJECTED, reason))
        else:
            at, skewed = rules.effective_at(action.occurred_at, action.sent_at, received)
            fresh[action.action_id] = (action, at, skewed, digest, first + place)
            told.append(Recorded(action.action_id, Status.APPLIED, clock_skewed=skewed))
    status = _fold_all(tx, listener_id, list(fresh.values()), rows, versions)
    queries.insert_actions(
        tx,
        listener_id=listener_id,
        received_at=received,
        rows=[
            (action, at, skewed, status[action.action_id].value, digest, seq)
            for action, at, skewed, digest, seq in fresh.values()
        ],
    )
    return [
        replace(one, status=status[one.action_id]) if one.status is Status.APPLIED else one
        for one in told
    ]


def _fold_all(
    tx: Tx[Listeners],
    listener_id: ListenerId,
    fresh: Sequence[tuple[NewAction, datetime, bool, bytes, int]],
    rows: dict[str, StoredPosition],
    versions: dict[str, int],
) -> dict[ActionId, Status]:
    """Fold what came into each chapter, store what changed, and say what became of each.

    A chapter whose last action is older than all that came is folded on from its row; another is
    folded anew, from its whole history.
    """
    by_chapter: dict[str, list[Action]] = defaultdict(list)
    newest: dict[str, int] = {}
    for action, at, skewed, _, seq in fresh:
        by_chapter[action.chapter_id].append(_as_action(action, at, skewed))
        newest[action.chapter_id] = seq
    last = queries.newest_actions(tx, listener_id=listener_id, chapter_ids=list(by_chapter))
    late = [
        chapter_id
        for chapter_id, came in by_chapter.items()
        if chapter_id in last
        and (chapter_id not in rows or min(map(rules.order, came)) < last[chapter_id])
    ]
    before: dict[str, list[Action]] = {chapter_id: [] for chapter_id in late}
    if late:
        for chapter_id, stored in queries.actions_of(tx, listener_id=listener_id, chapter_ids=late):
            before[chapter_id].append(stored)
    status: dict[ActionId, Status] = {}
    changed = []
    for chapter_id, came in by_chapter.items():
        row = rows.get(chapter_id)
        if chapter_id in before:
            folded = rules.fold([*before[chapter_id], *came])
        else:
            folded = rules.fold(came, since=row.folded() if row else None)
        if folded.position is not None and _differs(row, folded.position):
            changed.append((chapter_id, folded.position, newest[chapter_id]))
        winner = folded.position.action_id if folded.position else None
        for one in came:
            status[one.action_id] = _status(one, winner, one.action_id in folded.guarded)
    if changed:
        versions |= queries.save_positions(tx, listener_id=listener_id, rows=changed)
    return status


def _status(action: Action, winner: ActionId | None, guarded: bool) -> Status:
    if guarded:
        return Status.GUARDED
    untouched = action.kind in (Kind.DOWNLOAD, Kind.DELETE, Kind.NEW, Kind.FLATTR)
    return Status.APPLIED if untouched or action.action_id == winner else Status.SUPERSEDED


def _as_action(action: NewAction, at: datetime, skewed: bool) -> Action:
    return Action(
        action.action_id,
        action.kind.value,
        action.position_ms,
        action.started_ms,
        action.duration_ms,
        at,
        action.device_id,
        action.seen,
        skewed,
    )


def _differs(row: StoredPosition | None, position: Position) -> bool:
    return row is None or (
        row.action_id,
        row.position_ms,
        row.duration_ms,
        row.furthest_ms,
        row.state,
        row.finished_count,
    ) != (
        position.action_id,
        position.position_ms,
        position.duration_ms,
        position.furthest_ms,
        position.state,
        position.finished_count,
    )


def _cursor_after(
    tx: Tx[Listeners], caller: Caller, actions: Sequence[NewAction], first: int, last: int
) -> int:
    """P19: the new cursor, unless something foreign landed since this session's last one."""
    served = cursors.served_cursor(tx, session=caller.session)
    after = served if served is not None else 0
    foreign = queries.has_foreign_changes(
        tx,
        listener_id=caller.listener_id,
        after=after,
        before=first,
        device_ids=[a.device_id for a in actions if a.device_id],
    )
    cursor = after if foreign else last
    if not foreign:
        cursors.keep_served_cursor(tx, session=caller.session, cursor=cursor)
    return cursor
