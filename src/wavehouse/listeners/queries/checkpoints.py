"""Checkpoints of long histories: a late action is folded from the last one before it.

A base is a checkpoint whose actions were deleted by compaction (RT1); it is never deleted.
"""

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
    """The position after all actions up to one action; a base replaces those actions."""

    at: Order
    position: Position | None
    is_base: bool = False


def before(tx: Tx[Listeners], *, chapters: Mapping[Chapter, Order]) -> dict[Chapter, Checkpoint]:
    """The last checkpoint of each chapter before an action; later ones are deleted.

    A base is returned even if it is later: the action cannot change what it replaces.
    """
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
          AND (k.effective_at, k.action_id) >= (w.effective_at, w.action_id) AND NOT k.is_base
        """,
        params,
    )
    rows = tx.tuples(
        """
        SELECT DISTINCT ON (k.listener_id, k.chapter_id)
               k.listener_id, k.chapter_id, k.effective_at, k.action_id, k.position, k.is_base
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        JOIN listeners.playback_checkpoints k
          ON k.listener_id = w.listener_id AND k.chapter_id = w.chapter_id
        ORDER BY k.listener_id, k.chapter_id, k.effective_at DESC, k.action_id DESC
        """,
        params[:2],
    )
    return {(row[0], row[1]): _checkpoint(*row[2:]) for row in rows}


def bases(tx: Tx[Listeners], *, chapters: Sequence[Chapter]) -> dict[Chapter, list[Checkpoint]]:
    """The bases of chapters, earliest first; after a merge a chapter may have several."""
    rows = tx.tuples(
        """
        SELECT k.listener_id, k.chapter_id, k.effective_at, k.action_id, k.position, k.is_base
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        JOIN listeners.playback_checkpoints k
          ON k.listener_id = w.listener_id AND k.chapter_id = w.chapter_id
        WHERE k.is_base
        ORDER BY k.effective_at, k.action_id
        """,
        [[chapter[0] for chapter in chapters], [chapter[1] for chapter in chapters]],
    )
    bases_by_chapter: dict[Chapter, list[Checkpoint]] = {}
    for row in rows:
        bases_by_chapter.setdefault((row[0], row[1]), []).append(_checkpoint(*row[2:]))
    return bases_by_chapter


def bases_of(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[tuple[str, Checkpoint]]:
    """All bases of a listener, with their chapters."""
    rows = tx.tuples(
        """
        SELECT chapter_id, effective_at, action_id, position, is_base
        FROM listeners.playback_checkpoints
        WHERE listener_id = %(listener_id)s AND is_base ORDER BY chapter_id
        """,
        {"listener_id": listener_id},
    )
    return [(row[0], _checkpoint(*row[1:])) for row in rows]


def replace(tx: Tx[Listeners], *, checkpoints: Mapping[Chapter, Checkpoint], every: bool) -> None:
    """Store one base for each of these chapters, in place of all its earlier checkpoints.

    ``every`` deletes the later ones as well: they were folded without this base.
    """
    tx.execute(
        """
        DELETE FROM listeners.playback_checkpoints k
        USING unnest(%(listener_ids)s::uuid[], %(chapter_ids)s::text[],
                     %(times)s::timestamptz[], %(action_ids)s::uuid[])
            AS w (listener_id, chapter_id, effective_at, action_id)
        WHERE k.listener_id = w.listener_id AND k.chapter_id = w.chapter_id
          AND (%(every)s OR k.is_base
               OR (k.effective_at, k.action_id) <= (w.effective_at, w.action_id))
        """,
        {
            "listener_ids": [chapter[0] for chapter in checkpoints],
            "chapter_ids": [chapter[1] for chapter in checkpoints],
            "times": [each.at[0] for each in checkpoints.values()],
            "action_ids": [each.at[1] for each in checkpoints.values()],
            "every": every,
        },
    )
    save(tx, checkpoints=checkpoints)


def _checkpoint(at: datetime, action_id: UUID, position: object, is_base: bool) -> Checkpoint:
    folded = None if position is None else msgspec.convert(position, Position)
    return Checkpoint((at, action_id), folded, is_base)


def save(tx: Tx[Listeners], *, checkpoints: Mapping[Chapter, Checkpoint]) -> int:
    """Store checkpoints; returns the number of new ones."""
    return tx.execute(
        """
        INSERT INTO listeners.playback_checkpoints
          (listener_id, chapter_id, effective_at, action_id, position, is_base)
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::jsonb[],
                             %s::boolean[])
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
            [each.is_base for each in checkpoints.values()],
        ],
    )


def forget(tx: Tx[Listeners], *, listener_id: ListenerId, device_id: str) -> None:
    """Delete a listener's checkpoints, as they may name a device that is deleted.

    Bases stay, without the device.
    """
    params = {"listener_id": listener_id, "device_id": device_id}
    tx.execute(
        """
        DELETE FROM listeners.playback_checkpoints
        WHERE listener_id = %(listener_id)s AND NOT is_base
        """,
        params,
    )
    tx.execute(
        """
        UPDATE listeners.playback_checkpoints
        SET position = jsonb_set(position, '{device_id}', 'null')
        WHERE listener_id = %(listener_id)s AND position->>'device_id' = %(device_id)s::text
        """,
        params,
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
