"""Checkpoints of long histories: a late action is folded from the last one before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.types import Action, Position
from wavehouse.store import Listeners, Tx

Order = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The position after all actions up to one action."""

    at: Order
    position: Position | None


def before(tx: Tx[Listeners], *, chapters: Mapping[Chapter, Order]) -> dict[Chapter, Checkpoint]:
    """The last checkpoint of each chapter before an action; later ones are deleted."""
    params = [
        [chapter[0] for chapter in chapters],
        [chapter[1] for chapter in chapters],
        [order[0] for order in chapters.values()],
        [order[1] for order in chapters.values()],
    ]
    tx.execute(
        """
        DELETE FROM listeners.playback_checkpoints k
        USING unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[])
            AS w (listener_id, chapter_id, effective_at, action_id)
        WHERE k.listener_id = w.listener_id AND k.chapter_id = w.chapter_id
          AND (k.effective_at, k.action_id) >= (w.effective_at, w.action_id)
        """,
        params,
    )
    rows = tx.tuples(
        """
        SELECT DISTINCT ON (k.listener_id, k.chapter_id)
               k.listener_id, k.chapter_id, k.effective_at, k.action_id, k.position
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        JOIN listeners.playback_checkpoints k
          ON k.listener_id = w.listener_id AND k.chapter_id = w.chapter_id
        ORDER BY k.listener_id, k.chapter_id, k.effective_at DESC, k.action_id DESC
        """,
        params[:2],
    )
    return {
        (row[0], row[1]): Checkpoint(
            (row[2], row[3]), None if row[4] is None else msgspec.convert(row[4], Position)
        )
        for row in rows
    }


def save(tx: Tx[Listeners], *, checkpoints: Mapping[Chapter, Checkpoint]) -> None:
    """Store checkpoints."""
    tx.execute(
        """
        INSERT INTO listeners.playback_checkpoints
          (listener_id, chapter_id, effective_at, action_id, position)
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::jsonb[])
        ON CONFLICT DO NOTHING
        """,
        [
            [chapter[0] for chapter in checkpoints],
            [chapter[1] for chapter in checkpoints],
            [each.at[0] for each in checkpoints.values()],
            [each.at[1] for each in checkpoints.values()],
            [
                None if each.position is None else msgspec.json.encode(each.position).decode()
                for each in checkpoints.values()
            ],
        ],
    )


def forget(tx: Tx[Listeners], *, listener_id: ListenerId) -> None:
    """Delete a listener's checkpoints: they may name a device that is being deleted."""
    tx.execute(
        "DELETE FROM listeners.playback_checkpoints WHERE listener_id = %(listener_id)s",
        {"listener_id": listener_id},
    )


def history_after(
    tx: Tx[Listeners], *, chapters: Sequence[tuple[Chapter, Order]]
) -> dict[Chapter, list[Action]]:
    """Actions of chapters after a given one that can affect a position."""
    rows = tx.tuples(
        """
        SELECT a.listener_id, a.chapter_id, a.action_id, a.kind, a.position_ms, a.started_ms,
               a.duration_ms, a.effective_at, a.device_id, a.seen_action_id, a.clock_skewed
        FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[])
            AS w (listener_id, chapter_id, effective_at, action_id)
        JOIN listeners.playback_actions a
          ON a.listener_id = w.listener_id AND a.chapter_id = w.chapter_id
        WHERE (a.effective_at, a.action_id) > (w.effective_at, w.action_id)
          AND a.kind NOT IN ('download', 'delete', 'new', 'flattr')
        """,
        [
            [chapter[0] for chapter, _ in chapters],
            [chapter[1] for chapter, _ in chapters],
            [order[0] for _, order in chapters],
            [order[1] for _, order in chapters],
        ],
    )
    actions: dict[Chapter, list[Action]] = {chapter: [] for chapter, _ in chapters}
    for row in rows:
        actions[row[0], row[1]].append(Action(ActionId(row[2]), *row[3:]))
    return actions
