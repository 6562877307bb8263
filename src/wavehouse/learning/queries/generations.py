"""SQL of generations: the pieces that learning asked the studio for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.learning.rules.estimating import Estimate
from wavehouse.learning.types import Generation, LiveGeneration
from wavehouse.store import Learning, Tx


def insert_generation(
    tx: Tx[Learning],
    *,
    organization_id: OrganizationId,
    generation_id: str,
    session_id: str,
    project_id: UUID,
    language: str,
    asked_difficulty: float,
    at: datetime,
) -> None:
    """Store a request for a piece."""
    tx.execute(
        """
        INSERT INTO learning.generation_status
          (generation_id, organization_id, session_id, status, project_id, language,
           asked_difficulty, started_at)
        VALUES (%(generation_id)s, %(organization_id)s, %(session_id)s, 'generating',
          %(project_id)s, %(language)s, %(asked_difficulty)s, %(at)s)
        """,
        {
            "generation_id": generation_id,
            "organization_id": organization_id,
            "session_id": session_id,
            "project_id": project_id,
            "language": language,
            "asked_difficulty": asked_difficulty,
            "at": at,
        },
    )


def lock_learner(tx: Tx[Learning], *, learner_id: UUID) -> None:
    """Lock a learner, so that two sessions do not ask concurrently."""
    tx.execute(
        "SELECT FROM learning.learners WHERE learner_id = %(learner_id)s FOR NO KEY UPDATE",
        {"learner_id": learner_id},
    )


def generation(tx: Tx[Learning], *, generation_id: str) -> Generation | None:
    """A generation of the organization."""
    return tx.maybe(
        Generation,
        """
        SELECT g.generation_id, g.session_id, g.status, g.content_id, g.project_id, g.slot_id,
               coalesce(g.language, '') AS language,
               g.asked_difficulty::float8 AS asked_difficulty,
               (c.difficulty_score * 6 - 3)::float8 AS made_difficulty,
               coalesce(g.reason, '') AS reason, coalesce(g.error_message, '') AS error,
               g.estimated_completion_time AS estimate_seconds, g.estimate_low, g.estimate_high,
               g.estimate_runs, g.webhook_sent, g.started_at, g.completed_at
        FROM learning.generation_status g
        LEFT JOIN learning.content c ON c.organization_id = g.organization_id
          AND c.id = g.content_id
        WHERE g.generation_id = %(generation_id)s
        """,
        {"generation_id": generation_id},
    )


def generations(tx: Tx[Learning], *, session_id: str, limit: int) -> list[Generation]:
    """The generations of a session, latest first."""
    return tx.rows(
        Generation,
        """
        SELECT g.generation_id, g.session_id, g.status, g.content_id, g.project_id, g.slot_id,
               coalesce(g.language, '') AS language,
               g.asked_difficulty::float8 AS asked_difficulty,
               (c.difficulty_score * 6 - 3)::float8 AS made_difficulty,
               coalesce(g.reason, '') AS reason, coalesce(g.error_message, '') AS error,
               g.estimated_completion_time AS estimate_seconds, g.estimate_low, g.estimate_high,
               g.estimate_runs, g.webhook_sent, g.started_at, g.completed_at
        FROM learning.generation_status g
        LEFT JOIN learning.content c ON c.organization_id = g.organization_id
          AND c.id = g.content_id
        WHERE g.session_id = %(session_id)s
        ORDER BY g.started_at DESC, g.generation_id DESC LIMIT %(limit)s
        """,
        {"session_id": session_id, "limit": limit},
    )


def last_of_learner(tx: Tx[Learning], *, learner_id: UUID, language: str) -> LiveGeneration | None:
    """A learner's latest generation in a language that did not fail, and its share heard."""
    return tx.maybe(
        LiveGeneration,
        """
        SELECT g.generation_id, g.status,
          coalesce((SELECT max(i.heard) FROM learning.session_items i
            JOIN learning.sessions t ON t.id = i.session_id
            WHERE t.learner_id = %(learner_id)s AND i.content_id = g.content_id), 0)::float8
            AS heard
        FROM learning.generation_status g JOIN learning.sessions s ON s.id = g.session_id
        WHERE s.learner_id = %(learner_id)s AND g.status <> 'failed'
          AND (g.language = %(language)s OR g.language IS NULL)
          AND (g.content_id IS NOT NULL OR g.status <> 'completed')
        ORDER BY g.started_at DESC, g.generation_id DESC LIMIT 1
        """,
        {"learner_id": learner_id, "language": language},
    )


def count_live(tx: Tx[Learning], *, organization_id: OrganizationId) -> int:
    """The number of generations of an organization that have not ended."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM learning.generation_status
            WHERE organization_id = %(organization_id)s
              AND status IN ('generating', 'processing')
            """,
            {"organization_id": organization_id},
        )
    )


def unfinished(tx: Tx[Learning], *, organization_id: OrganizationId, limit: int) -> list[str]:
    """Generations of the studio that have not ended or were not announced, oldest first."""
    ids: list[str] = tx.values(
        """
        SELECT generation_id FROM learning.generation_status
        WHERE organization_id = %(organization_id)s AND project_id IS NOT NULL
          AND (status IN ('generating', 'processing') OR NOT webhook_sent)
        ORDER BY started_at, generation_id LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "limit": limit},
    )
    return ids


def organizations_waiting(tx: Tx[Learning]) -> list[OrganizationId]:
    """Organizations with generations that have not ended or were not announced."""
    ids: list[OrganizationId] = tx.values(
        """
        SELECT DISTINCT organization_id FROM learning.generation_status
        WHERE project_id IS NOT NULL
          AND (status IN ('generating', 'processing') OR NOT webhook_sent)
        """
    )
    return ids


def series_heard(tx: Tx[Learning], *, learner_id: UUID, limit: int) -> list[str]:
    """The series that a learner has listened to, latest first."""
    series: list[str] = tx.values(
        """
        SELECT c.series_id FROM learning.session_items i
        JOIN learning.sessions s ON s.id = i.session_id
        JOIN learning.content c ON c.organization_id = i.organization_id AND c.id = i.content_id
        WHERE s.learner_id = %(learner_id)s AND i.seconds > 0 AND c.series_id IS NOT NULL
        ORDER BY i.last_at DESC LIMIT %(limit)s
        """,
        {"learner_id": learner_id, "limit": limit},
    )
    return series


def set_asked(
    tx: Tx[Learning],
    *,
    generation_id: str,
    slot_id: UUID,
    guess: Estimate | None,
    runs: int,
) -> None:
    """Store the studio's slot and the estimate."""
    tx.execute(
        """
        UPDATE learning.generation_status
        SET slot_id = %(slot_id)s, estimated_completion_time = %(seconds)s,
            estimate_low = %(low)s, estimate_high = %(high)s, estimate_runs = %(runs)s
        WHERE generation_id = %(generation_id)s AND slot_id IS NULL
        """,
        {
            "generation_id": generation_id,
            "slot_id": slot_id,
            "seconds": None if guess is None else guess.seconds,
            "low": None if guess is None else guess.low,
            "high": None if guess is None else guess.high,
            "runs": runs,
        },
    )


def set_waiting(tx: Tx[Learning], *, generation_id: str, running: bool, reason: str) -> None:
    """Store the reason for a wait; a generation in progress stays in progress."""
    tx.execute(
        """
        UPDATE learning.generation_status
        SET reason = nullif(%(reason)s, ''),
            status = CASE WHEN %(running)s THEN 'processing' ELSE status END
        WHERE generation_id = %(generation_id)s AND status IN ('generating', 'processing')
        """,
        {"generation_id": generation_id, "running": running, "reason": reason},
    )


def set_completed(
    tx: Tx[Learning], *, generation_id: str, content_id: str, reason: str, at: datetime
) -> bool:
    """Complete a generation with its piece; False when it has already ended."""
    return bool(
        tx.execute(
            """
            UPDATE learning.generation_status
            SET status = 'completed', content_id = %(content_id)s, completed_at = %(at)s,
                reason = nullif(%(reason)s, '')
            WHERE generation_id = %(generation_id)s AND status IN ('generating', 'processing')
            """,
            {
                "generation_id": generation_id,
                "content_id": content_id,
                "reason": reason,
                "at": at,
            },
        )
    )


def set_failed(tx: Tx[Learning], *, generation_id: str, error: str, at: datetime) -> bool:
    """Mark a generation as failed, with the reason; False when it has already ended."""
    return bool(
        tx.execute(
            """
            UPDATE learning.generation_status
            SET status = 'failed', error_message = %(error)s, completed_at = %(at)s, reason = NULL
            WHERE generation_id = %(generation_id)s AND status IN ('generating', 'processing')
            """,
            {"generation_id": generation_id, "error": error, "at": at},
        )
    )


def set_announced(tx: Tx[Learning], *, generation_id: str) -> None:
    """Store that the webhook event was emitted."""
    tx.execute(
        """
        UPDATE learning.generation_status SET webhook_sent = true
        WHERE generation_id = %(generation_id)s
        """,
        {"generation_id": generation_id},
    )
