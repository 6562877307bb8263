"""Compaction of actions: which ones, by listener, and their removal (RT1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.types import Action
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class Compactable:
    """The number of actions that compaction would delete, and when the oldest was received."""

    rows: int
    oldest: datetime | None


def compactable(tx: Tx[Listeners], *, before: datetime) -> Compactable:
    """Count the actions received before a time that compaction would delete."""
    return tx.one(
        Compactable,
        """
        SELECT count(*) AS rows, min(received_at) AS oldest
        FROM listeners.actions_to_compact(%(before)s)
        """,
        {"before": before},
    )


def listeners_to_compact(tx: Tx[Listeners], *, before: datetime, most: int) -> list[ListenerId]:
    """Some listeners with such actions, by id."""
    return tx.values(
        """
        SELECT DISTINCT listener_id FROM listeners.actions_to_compact(%(before)s)
        ORDER BY listener_id LIMIT %(most)s
        """,
        {"before": before, "most": most},
    )


def lock(tx: Tx[Listeners], *, listener_ids: Sequence[ListenerId]) -> None:
    """Let recording for these listeners wait for the end of the transaction."""
    tx.execute(
        """
        SELECT FROM listeners.listener_sync WHERE listener_id = ANY(%s::uuid[])
        ORDER BY listener_id FOR UPDATE
        """,
        [list(listener_ids)],
    )


def actions(
    tx: Tx[Listeners], *, before: datetime, listener_ids: Sequence[ListenerId]
) -> dict[Chapter, list[Action]]:
    """The actions of these listeners that compaction deletes, by chapter."""
    rows = tx.tuples(
        """
        SELECT a.listener_id, a.chapter_id, a.action_id, a.kind, a.position_ms, a.started_ms,
               a.duration_ms, a.effective_at, a.device_id, a.seen_action_id, a.clock_skewed
        FROM listeners.actions_to_compact(%(before)s, %(listener_ids)s::uuid[]) c
        JOIN listeners.playback_actions a
          ON a.listener_id = c.listener_id AND a.action_id = c.action_id
        """,
        {"before": before, "listener_ids": list(listener_ids)},
    )
    by_chapter: dict[Chapter, list[Action]] = defaultdict(list)
    for row in rows:
        by_chapter[row[0], row[1]].append(Action(ActionId(row[2]), *row[3:]))
    return by_chapter


def remove(tx: Tx[Listeners], *, action_ids: Mapping[ListenerId, Sequence[UUID]]) -> int:
    """Delete actions, and remember the highest cursor of each listener's; returns how many."""
    pairs = [(who, action_id) for who, each in action_ids.items() for action_id in each]
    params = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    tx.execute(
        """
        UPDATE listeners.listener_sync s
        SET compacted_seq = greatest(s.compacted_seq, w.seq)
        FROM (SELECT a.listener_id, max(a.seq) AS seq
              FROM unnest(%s::uuid[], %s::uuid[]) AS c (listener_id, action_id)
              JOIN listeners.playback_actions a
                ON a.listener_id = c.listener_id AND a.action_id = c.action_id
              GROUP BY a.listener_id) w
        WHERE s.listener_id = w.listener_id
        """,
        params,
    )
    return tx.execute(
        """
        DELETE FROM listeners.playback_actions a
        USING unnest(%s::uuid[], %s::uuid[]) AS c (listener_id, action_id)
        WHERE a.listener_id = c.listener_id AND a.action_id = c.action_id
        """,
        params,
    )
