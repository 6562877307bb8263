"""Judge each action of an upload alone, then fold it with its chapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors, recording
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.queries.recording import Entry
from wavehouse.listeners.service import chapters, folding
from wavehouse.listeners.types import (
    Action,
    Displaced,
    Folded,
    Kind,
    Position,
    Recorded,
    Status,
    StoredPosition,
    Upload,
)
from wavehouse.store import Listeners, Tx

_UNTOUCHED = frozenset({Kind.DOWNLOAD, Kind.DELETE, Kind.NEW, Kind.FLATTR})


@dataclass(slots=True)
class Pending:
    """An upload with its actions on their way; ``fresh`` are the new ones, once judged."""

    upload: Upload
    entries: list[Entry]
    fresh: list[Entry] = field(default_factory=list)

    @property
    def listener_id(self) -> ListenerId:
        """The listener."""
        return self.upload.caller.listener_id

    @property
    def chapters(self) -> list[Chapter]:
        """The named chapters, each once."""
        who = self.listener_id
        ids = dict.fromkeys(entry.chapter_id for entry in self.entries if entry.chapter_id)
        return [(who, chapter_id) for chapter_id in ids]


@dataclass(frozen=True, slots=True)
class Known:
    """Stored data that uploads touch, read under the lock taken with their cursors."""

    taken: Mapping[ListenerId, cursors.NewCursors]
    rows: Mapping[Chapter, StoredPosition]
    actions: Mapping[ListenerId, Mapping[UUID, recording.Known]]
    newest: Mapping[Chapter, tuple[datetime, UUID]]
    given: Mapping[bytes, cursors.IssuedCursors]


def pending(upload: Upload, taken: cursors.NewCursors, received: datetime) -> Pending:
    """An upload with the cursor, the effective time and the validity of each action."""
    first = taken.last - max(len(upload.actions), 1) + 1
    entries = []
    for seq, action in enumerate(upload.actions, first):
        reason = rules.refusal(action)
        at, skewed = received, False
        if not reason:
            at, skewed = rules.effective_at(action.occurred_at, action.sent_at, received)
        entries.append(
            Entry(action, action.episode, action.chapter_id, at, skewed, not reason, reason, seq)
        )
    return Pending(upload, entries)


def judge(item: Pending, stored: Mapping[UUID, recording.Known]) -> None:
    """Set the results known before folding, and which actions are new."""
    fresh: dict[UUID, Entry] = {}
    for entry in item.entries:
        action_id = entry.action.action_id
        twin = fresh.get(action_id)
        before = (twin.chapter_id, twin.body_hash) if twin is not None else stored.get(action_id)
        if before is None and not entry.is_valid:
            entry.status = Status.REJECTED
            continue
        entry.body_hash = rules.body_hash(entry.action)
        if before is None:
            fresh[action_id] = entry
        elif _is_same(entry, before):
            entry.status, entry.reason = Status.DUPLICATE, ""
        else:
            entry.status = Status.REJECTED
            entry.reason = "this id is used by a different action (P13)"
    item.fresh = list(fresh.values())


def _is_same(entry: Entry, before: recording.Known) -> bool:
    """Whether an action repeats the stored one; a derived id covers all its content (P14)."""
    if entry.episode is not None:
        return True
    return before[0] == entry.chapter_id and before[1] in (
        entry.body_hash,
        rules.body_hash(entry.action, chapter_id=entry.chapter_id),
    )


def fold(
    tx: Tx[Listeners], pending: Sequence[Pending], known: Known, resolved: chapters.Resolved
) -> list[tuple[Chapter, Position, int]]:
    """Set the result of each new action; returns the rows that change.

    A chapter whose last action is older than all new ones is folded on from its row; others are
    folded again from their whole history.
    """
    came: dict[Chapter, list[Entry]] = {}
    for item in pending:
        mine: dict[str, list[Entry]] = defaultdict(list)
        for entry in item.fresh:
            mine[entry.chapter_id].append(entry)
        came |= {(item.listener_id, chapter_id): each for chapter_id, each in mine.items()}
    for chapter in resolved.merged:
        came.setdefault(chapter, [])
    actions = {chapter: [_as_action(entry) for entry in each] for chapter, each in came.items()}
    late_folds = folding.fold_late(
        tx,
        came={
            chapter: each
            for chapter, each in actions.items()
            if chapter in resolved.merged or _is_late(chapter, each, known)
        },
        merged=resolved.merged,
    )
    changed = []
    for chapter, entries in came.items():
        stored = known.rows.get(chapter)
        if chapter in late_folds:
            folded = late_folds[chapter]
        else:
            folded = rules.fold(actions[chapter], since=stored.folded() if stored else None)
        if folded.position is not None and _differs(stored, folded.position):
            seq = entries[-1].seq if entries else known.taken[chapter[0]].last
            changed.append((chapter, folded.position, seq))
        _set_results(entries, folded, stored)
    return changed


def _is_late(chapter: Chapter, actions: Sequence[Action], known: Known) -> bool:
    """Whether the stored position does not represent all actions before these."""
    last = known.newest.get(chapter)
    return last is not None and (chapter not in known.rows or min(map(rules.order, actions)) < last)


def _set_results(entries: Sequence[Entry], folded: Folded, stored: StoredPosition | None) -> None:
    won = folded.position.action_id if folded.position is not None else None
    for entry in entries:
        action = entry.action
        if action.action_id in folded.guarded:
            entry.status = Status.GUARDED
        elif action.action_id != won and action.kind not in _UNTOUCHED:
            entry.status = Status.SUPERSEDED
        elif stored is not None:
            entry.displaced = _displaced(entry, stored)


def _as_action(entry: Entry) -> Action:
    action = entry.action
    return Action(
        action.action_id,
        action.kind.value,
        action.position_ms,
        action.started_ms,
        action.duration_ms,
        entry.effective_at,
        action.device_id,
        action.seen,
        entry.clock_skewed,
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


def _displaced(entry: Entry, row: StoredPosition) -> Displaced | None:
    """Where another device was before a far move by one that did not know it (P10)."""
    action = entry.action
    if (
        action.position_ms is not None
        and action.kind is not Kind.RESTORE
        and row.device_id != action.device_id
        and action.seen != row.action_id
        and rules.is_far(row.position_ms, action.position_ms, row.duration_ms)
    ):
        return Displaced(row.position_ms, row.device_id, row.effective_at, row.action_id)
    return None


def results(item: Pending) -> tuple[Recorded, ...]:
    """The result of each action, in request order (P15)."""
    known = (Status.DUPLICATE, Status.REJECTED)
    return tuple(
        Recorded(
            entry.action.action_id,
            entry.status,
            entry.reason,
            entry.clock_skewed and entry.status not in known,
            entry.displaced,
        )
        for entry in item.entries
    )
