"""Fold the histories of chapters with late actions, from their last checkpoint on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wavehouse.listeners import rules
from wavehouse.listeners.queries import checkpoints
from wavehouse.listeners.queries import recording as queries
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.queries.checkpoints import Checkpoint
from wavehouse.listeners.types import Action, Folded
from wavehouse.store import Listeners, Tx

LONG, TAIL = 200, 100


def fold_late(
    tx: Tx[Listeners], *, came: Mapping[Chapter, Sequence[Action]]
) -> dict[Chapter, Folded]:
    """The positions from all actions of these chapters, including the new ones (P2).

    A history of more than 200 actions gets a checkpoint before its last 100, so the next late
    action reads only those, unless it is older.
    """
    first = {
        chapter: min(map(rules.order, actions)) for chapter, actions in came.items() if actions
    }
    known = checkpoints.before(tx, chapters=first) if first else {}
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
        base = known[chapter].position if chapter in known else None
        every = sorted([*history.get(chapter, ()), *actions], key=rules.order)
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
