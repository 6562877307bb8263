"""Media items, actions, and the positions that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.types import (
    Action,
    Change,
    NewAction,
    Position,
    ResumePolicy,
    StoredPosition,
)
from wavehouse.store import Listeners, Tx


def save_device_positions(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    rows: Sequence[tuple[str, str, int]],
    at: datetime,
) -> None:
    """Where devices are in chapters: chapter, device, milliseconds (P10)."""
    tx.execute_many(
        """
        INSERT INTO listeners.playback_device_positions AS d
          (listener_id, chapter_id, device_id, position_ms, seen_version, updated_at)
        SELECT %(listener_id)s, %(chapter_id)s::text, %(device_id)s::text, %(position_ms)s,
          coalesce(
          (SELECT version FROM listeners.playback_positions
           WHERE listener_id = %(listener_id)s AND chapter_id = %(chapter_id)s::text), 0), %(at)s
        ON CONFLICT (listener_id, chapter_id, device_id) DO UPDATE
        SET position_ms = excluded.position_ms, seen_version = excluded.seen_version,
            updated_at = excluded.updated_at
        """,
        [
            {
                "listener_id": listener_id,
                "chapter_id": chapter_id,
                "device_id": device_id,
                "position_ms": position_ms,
                "at": at,
            }
            for chapter_id, device_id, position_ms in rows
        ],
    )


def device_position(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_id: str, device_id: str | None
) -> int | None:
    """Where a device was last in a chapter, in milliseconds; None when it never was."""
    found = tx.value(
        """
        SELECT position_ms FROM listeners.playback_device_positions
        WHERE listener_id = %(listener_id)s AND chapter_id = %(chapter_id)s
          AND device_id = %(device_id)s
        """,
        {"listener_id": listener_id, "chapter_id": chapter_id, "device_id": device_id},
    )
    return None if found is None else int(found)


def resume_policy(tx: Tx[Listeners], *, listener_id: ListenerId) -> ResumePolicy:
    """What a listener wants resuming to suggest (P8)."""
    return ResumePolicy(
        tx.value(
            "SELECT resume_policy FROM listeners.listeners WHERE listener_id = %(listener_id)s",
            {"listener_id": listener_id},
        )
    )


def set_resume_policy(tx: Tx[Listeners], *, listener_id: ListenerId, policy: ResumePolicy) -> None:
    """Keep what a listener wants (P8)."""
    tx.execute(
        """
        UPDATE listeners.listeners SET resume_policy = %(policy)s
        WHERE listener_id = %(listener_id)s
        """,
        {"listener_id": listener_id, "policy": policy.value},
    )


def mark_deleted(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    chapter_id: str,
    action_id: ActionId,
    at: datetime,
) -> None:
    """Hide a position while its tombstone is what won (P38)."""
    tx.execute(
        """
        UPDATE listeners.playback_positions SET deleted_at = %(at)s
        WHERE listener_id = %(listener_id)s AND chapter_id = %(chapter_id)s
          AND action_id = %(action_id)s
        """,
        {"listener_id": listener_id, "chapter_id": chapter_id, "action_id": action_id, "at": at},
    )


def known_actions(
    tx: Tx[Listeners], *, listener_id: ListenerId, action_ids: Sequence[ActionId]
) -> dict[UUID, bytes]:
    """Which of these actions are there, with the hash of what they said (P13)."""
    rows = tx.connection.execute(
        """
        SELECT action_id, body_hash FROM listeners.playback_actions
        WHERE listener_id = %(listener_id)s AND action_id = ANY(%(action_ids)s)
        """,
        {"listener_id": listener_id, "action_ids": list(action_ids)},
    )
    return {row[0]: bytes(row[1]) for row in rows}


def insert_actions(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    received_at: datetime,
    rows: Sequence[tuple[NewAction, datetime, bool, str, bytes, int]],
) -> None:
    """Log actions: each with when it counts as of, its skew, its status, its hash, its cursor."""
    tx.execute_many(
        """
        INSERT INTO listeners.playback_actions
          (listener_id, action_id, chapter_id, device_id, kind, position_ms, started_ms,
           duration_ms, occurred_at, sent_at, received_at, effective_at, clock_skewed,
           seen_action_id, status, body_hash, seq)
        VALUES (%(listener_id)s, %(action_id)s, %(chapter_id)s, %(device_id)s, %(kind)s,
                %(position_ms)s, %(started_ms)s, %(duration_ms)s, %(occurred_at)s, %(sent_at)s,
                %(received_at)s, %(effective_at)s, %(clock_skewed)s, %(seen)s, %(status)s,
                %(body_hash)s, %(seq)s)
        """,
        [
            {
                "listener_id": listener_id,
                "action_id": action.action_id,
                "chapter_id": action.chapter_id,
                "device_id": action.device_id,
                "kind": action.kind.value,
                "position_ms": action.position_ms,
                "started_ms": action.started_ms,
                "duration_ms": action.duration_ms,
                "occurred_at": action.occurred_at or received_at,
                "sent_at": action.sent_at,
                "received_at": received_at,
                "effective_at": effective_at,
                "clock_skewed": skewed,
                "seen": action.seen,
                "status": status,
                "body_hash": body_hash,
                "seq": seq,
            }
            for action, effective_at, skewed, status, body_hash, seq in rows
        ],
    )


def actions_of(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_ids: Sequence[str]
) -> list[tuple[str, Action]]:
    """Every action of some chapters that can touch a position, with its chapter."""
    rows = tx.connection.execute(
        """
        SELECT chapter_id, action_id, kind, position_ms, started_ms, duration_ms, effective_at,
               device_id, seen_action_id, clock_skewed
        FROM listeners.playback_actions
        WHERE listener_id = %(listener_id)s AND chapter_id = ANY(%(chapter_ids)s)
          AND kind NOT IN ('download', 'delete', 'new', 'flattr')
        """,
        {"listener_id": listener_id, "chapter_ids": list(chapter_ids)},
    )
    return [(row[0], Action(ActionId(row[1]), *row[2:])) for row in rows]


def newest_actions(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_ids: Sequence[str]
) -> dict[str, tuple[datetime, UUID]]:
    """When each chapter's last action counts as of, and its id: what is later needs no history."""
    rows = tx.connection.execute(
        """
        SELECT c.chapter_id, a.effective_at, a.action_id
        FROM unnest(%(chapter_ids)s::text[]) AS c (chapter_id)
        CROSS JOIN LATERAL (
          SELECT effective_at, action_id FROM listeners.playback_actions
          WHERE listener_id = %(listener_id)s AND chapter_id = c.chapter_id
          ORDER BY effective_at DESC, action_id DESC LIMIT 1) a
        """,
        {"listener_id": listener_id, "chapter_ids": list(chapter_ids)},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def positions(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_ids: Sequence[str] | None = None
) -> list[StoredPosition]:
    """A listener's current rows, all or those of some chapters, by cursor."""
    return tx.rows(
        StoredPosition,
        """
        SELECT chapter_id, position_ms, duration_ms, duration_changed, furthest_ms, state,
               finished_at, finished_count, version, seq, effective_at, action_id, device_id,
               updated_at
        FROM listeners.playback_positions
        WHERE listener_id = %(listener_id)s AND deleted_at IS NULL
          AND (%(chapter_ids)s::text[] IS NULL OR chapter_id = ANY(%(chapter_ids)s))
        ORDER BY seq
        """,
        {
            "listener_id": listener_id,
            "chapter_ids": None if chapter_ids is None else list(chapter_ids),
        },
    )


def save_positions(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    rows: Sequence[tuple[str, Position, int]],
) -> dict[str, int]:
    """Bring a listener's rows to what was folded: chapter, position, cursor (P1).

    Each chapter once; their new versions.
    """
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO listeners.playback_positions AS p
              (listener_id, chapter_id, position_ms, duration_ms, duration_changed, furthest_ms,
               state, finished_at, finished_count, seq, effective_at, action_id, device_id)
            VALUES (%(listener_id)s, %(chapter_id)s, %(position_ms)s, %(duration_ms)s, %(changed)s,
                    %(furthest_ms)s, %(state)s, %(finished_at)s, %(finished_count)s, %(seq)s,
                    %(effective_at)s, %(action_id)s, %(device_id)s)
            ON CONFLICT (listener_id, chapter_id) DO UPDATE
            SET position_ms = excluded.position_ms, duration_ms = excluded.duration_ms,
                duration_changed = excluded.duration_changed, furthest_ms = excluded.furthest_ms,
                state = excluded.state, finished_at = excluded.finished_at,
                finished_count = excluded.finished_count, version = p.version + 1,
                seq = excluded.seq, effective_at = excluded.effective_at,
                action_id = excluded.action_id, device_id = excluded.device_id,
                deleted_at = CASE WHEN p.action_id = excluded.action_id THEN p.deleted_at END
            RETURNING version
            """,
            [
                {
                    "listener_id": listener_id,
                    "chapter_id": chapter_id,
                    "position_ms": position.position_ms,
                    "duration_ms": position.duration_ms,
                    "changed": position.duration_changed,
                    "furthest_ms": position.furthest_ms,
                    "state": position.state.value,
                    "finished_at": position.finished_at,
                    "finished_count": position.finished_count,
                    "seq": seq,
                    "effective_at": position.effective_at,
                    "action_id": position.action_id,
                    "device_id": position.device_id,
                }
                for chapter_id, position, seq in rows
            ],
            returning=True,
        )
        versions = {}
        for chapter_id, _, _ in rows:
            ((versions[chapter_id],),) = cursor.fetchall()
            cursor.nextset()
        return versions


def changes(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    after: int,
    limit: int,
    podcast_url: str | None = None,
    device_id: str | None = None,
) -> list[Change]:
    """Actions after a cursor, in the order in which they were committed (P17, P18).

    Of progress that a device tells within five seconds the last is told (P33).
    """
    return tx.rows(
        Change,
        """
        SELECT a.seq, a.action_id, a.chapter_id, m.podcast_url, m.episode_url, m.guid, a.kind,
               a.position_ms, a.started_ms, a.duration_ms, a.occurred_at, a.device_id
        FROM listeners.playback_actions a JOIN listeners.media_items m USING (chapter_id)
        WHERE a.listener_id = %(listener_id)s AND a.seq > %(after)s
          AND (%(podcast_url)s::text IS NULL OR m.podcast_url = %(podcast_url)s)
          AND (%(device_id)s::text IS NULL OR a.device_id = %(device_id)s)
          AND (a.kind <> 'progress' OR NOT EXISTS (
            SELECT FROM listeners.playback_actions b
            WHERE b.listener_id = a.listener_id AND b.chapter_id = a.chapter_id
              AND b.kind = 'progress' AND b.device_id = a.device_id AND b.seq > a.seq
              AND b.effective_at >= a.effective_at
              AND b.effective_at < a.effective_at + interval '5 seconds'))
        ORDER BY a.seq LIMIT %(limit)s
        """,
        {
            "listener_id": listener_id,
            "after": after,
            "limit": limit,
            "podcast_url": podcast_url,
            "device_id": device_id,
        },
    )


def winners(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[Change]:
    """P22: the current state as one play for each chapter, whatever its history."""
    return tx.rows(
        Change,
        """
        SELECT p.seq, p.action_id, p.chapter_id, m.podcast_url, m.episode_url, m.guid,
               'play' AS kind, p.position_ms, NULL::bigint AS started_ms, p.duration_ms,
               p.effective_at AS occurred_at, p.device_id
        FROM listeners.playback_positions p JOIN listeners.media_items m USING (chapter_id)
        WHERE p.listener_id = %(listener_id)s AND p.deleted_at IS NULL ORDER BY p.seq
        """,
        {"listener_id": listener_id},
    )


def has_foreign_changes(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    after: int,
    before: int,
    device_ids: Sequence[str],
) -> bool:
    """P19: whether another device changed something between two cursors."""
    return bool(
        tx.value(
            """
            SELECT EXISTS (
              SELECT FROM listeners.playback_actions
              WHERE listener_id = %(listener_id)s AND seq > %(after)s AND seq < %(before)s
                AND (device_id IS NULL OR device_id <> ALL(%(device_ids)s)))
            """,
            {
                "listener_id": listener_id,
                "after": after,
                "before": before,
                "device_ids": list(device_ids),
            },
        )
    )
