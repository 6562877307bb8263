"""Reads and writes of recording, for the chapters of several listeners at once.

Rows are sent as arrays or one JSON text, so any number of them costs one statement. Queries within
``tx.together()`` share one round trip: each function returns a callable that yields its result
afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.queries.chapters import Chapter
from wavehouse.listeners.types import (
    Action,
    Displaced,
    Episode,
    NewAction,
    Position,
    Status,
    StoredPosition,
)
from wavehouse.store import Listeners, Tx

Known = tuple[str, bytes]
_BACKSLASH, _QUOTE = "\\", '"'


class Entry(msgspec.Struct):
    """An action on its way into the log; recording fills in what it finds out, once.

    ``episode`` and ``chapter_id`` are those after moves and merges. ``is_valid`` is by P30;
    ``reason`` is why an action is rejected.
    """

    action: NewAction
    episode: Episode | None
    chapter_id: str
    effective_at: datetime
    clock_skewed: bool
    is_valid: bool
    reason: str
    seq: int
    status: Status = Status.APPLIED
    body_hash: bytes = b""
    displaced: Displaced | None = None


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
    tx: Tx[Listeners], *, actions: Mapping[ListenerId, Sequence[ActionId]]
) -> Callable[[], dict[ListenerId, dict[UUID, Known]]]:
    """The stored ones among these actions, with chapter and body hash (P13)."""
    rows = tx.tuples(
        """
        SELECT w.listener_id, w.action_id, a.chapter_id, a.body_hash
        FROM unnest(%s::uuid[], %s::uuid[]) AS w (listener_id, action_id)
        CROSS JOIN LATERAL (
          SELECT chapter_id, body_hash FROM listeners.playback_actions
          WHERE listener_id = w.listener_id AND action_id = w.action_id LIMIT 1) a
        """,
        [
            array([who.hex for who, ids in actions.items() for _ in ids]),
            array([f"{each.int:032x}" for ids in actions.values() for each in ids]),
        ],
    )

    def known() -> dict[ListenerId, dict[UUID, Known]]:
        stored: dict[ListenerId, dict[UUID, Known]] = {who: {} for who in actions}
        for who, action_id, chapter_id, body_hash in rows:
            stored[who][action_id] = (chapter_id, bytes(body_hash))
        return stored

    return known


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
    tx: Tx[Listeners], *, received_at: datetime, rows: Mapping[ListenerId, Sequence[Entry]]
) -> None:
    """Log actions, each with its result."""
    entries = [entry for each in rows.values() for entry in each]
    actions = [entry.action for entry in entries]
    names: dict[str, str] = {}
    tx.execute(
        """
        INSERT INTO listeners.playback_actions
          (listener_id, action_id, chapter_id, device_id, kind, position_ms, started_ms,
           duration_ms, occurred_at, sent_at, received_at, effective_at, clock_skewed,
           seen_action_id, status, body_hash, seq)
        SELECT r.listener_id, r.action_id, r.chapter_id, r.device_id, r.kind, r.position_ms,
               r.started_ms, r.duration_ms, coalesce(r.occurred_at, %s::timestamptz), r.sent_at,
               %s::timestamptz, r.effective_at, r.clock_skewed, r.seen, r.status, r.body_hash, r.seq
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                    %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
                    %s::timestamptz[], %s::boolean[], %s::uuid[], %s::text[], %s::bytea[],
                    %s::bigint[])
          AS r (listener_id, action_id, chapter_id, device_id, kind, position_ms, started_ms,
                duration_ms, occurred_at, sent_at, effective_at, clock_skewed, seen, status,
                body_hash, seq)
        """,
        [
            received_at,
            received_at,
            array([who.hex for who, each in rows.items() for _ in each]),
            array([f"{each.action_id.int:032x}" for each in actions]),
            array([_quoted(entry.chapter_id, names) for entry in entries]),
            array([_quoted(each.device_id, names) for each in actions]),
            array([each.kind for each in actions]),
            array([_number(each.position_ms) for each in actions]),
            array([_number(each.started_ms) for each in actions]),
            array([_number(each.duration_ms) for each in actions]),
            array([_time(each.occurred_at) for each in actions]),
            array([_time(each.sent_at) for each in actions]),
            array([_time(entry.effective_at) for entry in entries]),
            array(["t" if entry.clock_skewed else "f" for entry in entries]),
            array(["NULL" if each.seen is None else each.seen.hex for each in actions]),
            array([entry.status for entry in entries]),
            array([f'"\\\\x{entry.body_hash.hex()}"' for entry in entries]),
            array([str(entry.seq) for entry in entries]),
        ],
    )


def array(elements: Iterable[str]) -> str:
    """An array of PostgreSQL as text: psycopg converts element by element, which takes longer."""
    return f"{{{','.join(elements)}}}"


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _time(value: datetime | None) -> str:
    return "NULL" if value is None else f'"{value.isoformat()}"'


def _quoted(value: str | None, known: dict[str, str]) -> str:
    """A text as an array's element; each distinct text is quoted once."""
    if value is None:
        return "NULL"
    quoted = known.get(value)
    if quoted is None:
        escaped = value.replace(_BACKSLASH, _BACKSLASH * 2).replace(_QUOTE, _BACKSLASH + _QUOTE)
        quoted = known[value] = f'"{escaped}"'
    return quoted


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
