"""SQL for learners, sessions and preferences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.types import Session
from wavehouse.store import Learning, Tx


def insert_learner(
    tx: Tx[Learning], *, organization_id: OrganizationId, learner_id: UUID, account_id: str | None
) -> bool:
    """Store a learner; False when the account already has one in the organization."""
    return bool(
        tx.execute(
            """
            INSERT INTO learning.learners (learner_id, organization_id, kind, account_id)
            VALUES (%(learner_id)s, %(organization_id)s,
                    CASE WHEN %(account_id)s::text IS NULL THEN 'anonymous' ELSE 'account' END,
                    %(account_id)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "learner_id": learner_id,
                "organization_id": organization_id,
                "account_id": account_id,
            },
        )
    )


def learner_of(tx: Tx[Learning], *, account_id: str) -> UUID | None:
    """The learner of an account, locked."""
    value: UUID | None = tx.value(
        "SELECT learner_id FROM learning.learners WHERE account_id = %(account_id)s FOR UPDATE",
        {"account_id": account_id},
    )
    return value


def delete_learner(tx: Tx[Learning], *, learner_id: UUID) -> bool:
    """Delete a learner with sessions, events, counters and recommendations (cascades)."""
    return bool(
        tx.execute(
            "DELETE FROM learning.learners WHERE learner_id = %(learner_id)s",
            {"learner_id": learner_id},
        )
    )


def set_understanding(tx: Tx[Learning], *, learner_id: UUID, understanding: float) -> None:
    """Set how much the learner wants to understand."""
    tx.execute(
        """
        UPDATE learning.learners SET desired_understanding = %(understanding)s
        WHERE learner_id = %(learner_id)s
        """,
        {"learner_id": learner_id, "understanding": round(understanding, 2)},
    )


def insert_session(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    session_id: str,
    learner_id: UUID,
    at: datetime,
) -> bool:
    """Start a session; False when the id is in use, here or in another organization."""
    return bool(
        tx.execute(
            """
            INSERT INTO learning.sessions
              (id, organization_id, learner_id, started_at, last_activity_at)
            VALUES (%(session_id)s, %(organization_id)s, %(learner_id)s, %(at)s, %(at)s)
            ON CONFLICT (id) DO NOTHING
            """,
            {
                "session_id": session_id,
                "organization_id": organization_id,
                "learner_id": learner_id,
                "at": at,
            },
        )
    )


def session(tx: Tx[Learning], *, session_id: str) -> Session | None:
    """A session of the organization."""
    return tx.maybe(
        Session,
        """
        SELECT s.id AS session_id, s.learner_id, l.account_id, s.started_at, s.last_activity_at,
               s.content_ids, s.current_content_id, s.total_listening_time AS listening_seconds,
               s.ended_at, s.archived_at
        FROM learning.sessions s JOIN learning.learners l ON l.learner_id = s.learner_id
        WHERE s.id = %(session_id)s
        """,
        {"session_id": session_id},
    )


def lock_session(tx: Tx[Learning], *, session_id: str) -> Session | None:
    """A session of the organization, locked, so that its batches are processed one by one."""
    return tx.maybe(
        Session,
        """
        SELECT s.id AS session_id, s.learner_id, l.account_id, s.started_at, s.last_activity_at,
               s.content_ids, s.current_content_id, s.total_listening_time AS listening_seconds,
               s.ended_at, s.archived_at
        FROM learning.sessions s JOIN learning.learners l ON l.learner_id = s.learner_id
        WHERE s.id = %(session_id)s FOR NO KEY UPDATE OF s
        """,
        {"session_id": session_id},
    )


def sessions_of(tx: Tx[Learning], *, learner_id: UUID) -> list[str]:
    """The sessions of a learner, oldest first."""
    return tx.values(
        """
        SELECT id FROM learning.sessions WHERE learner_id = %(learner_id)s ORDER BY started_at, id
        """,
        {"learner_id": learner_id},
    )


def move_session(tx: Tx[Learning], *, session_id: str, learner_id: UUID) -> None:
    """Move a session to another learner."""
    tx.execute(
        "UPDATE learning.sessions SET learner_id = %(learner_id)s WHERE id = %(session_id)s",
        {"learner_id": learner_id, "session_id": session_id},
    )


def delete_session(tx: Tx[Learning], *, session_id: str) -> None:
    """Delete a session with its events and likes (cascades)."""
    tx.execute(
        "DELETE FROM learning.sessions WHERE id = %(session_id)s", {"session_id": session_id}
    )


def end_session(tx: Tx[Learning], *, session_id: str, at: datetime, archive: bool) -> None:
    """Mark a session as ended, and optionally as archived."""
    tx.execute(
        """
        UPDATE learning.sessions SET
          ended_at = coalesce(ended_at, %(at)s),
          archived_at = CASE WHEN %(archive)s THEN coalesce(archived_at, %(at)s)
                             ELSE archived_at END
        WHERE id = %(session_id)s
        """,
        {"session_id": session_id, "at": at, "archive": archive},
    )


def idle_sessions(tx: Tx[Learning], *, before: datetime, limit: int) -> list[str]:
    """Sessions that are not archived and had no activity since a time, longest idle first."""
    return tx.values(
        """
        SELECT id FROM learning.sessions
        WHERE archived_at IS NULL AND last_activity_at < %(before)s AND learner_id IS NOT NULL
        ORDER BY last_activity_at, id LIMIT %(limit)s
        """,
        {"before": before, "limit": limit},
    )


def organizations_with_idle(tx: Tx[Learning], *, before: datetime) -> list[OrganizationId]:
    """Organizations with such sessions."""
    return tx.values(
        """
        SELECT DISTINCT organization_id FROM learning.sessions
        WHERE archived_at IS NULL AND last_activity_at < %(before)s AND learner_id IS NOT NULL
        """,
        {"before": before},
    )


def derive_session(tx: Tx[Learning], *, session_id: str) -> None:
    """Compute a session's counters from its items."""
    tx.execute(
        """
        UPDATE learning.sessions s SET
          content_ids = d.ids,
          current_content_id = d.current,
          total_listening_time = d.seconds,
          last_activity_at = greatest(s.started_at, d.last_at)
        FROM (
          SELECT coalesce(array_agg(content_id ORDER BY first_at, content_id), '{}') AS ids,
                 (array_agg(content_id ORDER BY last_at DESC, content_id)
                    FILTER (WHERE NOT closed))[1] AS current,
                 coalesce(round(sum(seconds)), 0)::integer AS seconds,
                 max(last_at) AS last_at
          FROM learning.session_items WHERE session_id = %(session_id)s
        ) d
        WHERE s.id = %(session_id)s
        """,
        {"session_id": session_id},
    )


@dataclass(frozen=True, slots=True)
class StoredPreferences:
    """A row of preferences with the learner's desired understanding."""

    difficulty_preference: str | None
    preferred_formats: list[str] | None
    preferred_genres: list[str] | None
    playback_speed: float | None
    auto_play: bool | None
    understanding: float


def preferences(tx: Tx[Learning], *, learner_id: UUID) -> StoredPreferences | None:
    """A learner's preferences, otherwise those of the session; None without a learner."""
    return tx.maybe(
        StoredPreferences,
        """
        SELECT p.difficulty_preference, p.preferred_formats, p.preferred_genres,
               p.playback_speed::float8 AS playback_speed, p.auto_play,
               l.desired_understanding::float8 AS understanding
        FROM learning.learners l
        LEFT JOIN LATERAL (
          SELECT * FROM learning.user_preferences p
          WHERE p.id = l.learner_id::text
             OR p.session_id IN
                (SELECT id FROM learning.sessions s WHERE s.learner_id = l.learner_id)
          ORDER BY p.id = l.learner_id::text DESC, p.last_updated DESC, p.id LIMIT 1
        ) p ON true
        WHERE l.learner_id = %(learner_id)s
        """,
        {"learner_id": learner_id},
    )


def save_preferences(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    preferences_id: str,
    session_id: str | None,
    values: dict[str, Any],
    at: datetime,
) -> bool:
    """Store preferences; False when another organization uses the id."""
    return bool(
        tx.value(
            """
            WITH updated AS (
              UPDATE learning.user_preferences SET
                difficulty_preference = %(difficulty)s, preferred_formats = %(formats)s,
                preferred_genres = %(genres)s, playback_speed = %(speed)s,
                auto_play = %(auto_play)s, last_updated = %(at)s, version = version + 1,
                session_id = coalesce(%(session_id)s, session_id)
              WHERE id = %(preferences_id)s RETURNING id
            ), inserted AS (
              INSERT INTO learning.user_preferences
                (id, organization_id, session_id, difficulty_preference, preferred_formats,
                 preferred_genres, playback_speed, auto_play, last_updated)
              SELECT %(preferences_id)s, %(organization_id)s, %(session_id)s, %(difficulty)s,
                     %(formats)s, %(genres)s, %(speed)s, %(auto_play)s, %(at)s
              WHERE NOT EXISTS (SELECT FROM updated)
              ON CONFLICT (id) DO NOTHING RETURNING id
            )
            SELECT EXISTS (SELECT FROM updated) OR EXISTS (SELECT FROM inserted)
            """,
            {
                **values,
                "organization_id": organization_id,
                "preferences_id": preferences_id,
                "session_id": session_id,
                "at": at,
            },
        )
    )


def delete_preferences(tx: Tx[Learning], *, preferences_id: str) -> None:
    """Delete the preferences with an id."""
    tx.execute("DELETE FROM learning.user_preferences WHERE id = %(id)s", {"id": preferences_id})
