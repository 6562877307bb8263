"""Judge each action of an upload alone, then fold it with its chapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import cursors
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.queries.recording import NewRow, Said
from wavehouse.listeners.service import chapters, folding
from wavehouse.listeners.types import (
    Action,
    Displaced,
    Folded,
    Kind,
    NewAction,
    Position,
    Recorded,
    Status,
    StoredPosition,
    Upload,
)
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class Known:
    """Stored data that uploads touch, read under the lock taken with their cursors."""

    taken: Mapping[ListenerId, cursors.NewCursors]
    rows: Mapping[Chapter, StoredPosition]
    actions: Mapping[Said, tuple[str, bytes]]
    newest: Mapping[Chapter, tuple[datetime, UUID]]
    given: Mapping[bytes, cursors.IssuedCursors]

    def first(self, upload: Upload) -> int:
        """The first cursor issued for an upload."""
        return self.taken[upload.caller.listener_id].last - max(len(upload.actions), 1) + 1


def judged(upload: Upload, known: Known, received: datetime) -> tuple[list[Recorded], list[NewRow]]:
    """The results known before folding; and the new actions, with their cursors."""
    results: list[Recorded] = []
    fresh: dict[Said, NewRow] = {}
    for index, action in enumerate(upload.actions):
        said = (upload.caller.listener_id, action.action_id)
        digest = rules.body_hash(action)
        before = (
            (fresh[said].action.chapter_id, fresh[said].body_hash)
            if said in fresh
            else known.actions.get(said)
        )
        reason = rules.refusal(action)
        if before is not None:
            same = _is_same(action, digest, before)
            results.append(
                Recorded(
                    action.action_id,
                    Status.DUPLICATE if same else Status.REJECTED,
                    "" if same else "this id is used by a different action (P13)",
                )
            )
        elif reason:
            results.append(Recorded(action.action_id, Status.REJECTED, reason))
        else:
            at, skewed = rules.effective_at(action.occurred_at, action.sent_at, received)
            fresh[said] = NewRow(said[0], action, at, skewed, digest, known.first(upload) + index)
            results.append(Recorded(action.action_id, Status.APPLIED, clock_skewed=skewed))
    return results, list(fresh.values())


def _is_same(action: NewAction, digest: bytes, before: tuple[str, bytes]) -> bool:
    """Whether an action repeats the stored one; a derived id covers all its content (P14)."""
    if action.episode is not None:
        return True
    legacy = rules.body_hash(action, with_chapter=True)
    return before[0] == action.chapter_id and before[1] in (digest, legacy)


def folded(
    tx: Tx[Listeners], fresh: Sequence[NewRow], known: Known, resolved: chapters.Resolved
) -> tuple[dict[Said, Status], list[tuple[Chapter, Position, int]]]:
    """The result of each new action, and the rows that change.

    A chapter whose last action is older than all new ones is folded on from its row; others are
    folded again from their whole history.
    """
    came: dict[Chapter, list[Action]] = defaultdict(list)
    newest: dict[Chapter, int] = {}
    for row in fresh:
        chapter = (row.listener_id, row.action.chapter_id)
        came[chapter].append(_as_action(row))
        newest[chapter] = row.seq
    for chapter in resolved.merged:
        came[chapter] += ()
        newest.setdefault(chapter, known.taken[chapter[0]].last)
    late = [
        chapter
        for chapter, actions in came.items()
        if chapter in resolved.merged
        or (
            chapter in known.newest
            and (
                chapter not in known.rows or min(map(rules.order, actions)) < known.newest[chapter]
            )
        )
    ]
    late_folds = folding.fold_late(
        tx, came={chapter: came[chapter] for chapter in late}, merged=resolved.merged
    )
    status: dict[Said, Status] = {}
    changed = []
    for chapter, actions in came.items():
        stored = known.rows.get(chapter)
        if chapter in late_folds:
            folded = late_folds[chapter]
        else:
            folded = rules.fold(actions, since=stored.folded() if stored else None)
        if folded.position is not None and _differs(stored, folded.position):
            changed.append((chapter, folded.position, newest[chapter]))
        for action in actions:
            status[chapter[0], action.action_id] = _status(action, folded)
    return status, changed


def _status(action: Action, folded: Folded) -> Status:
    if action.action_id in folded.guarded:
        return Status.GUARDED
    untouched = action.kind in (Kind.DOWNLOAD, Kind.DELETE, Kind.NEW, Kind.FLATTR)
    won = folded.position is not None and folded.position.action_id == action.action_id
    return Status.APPLIED if untouched or won else Status.SUPERSEDED


def _as_action(row: NewRow) -> Action:
    action = row.action
    return Action(
        action.action_id,
        action.kind.value,
        action.position_ms,
        action.started_ms,
        action.duration_ms,
        row.effective_at,
        action.device_id,
        action.seen,
        row.clock_skewed,
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


def with_displaced(
    upload: Upload,
    results: Sequence[Recorded],
    status: dict[Said, Status],
    rows: Mapping[Chapter, StoredPosition],
) -> tuple[Recorded, ...]:
    """Each action with its result, and where another device was before a far move (P10)."""
    return tuple(
        _outcome(
            action,
            result,
            status.get((upload.caller.listener_id, action.action_id)),
            rows.get((upload.caller.listener_id, action.chapter_id)),
        )
        for action, result in zip(upload.actions, results, strict=True)
    )


def _outcome(
    action: NewAction, judged: Recorded, became: Status | None, row: StoredPosition | None
) -> Recorded:
    if judged.status is not Status.APPLIED or became is None:
        return judged
    displaced = None
    if (
        row is not None
        and became is Status.APPLIED
        and action.position_ms is not None
        and action.kind is not Kind.RESTORE
        and row.device_id != action.device_id
        and action.seen != row.action_id
        and rules.is_far(row.position_ms, action.position_ms, row.duration_ms)
    ):
        displaced = Displaced(row.position_ms, row.device_id, row.effective_at, row.action_id)
    if became is judged.status and displaced is None:
        return judged
    return Recorded(judged.action_id, became, judged.reason, judged.clock_skewed, displaced)
