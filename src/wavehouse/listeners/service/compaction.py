"""Use case: compact old actions (RT1).

The actions of a chapter that are older than the retention period are folded into a base and
deleted. Folding on from the base gives the same position as folding all actions, so nothing
changes for listeners. The last action of a chapter always stays, and so does every action that
follows, in the order of folding, one that was received within the period.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import checkpoints
from wavehouse.listeners.queries import compaction as queries
from wavehouse.listeners.queries.checkpoints import Checkpoint
from wavehouse.listeners.queries.compaction import Compactable
from wavehouse.store import Listeners, Tx

LISTENERS = 20
"""Listeners whose actions one transaction compacts."""


def compactable(tx: Tx[Listeners], *, before: datetime) -> Compactable:
    """What compaction would delete; changes nothing."""
    return queries.compactable(tx, before=before)


def compact(tx: Tx[Listeners], *, before: datetime) -> int:
    """Compact the actions of some listeners; returns how many were deleted, 0 at the end."""
    those = queries.listeners_to_compact(tx, before=before, most=LISTENERS)
    if not those:
        return 0
    queries.lock(tx, listener_ids=those)
    # Read again under the lock: an action that came meanwhile may be earlier than these.
    removable = queries.actions(tx, before=before, listener_ids=those)
    bases = checkpoints.bases(tx, chapters=list(removable))
    new = {}
    gone: dict[ListenerId, list[UUID]] = {}
    for chapter, actions in removable.items():
        gone.setdefault(chapter[0], []).extend(each.action_id for each in actions)
        base = bases[chapter][-1] if chapter in bases else None
        later = [each for each in actions if base is None or rules.order(each) > base.at]
        if later:
            folded = rules.fold(later, since=base.position if base else None)
            last = max(map(rules.order, later))
            new[chapter] = Checkpoint(last, folded.position, is_base=True)
    if new:
        checkpoints.replace(tx, checkpoints=new, every=False)
    return queries.remove(tx, action_ids=gone) if gone else 0
