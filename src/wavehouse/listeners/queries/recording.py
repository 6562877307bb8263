"""Reads and writes of recording, for the chapters of several listeners at once.

Rows are sent as one JSON text, so any number of them costs one statement. Queries within
``tx.together()`` share one round trip: each function returns a callable that yields its result
afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.types import Action, NewAction, Position, Status, StoredPosition
from wavehouse.store import Listeners, Tx

Said = tuple[ListenerId, ActionId]


@dataclass(frozen=True, slots=True)
class NewRow:
    """An action to log: its effective time, its skew, its hash and its cursor."""

    listener_id: ListenerId
    action: NewAction
    effective_at: datetime
    clock_skewed: bool
    body_hash: bytes
    seq: int


def current_rows(
    tx: Tx[Listeners], *, chapters: Sequence[Chapter]
) -> Callable[[], dict[Chapter, StoredPosition]]:
    """The existing rows of these chapters."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.chapter_id, p.position_ms, p.duration_ms, p.duration_changed,
               p.furthest_ms, p.state, p.finished_at, p.finished_count, p.version, p.seq,
               p.effective_at, p.action_id, p.device_id, p.updated_at
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        CROSS JOIN LATERAL (
          SELECT * FROM listeners.playback_positions
          WHERE listener_id = w.listener_id AND chapter_id = w.chapter_id LIMIT 1) p
        WHERE p.deleted_at IS NULL
        """,
        _columns(chapters),
    )
    return lambda: {(row[0], row[1]): StoredPosition(*row[1:]) for row in rows}


def known_actions(
    tx: Tx[Listeners], *, actions: Sequence[Said]
) -> Callable[[], dict[Said, tuple[str, bytes]]]:
    """The stored ones among these actions, with chapter and body hash (P13)."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.action_id, a.chapter_id, a.body_hash
        FROM unnest(%s::uuid[], %s::uuid[]) AS w (listener_id, action_id)
        CROSS JOIN LATERAL (
          SELECT chapter_id, body_hash FROM listeners.playback_actions
          WHERE listener_id = w.listener_id AND action_id = w.action_id LIMIT 1) a
        """,
        _columns(actions),
    )
    return lambda: {(row[0], row[1]): (row[2], bytes(row[3])) for row in rows}


def newest_actions(
    tx: Tx[Listeners], *, chapters: Sequence[Chapter]
) -> Callable[[], dict[Chapter, tuple[datetime, UUID]]]:
    """Effective time and id of each chapter's last action: later actions need no history."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.chapter_id, a.effective_at, a.action_id
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        CROSS JOIN LATERAL (
          SELECT effective_at, action_id FROM listeners.playback_actions
          WHERE listener_id = w.listener_id AND chapter_id = w.chapter_id
          ORDER BY effective_at DESC, action_id DESC LIMIT 1) a
        """,
        _columns(chapters),
    )
    return lambda: {(row[0], row[1]): (row[2], row[3]) for row in rows}


def histories(tx: Tx[Listeners], *, chapters: Sequence[Chapter]) -> dict[Chapter, list[Action]]:
    """Every action of some chapters that can affect a position."""
    rows = tx.tuples(
        """
        SELECT a.listener_id, a.chapter_id, a.action_id, a.kind, a.position_ms, a.started_ms,
               a.duration_ms, a.effective_at, a.device_id, a.seen_action_id, a.clock_skewed
        FROM unnest(%s::uuid[], %s::text[]) AS w (listener_id, chapter_id)
        JOIN listeners.playback_actions a
          ON a.listener_id = w.listener_id AND a.chapter_id = w.chapter_id
        WHERE a.kind NOT IN ('download', 'delete', 'new', 'flattr')
        """,
        _columns(chapters),
    )
    actions: dict[Chapter, list[Action]] = defaultdict(list)
    for row in rows:
        actions[row[0], row[1]].append(Action(ActionId(row[2]), *row[3:]))
    return actions


def insert_actions(
    tx: Tx[Listeners], *, received_at: datetime, rows: Sequence[tuple[NewRow, Status]]
) -> None:
    """Log actions, each with its result."""
    tx.execute(
        """
        INSERT INTO listeners.playback_actions
          (listener_id, action_id, chapter_id, device_id, kind, position_ms, started_ms,
           duration_ms, occurred_at, sent_at, received_at, effective_at, clock_skewed,
           seen_action_id, status, body_hash, seq)
        SELECT r.listener_id, r.action_id, r.chapter_id, r.device_id, r.kind, r.position_ms,
               r.started_ms, r.duration_ms, coalesce(r.occurred_at, %(received_at)s), r.sent_at,
               %(received_at)s, r.effective_at, r.clock_skewed, r.seen, r.status,
               decode(r.body_hash, 'base64'), r.seq
        FROM json_to_recordset(%(rows)s::json) AS r (
          listener_id uuid, action_id uuid, chapter_id text, device_id text, kind text,
          position_ms bigint, started_ms bigint, duration_ms bigint, occurred_at timestamptz,
          sent_at timestamptz, effective_at timestamptz, clock_skewed boolean, seen uuid,
          status text, body_hash text, seq bigint)
        """,
        {
            "received_at": received_at,
            "rows": _json(
                [
                    {
                        "listener_id": row.listener_id,
                        "action_id": row.action.action_id,
                        "chapter_id": row.action.chapter_id,
                        "device_id": row.action.device_id,
                        "kind": row.action.kind,
                        "position_ms": row.action.position_ms,
                        "started_ms": row.action.started_ms,
                        "duration_ms": row.action.duration_ms,
                        "occurred_at": row.action.occurred_at,
                        "sent_at": row.action.sent_at,
                        "effective_at": row.effective_at,
                        "clock_skewed": row.clock_skewed,
                        "seen": row.action.seen,
                        "status": status,
                        "body_hash": row.body_hash,
                        "seq": row.seq,
                    }
                    for row, status in rows
                ]
            ),
        },
    )


def save_positions(
    tx: Tx[Listeners], *, rows: Sequence[tuple[Chapter, Position, int]]
) -> Callable[[], dict[Chapter, int]]:
    """Update rows to their folded positions: chapter, position, cursor (P1); each chapter once.

    Returns their new versions.
    """
    saved = tx.tuples(
        """
        INSERT INTO listeners.playback_positions AS p
          (listener_id, chapter_id, position_ms, duration_ms, duration_changed, furthest_ms,
           state, finished_at, finished_count, seq, effective_at, action_id, device_id)
        SELECT r.listener_id, r.chapter_id, r.position_ms, r.duration_ms, r.duration_changed,
               r.furthest_ms, r.state, r.finished_at, r.finished_count, r.seq, r.effective_at,
               r.action_id, r.device_id
        FROM json_to_recordset(%s::json) AS r (
          listener_id uuid, chapter_id text, position_ms bigint, duration_ms bigint,
          duration_changed boolean, furthest_ms bigint, state text, finished_at timestamptz,
          finished_count integer, seq bigint, effective_at timestamptz, action_id uuid,
          device_id text)
        ON CONFLICT (listener_id, chapter_id) DO UPDATE
        SET position_ms = excluded.position_ms, duration_ms = excluded.duration_ms,
            duration_changed = excluded.duration_changed, furthest_ms = excluded.furthest_ms,
            state = excluded.state, finished_at = excluded.finished_at,
            finished_count = excluded.finished_count, version = p.version + 1,
            seq = excluded.seq, effective_at = excluded.effective_at,
            action_id = excluded.action_id, device_id = excluded.device_id,
            deleted_at = CASE WHEN p.action_id = excluded.action_id THEN p.deleted_at END
        RETURNING listener_id, chapter_id, version
        """,
        [
            _json(
                [
                    {
                        "listener_id": listener_id,
                        "chapter_id": chapter_id,
                        "position_ms": position.position_ms,
                        "duration_ms": position.duration_ms,
                        "duration_changed": position.duration_changed,
                        "furthest_ms": position.furthest_ms,
                        "state": position.state.value,
                        "finished_at": position.finished_at,
                        "finished_count": position.finished_count,
                        "seq": seq,
                        "effective_at": position.effective_at,
                        "action_id": position.action_id,
                        "device_id": position.device_id,
                    }
                    for (listener_id, chapter_id), position, seq in rows
                ]
            )
        ],
    )
    return lambda: {(row[0], row[1]): row[2] for row in saved}


def save_device_positions(
    tx: Tx[Listeners], *, rows: Sequence[tuple[Chapter, str, int]], at: datetime
) -> None:
    """Save device positions: chapter, device, milliseconds; each pair once (P10)."""
    tx.execute(
        """
        INSERT INTO listeners.playback_device_positions AS d
          (listener_id, chapter_id, device_id, position_ms, seen_version, updated_at)
        SELECT r.listener_id, r.chapter_id, r.device_id, r.position_ms, coalesce(p.version, 0),
               %(at)s
        FROM json_to_recordset(%(rows)s::json)
            AS r (listener_id uuid, chapter_id text, device_id text, position_ms bigint)
          LEFT JOIN listeners.playback_positions p
            ON p.listener_id = r.listener_id AND p.chapter_id = r.chapter_id
        ON CONFLICT (listener_id, chapter_id, device_id) DO UPDATE
        SET position_ms = excluded.position_ms, seen_version = excluded.seen_version,
            updated_at = excluded.updated_at
        """,
        {
            "at": at,
            "rows": _json(
                [
                    {
                        "listener_id": listener_id,
                        "chapter_id": chapter_id,
                        "device_id": device_id,
                        "position_ms": position_ms,
                    }
                    for (listener_id, chapter_id), device_id, position_ms in rows
                ]
            ),
        },
    )


def _columns(pairs: Sequence[tuple[object, object]]) -> list[list[object]]:
    return [[first for first, _ in pairs], [other for _, other in pairs]]


def _json(rows: list[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()
