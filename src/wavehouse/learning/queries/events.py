"""SQL for events, their outcomes, and likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.types import SessionItem
from wavehouse.store import Learning, Tx


def insert_events(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    session_id: str,
    rows: list[dict[str, Any]],
) -> set[str]:
    """Store events; returns the new ids. An id that is already in use is skipped."""
    return set(
        tx.values(
            """
            INSERT INTO learning.behavioral_events
              (id, organization_id, content_id, event_type, timestamp, playback_position,
               playback_position_percent, duration, session_id, content_characteristics,
               device_info, context)
            SELECT e.id, %(organization_id)s, e.content_id, e.event_type, e.at, e.position,
                   e.percent, e.duration, %(session_id)s, e.characteristics, e.device, e.context
            FROM jsonb_to_recordset(%(rows)s) AS e(id text, content_id text, event_type text,
              at timestamptz, position numeric, percent numeric, duration numeric,
              characteristics jsonb, device jsonb, context jsonb)
            ON CONFLICT (id) DO NOTHING
            RETURNING id
            """,
            {
                "organization_id": organization_id,
                "session_id": session_id,
                "rows": Jsonb(rows),
            },
        )
    )


def stored_ids(tx: Tx[Learning], *, session_id: str, event_ids: Sequence[str]) -> set[str]:
    """The ids among these that the session already has."""
    return set(
        tx.values(
            """
            SELECT id FROM learning.behavioral_events
            WHERE id = ANY (%(ids)s) AND session_id = %(session_id)s
            """,
            {"ids": list(event_ids), "session_id": session_id},
        )
    )


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A stored event, with the facts of its content at that time."""

    id: str
    content_id: str
    event_type: str
    timestamp: datetime
    position: float
    characteristics: dict[str, Any]
    context: dict[str, Any] | None


def events(tx: Tx[Learning], *, session_id: str, content_ids: Sequence[str]) -> list[StoredEvent]:
    """The events of pieces in a session, by piece, time and id."""
    return tx.rows(
        StoredEvent,
        """
        SELECT id, content_id, event_type, timestamp, playback_position::float8 AS position,
               content_characteristics AS characteristics, context
        FROM learning.behavioral_events
        WHERE session_id = %(session_id)s AND content_id = ANY (%(content_ids)s)
        ORDER BY content_id, timestamp, id
        """,
        {"session_id": session_id, "content_ids": list(content_ids)},
    )


def touched(tx: Tx[Learning], *, session_id: str) -> list[str]:
    """The pieces with events in a session."""
    return tx.values(
        """
        SELECT DISTINCT content_id FROM learning.behavioral_events
        WHERE session_id = %(session_id)s ORDER BY content_id
        """,
        {"session_id": session_id},
    )


def items(
    tx: Tx[Learning], *, session_id: str, content_ids: Sequence[str] | None = None
) -> dict[str, SessionItem]:
    """The results of a session's pieces, by content."""
    rows = tx.rows(
        SessionItem,
        """
        SELECT session_id, content_id, first_at, last_at, seconds::float8 AS seconds,
               heard::float8 AS heard, replays, liked, closed, outcome AS kind,
               difficulty::float8 AS difficulty, features
        FROM learning.session_items
        WHERE session_id = %(session_id)s
          AND (%(content_ids)s::text[] IS NULL OR content_id = ANY (%(content_ids)s))
        """,
        {
            "session_id": session_id,
            "content_ids": None if content_ids is None else list(content_ids),
        },
    )
    return {row.content_id: row for row in rows}


def outcomes_of(tx: Tx[Learning], *, learner_id: UUID) -> list[SessionItem]:
    """A learner's closed items in the order of their last event."""
    return tx.rows(
        SessionItem,
        """
        SELECT i.session_id, i.content_id, i.first_at, i.last_at, i.seconds::float8 AS seconds,
               i.heard::float8 AS heard, i.replays, i.liked, i.closed, i.outcome AS kind,
               i.difficulty::float8 AS difficulty, i.features
        FROM learning.session_items i JOIN learning.sessions s ON s.id = i.session_id
        WHERE s.learner_id = %(learner_id)s AND i.closed AND i.outcome IS NOT NULL
        ORDER BY i.last_at, i.session_id, i.content_id
        """,
        {"learner_id": learner_id},
    )


def save_items(
    tx: Tx[Learning], *, organization_id: OrganizationId, items: Sequence[SessionItem]
) -> None:
    """Store the results of pieces."""
    tx.execute_many(
        """
        INSERT INTO learning.session_items
          (session_id, content_id, organization_id, first_at, last_at, seconds, heard, replays,
           liked, closed, outcome, difficulty, features)
        VALUES (%(session_id)s, %(content_id)s, %(organization_id)s, %(first_at)s, %(last_at)s,
                %(seconds)s, %(heard)s, %(replays)s, %(liked)s, %(closed)s, %(kind)s,
                %(difficulty)s, %(features)s)
        ON CONFLICT (session_id, content_id) DO UPDATE SET
          first_at = excluded.first_at, last_at = excluded.last_at, seconds = excluded.seconds,
          heard = excluded.heard, replays = excluded.replays, liked = excluded.liked,
          closed = excluded.closed, outcome = excluded.outcome,
          difficulty = excluded.difficulty, features = excluded.features
        """,
        [
            {
                "session_id": item.session_id,
                "content_id": item.content_id,
                "organization_id": organization_id,
                "first_at": item.first_at,
                "last_at": item.last_at,
                "seconds": item.seconds,
                "heard": item.heard,
                "replays": item.replays,
                "liked": item.liked,
                "closed": item.closed,
                "kind": item.kind,
                "difficulty": item.difficulty,
                "features": list(item.features),
            }
            for item in items
        ],
    )


def derive_likes(tx: Tx[Learning], *, session_id: str, content_ids: Sequence[str]) -> None:
    """Compute the likes of pieces in a session from their like and unlike events."""
    tx.execute(
        """
        INSERT INTO learning.like_engagement
          (content_id, session_id, organization_id, liked, liked_at, unliked_at, reaction_type,
           content_characteristics)
        SELECT content_id, session_id, organization_id, last.event_type = 'like',
               liked_at, CASE WHEN last.event_type = 'unlike' THEN last.timestamp END, 'like',
               last.content_characteristics
        FROM (
          SELECT DISTINCT ON (content_id) content_id, session_id, organization_id, event_type,
                 timestamp, content_characteristics,
                 max(timestamp) FILTER (WHERE event_type = 'like')
                   OVER (PARTITION BY content_id) AS liked_at
          FROM learning.behavioral_events
          WHERE session_id = %(session_id)s AND content_id = ANY (%(content_ids)s)
            AND event_type IN ('like', 'unlike')
          ORDER BY content_id, timestamp DESC, id DESC
        ) last
        ON CONFLICT (content_id, session_id) DO UPDATE SET
          liked = excluded.liked, liked_at = excluded.liked_at, unliked_at = excluded.unliked_at
        """,
        {"session_id": session_id, "content_ids": list(content_ids)},
    )


def organizations_at_work(tx: Tx[Learning], *, since: datetime) -> list[OrganizationId]:
    """Organizations with open pieces, or pieces changed since a given time."""
    return tx.values(
        """
        SELECT organization_id FROM learning.session_items WHERE NOT closed
        UNION SELECT organization_id FROM learning.session_items WHERE updated_at >= %(since)s
        """,
        {"since": since},
    )


def left(tx: Tx[Learning], *, before: datetime, learner_id: UUID | None, limit: int) -> list[str]:
    """Sessions with open pieces and no event since a given time; of one learner, or all."""
    return tx.values(
        """
        SELECT s.id FROM learning.session_items i JOIN learning.sessions s ON s.id = i.session_id
        WHERE NOT i.closed AND i.last_at <= %(before)s
          AND (%(learner_id)s::uuid IS NULL OR s.learner_id = %(learner_id)s)
        GROUP BY s.id ORDER BY min(i.last_at), s.id LIMIT %(limit)s
        """,
        {"before": before, "learner_id": learner_id, "limit": limit},
    )
