"""Fold the histories of chapters with late actions, from their last checkpoint on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wavehouse.listeners import rules
from wavehouse.listeners.queries import checkpoints, cursors
from wavehouse.listeners.queries import positions as position_queries
from wavehouse.listeners.queries import recording as queries
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.queries.checkpoints import Checkpoint
from wavehouse.listeners.queries.cursors import Stream
from wavehouse.listeners.service.chapters import Resolved
from wavehouse.listeners.types import Action, Folded
from wavehouse.store import Listeners, Tx

LONG, TAIL = 200, 100


def fold_late(
    tx: Tx[Listeners],
    *,
    came: Mapping[Chapter, Sequence[Action]],
    merged: Collection[Chapter] = (),
) -> dict[Chapter, Folded]:
    """The positions from all actions of these chapters, including the new ones (P2).

    A history of more than 200 actions gets a checkpoint before its last 100, so the next late
    action reads only those, unless it is older. An action older than the chapter's base cannot
    change its position (RT1). ``merged`` are chapters that may have several bases, or actions that
    are older than their base.
    """
    known = _bases(tx, came, merged)
    first = {
        chapter: min(map(rules.order, actions))
        for chapter, actions in came.items()
        if actions and chapter not in known
    }
    known |= checkpoints.before(tx, chapters=first) if first else {}
    whole = [chapter for chapter in came if chapter not in known]
    history: dict[Chapter, list[Action]] = {}
    if whole:
        history |= queries.histories(tx, chapters=whole)
    if known:
        history |= checkpoints.history_after(
            tx, chapters=[(chapter, each.at) for chapter, each in known.items()]
        )
    folds: dict[Chapter, Folded] = {}
    new: dict[Chapter, Checkpoint] = {}
    for chapter, actions in came.items():
        start = known.get(chapter)
        base = start.position if start else None
        later = [each for each in actions if start is None or rules.order(each) > start.at]
        every = sorted([*history.get(chapter, ()), *later], key=rules.order)
        if len(every) <= LONG:
            folds[chapter] = rules.fold(every, since=base)
            continue
        early = rules.fold(every[:-TAIL], since=base)
        late = rules.fold(every[-TAIL:], since=early.position)
        new[chapter] = Checkpoint(rules.order(every[-TAIL - 1]), early.position)
        folds[chapter] = Folded(late.position, early.guarded | late.guarded)
    if new:
        checkpoints.save(tx, checkpoints=new)
    return folds


def _bases(
    tx: Tx[Listeners], came: Mapping[Chapter, Sequence[Action]], merged: Collection[Chapter]
) -> dict[Chapter, Checkpoint]:
    """One base for each merged chapter that has any; chapters without new actions use it, too."""
    several = checkpoints.bases(tx, chapters=list(merged)) if merged else {}
    if not several:
        return {}
    history = queries.histories(tx, chapters=list(several))
    new = {
        chapter: Checkpoint(
            bases[-1].at,
            rules.rebased(
                [(each.at, each.position) for each in bases],
                [*history.get(chapter, ()), *came.get(chapter, ())],
            ),
            is_base=True,
        )
        for chapter, bases in several.items()
    }
    checkpoints.replace(tx, checkpoints=new, every=True)
    return new


def fold_again(tx: Tx[Listeners], *, resolved: Resolved, seq: int) -> None:
    """Fold merged chapters again, outside of an upload; ``seq`` is the cursor of the change."""
    folded = fold_late(tx, came=dict.fromkeys(resolved.merged, ()), merged=resolved.merged)
    rows = [
        (chapter, each.position, seq)
        for chapter, each in folded.items()
        if each.position is not None
    ]
    if not rows:
        return
    queries.save_positions(tx, rows=rows)
    for (listener_id, chapter_id), position, _ in rows:
        if position.action_id in resolved.tombstones:
            position_queries.mark_deleted(
                tx,
                listener_id=listener_id,
                chapter_id=chapter_id,
                action_id=position.action_id,
                at=position.effective_at,
            )
    cursors.keep_changes(
        tx, stream=Stream.ACTIONS, changed={listener_id: seq for listener_id, _ in resolved.merged}
    )
