"""Cursors of the change feed: given out in the order of commits."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from wavehouse.kernel.ids import ListenerId
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """A session that writes on these devices, and the first cursor that it was given."""

    session: bytes
    listener_id: ListenerId
    before: int
    device_ids: list[str]


@dataclass(frozen=True, slots=True)
class Served:
    """The cursor that a session was last given; whether something foreign landed since."""

    cursor: int
    foreign: bool


def keep_served_cursors(tx: Tx[Listeners], *, given: Mapping[bytes, int]) -> None:
    """Remember the cursors that sessions are given."""
    tx.execute(
        """
        UPDATE listeners.login_sessions s SET served_cursor = w.cursor
        FROM unnest(%(sessions)s::bytea[], %(cursors)s::bigint[]) AS w (session, cursor)
        WHERE s.token_hash = w.session
        """,
        {"sessions": list(given), "cursors": list(given.values())},
    )


def take_cursors(
    tx: Tx[Listeners], *, counts: Mapping[ListenerId, int], now: int
) -> dict[ListenerId, int]:
    """P17, P20: so many cursors of each listener who is there, the last of which is returned.

    Other writers of these listeners wait for the end, and so does who erases one; in the order of
    ids, so nobody for each other.
    """
    rows = tx.tuples(
        """
        INSERT INTO listeners.listener_sync AS s (listener_id, seq)
        SELECT w.listener_id, %(now)s::bigint + w.count - 1
        FROM unnest(%(listener_ids)s::uuid[], %(counts)s::bigint[]) AS w (listener_id, count)
          JOIN listeners.listeners l ON l.listener_id = w.listener_id
        ORDER BY w.listener_id FOR KEY SHARE OF l
        ON CONFLICT (listener_id) DO UPDATE
        SET seq = greatest(s.seq + 1, %(now)s::bigint) + excluded.seq - %(now)s::bigint
        RETURNING listener_id, seq
        """,
        {"listener_ids": list(counts), "counts": list(counts.values()), "now": now},
    )
    return {row[0]: row[1] for row in rows}


def served(tx: Tx[Listeners], *, asked: Sequence[Asked]) -> Callable[[], dict[bytes, Served]]:
    """P19: by session, its last cursor, and whether another device changed something since."""
    # CASE, as behind row security an index is not searched by what coalesce() gives.
    rows = tx.tuples(
        """
        SELECT w.session, coalesce(s.served_cursor, 0), EXISTS (
          SELECT FROM listeners.playback_actions a
          WHERE a.listener_id = w.listener_id AND a.seq < w.before
            AND a.seq > CASE WHEN s.served_cursor IS NULL THEN 0 ELSE s.served_cursor END
            AND (a.device_id IS NULL OR a.device_id <> ALL (w.device_ids)))
        FROM json_to_recordset(%s::json)
            AS w (session text, listener_id uuid, before bigint, device_ids text[])
          LEFT JOIN listeners.login_sessions s ON s.token_hash = decode(w.session, 'base64')
        """,
        [msgspec.json.encode(asked).decode()],
    )
    return lambda: {b64decode(row[0]): Served(row[1], row[2]) for row in rows}


def current_cursor(tx: Tx[Listeners], *, listener_id: ListenerId) -> int:
    """The last cursor that was given out; 0 when none was."""
    return int(
        tx.value(
            """
            SELECT coalesce(max(seq), 0) FROM listeners.listener_sync
            WHERE listener_id = %(listener_id)s
            """,
            {"listener_id": listener_id},
        )
    )
