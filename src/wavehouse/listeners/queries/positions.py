"""Media items, actions, and the positions derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners.types import (
    Action,
    Change,
    ResumePolicy,
    StoredPosition,
)
from wavehouse.store import Listeners, Tx


@dataclass(frozen=True, slots=True)
class Resuming:
    """The inputs for resuming: position, device name, and the requesting device's own position."""

    position: StoredPosition
    policy: ResumePolicy
    device_name: str | None
    own_ms: int | None


def resuming(
    tx: Tx[Listeners], *, asked: Sequence[tuple[ListenerId, str, str | None]]
) -> list[Resuming | None]:
    """The inputs for resuming a chapter, per listener, chapter and device. None: no position."""
    rows = tx.tuples(
        """
        SELECT w.place, l.resume_policy, d.name, o.position_ms, p.chapter_id, p.position_ms,
               p.duration_ms, p.duration_changed, p.furthest_ms, p.state, p.finished_at,
               p.finished_count, p.version, p.seq, p.effective_at, p.action_id, p.device_id,
               p.updated_at
        FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY
            AS w (listener_id, chapter_id, device_id, place)
          JOIN listeners.playback_positions p
            ON p.listener_id = w.listener_id AND p.chapter_id = w.chapter_id
          JOIN listeners.listeners l ON l.listener_id = w.listener_id
          LEFT JOIN listeners.devices d
            ON d.listener_id = w.listener_id AND d.device_id = p.device_id
          LEFT JOIN listeners.playback_device_positions o
            ON o.listener_id = w.listener_id AND o.chapter_id = w.chapter_id
              AND o.device_id = w.device_id
        WHERE p.deleted_at IS NULL
        """,
        [list(column) for column in zip(*asked, strict=True)],
    )
    resumptions: list[Resuming | None] = [None] * len(asked)
    for index, policy, name, own_ms, *position in rows:
        resumptions[index - 1] = Resuming(
            StoredPosition(*position), ResumePolicy(policy), name, own_ms
        )
    return resumptions


def resume_policy(tx: Tx[Listeners], *, listener_id: ListenerId) -> ResumePolicy:
    """The listener's preference for resuming (P8)."""
    return ResumePolicy(
        tx.value(
            "SELECT resume_policy FROM listeners.listeners WHERE listener_id = %(listener_id)s",
            {"listener_id": listener_id},
        )
    )


def set_resume_policy(tx: Tx[Listeners], *, listener_id: ListenerId, policy: ResumePolicy) -> None:
    """Store the listener's preference for resuming (P8)."""
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
    """Hide a position while its tombstone is the winning action."""
    tx.execute(
        """
        UPDATE listeners.playback_positions SET deleted_at = %(at)s
        WHERE listener_id = %(listener_id)s AND chapter_id = %(chapter_id)s
          AND action_id = %(action_id)s
        """,
        {"listener_id": listener_id, "chapter_id": chapter_id, "action_id": action_id, "at": at},
    )


def actions_of(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_ids: Sequence[str]
) -> list[tuple[str, Action]]:
    """Every action of some chapters that can affect a position, with its chapter."""
    rows = tx.tuples(
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


def positions(
    tx: Tx[Listeners], *, listener_id: ListenerId, chapter_ids: Sequence[str] | None = None
) -> list[StoredPosition]:
    """A listener's current rows, for all chapters or some, by cursor."""
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


def changes(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    after: int,
    limit: int,
    podcast_url: str | None = None,
    device_id: str | None = None,
    is_gpodder: bool = False,
) -> list[Change]:
    """Actions after a cursor, in commit order (P17, P18).

    Of a device's progress within five seconds only the last is included (P33). For gpodder apps,
    which trust the newest action, guarded actions (P9) and chapters without an address are left
    out.
    """
    return tx.rows(
        Change,
        """
        SELECT a.seq, a.action_id, a.chapter_id, m.podcast_url, m.episode_url, m.guid, a.kind,
               a.position_ms, a.started_ms, a.duration_ms, a.occurred_at, a.device_id,
               p.position_ms AS chapter_position_ms, p.duration_ms AS chapter_duration_ms
        FROM listeners.playback_actions a
          JOIN listeners.chapters m
            ON m.listener_id = a.listener_id AND m.chapter_id = a.chapter_id
          LEFT JOIN listeners.playback_positions p
            ON p.listener_id = a.listener_id AND p.chapter_id = a.chapter_id
        WHERE a.listener_id = %(listener_id)s AND a.seq > %(after)s
          AND (%(podcast_url)s::text IS NULL OR m.podcast_url = %(podcast_url)s)
          AND (%(device_id)s::text IS NULL OR a.device_id = %(device_id)s)
          AND (NOT %(is_gpodder)s::boolean
               OR (a.status <> 'guarded' AND m.episode_url IS NOT NULL))
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
            "is_gpodder": is_gpodder,
        },
    )


def winners(
    tx: Tx[Listeners], *, listener_id: ListenerId, is_gpodder: bool = False
) -> list[Change]:
    """P22: the current state as one action for each chapter: a play, or a finish."""
    return tx.rows(
        Change,
        """
        SELECT p.seq, p.action_id, p.chapter_id, m.podcast_url, m.episode_url, m.guid,
               CASE WHEN p.state = 'finished' THEN 'finish' ELSE 'play' END AS kind,
               p.position_ms, NULL::bigint AS started_ms, p.duration_ms,
               p.effective_at AS occurred_at, p.device_id,
               p.position_ms AS chapter_position_ms, p.duration_ms AS chapter_duration_ms
        FROM listeners.playback_positions p
          JOIN listeners.chapters m
            ON m.listener_id = p.listener_id AND m.chapter_id = p.chapter_id
        WHERE p.listener_id = %(listener_id)s AND p.deleted_at IS NULL
          AND (NOT %(is_gpodder)s::boolean OR m.episode_url IS NOT NULL)
        ORDER BY p.seq
        """,
        {"listener_id": listener_id, "is_gpodder": is_gpodder},
    )
