"""SQL for the pages: learners, content with its outcomes, policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.learning.queries.model import Counters
from wavehouse.store import Learning, Tx


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """A learner, with a session that represents it."""

    learner_id: UUID
    account_id: str | None
    session_id: str
    sessions: int
    listening_seconds: int
    last_activity_at: datetime
    stated: str | None


def learners(tx: Tx[Learning], *, limit: int) -> list[LearnerRow]:
    """The learners, last active first."""
    return tx.rows(
        LearnerRow,
        """
        SELECT l.learner_id, l.account_id, (array_agg(s.id ORDER BY s.last_activity_at DESC))[1]
                 AS session_id,
               count(*)::integer AS sessions, sum(s.total_listening_time)::integer
                 AS listening_seconds,
               max(s.last_activity_at) AS last_activity_at,
               (SELECT p.difficulty_preference FROM learning.user_preferences p
                WHERE p.id = l.learner_id::text) AS stated
        FROM learning.learners l JOIN learning.sessions s ON s.learner_id = l.learner_id
        GROUP BY l.learner_id ORDER BY max(s.last_activity_at) DESC, l.learner_id LIMIT %(limit)s
        """,
        {"limit": limit},
    )


@dataclass(frozen=True, slots=True)
class CountersOf:
    """The counters of one learner for one month."""

    learner_id: UUID
    counters: Counters


def counters_of(tx: Tx[Learning], *, learner_ids: Sequence[UUID]) -> list[CountersOf]:
    """The counters of many learners."""
    return [
        CountersOf(learner_id, Counters(bucket, outcomes, preferences))
        for learner_id, bucket, outcomes, preferences in tx.tuples(
            """
            SELECT learner_id, bucket, outcomes, preferences FROM learning.learner_counters
            WHERE learner_id = ANY (%(ids)s) ORDER BY learner_id, bucket
            """,
            {"ids": list(learner_ids)},
        )
    ]


@dataclass(frozen=True, slots=True)
class Heard:
    """One closed item: the learner and the outcome."""

    content_id: str
    learner_id: UUID
    outcome: int


def heard(tx: Tx[Learning], *, content_ids: Sequence[str]) -> list[Heard]:
    """The outcomes of pieces of content."""
    return tx.rows(
        Heard,
        """
        SELECT i.content_id, s.learner_id, i.outcome::integer AS outcome
        FROM learning.session_items i JOIN learning.sessions s ON s.id = i.session_id
        WHERE i.content_id = ANY (%(ids)s) AND i.outcome IS NOT NULL
        ORDER BY i.content_id, s.learner_id, i.session_id
        """,
        {"ids": list(content_ids)},
    )


def often_heard(tx: Tx[Learning], *, least: int) -> list[str]:
    """Content with at least this many distinct listeners."""
    return tx.values(
        """
        SELECT i.content_id FROM learning.session_items i
        JOIN learning.sessions s ON s.id = i.session_id
        WHERE i.outcome IS NOT NULL
        GROUP BY i.content_id HAVING count(DISTINCT s.learner_id) >= %(least)s ORDER BY 1
        """,
        {"least": least},
    )


def set_difficulty(tx: Tx[Learning], *, content_id: str, score: float, method: str) -> None:
    """Replace the difficulty of content, from 0 to 1."""
    tx.execute(
        """
        UPDATE learning.content SET difficulty_score = %(score)s, difficulty_method = %(method)s
        WHERE id = %(content_id)s
        """,
        {"content_id": content_id, "score": round(score, 2), "method": method},
    )


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """The results of a policy's choices."""

    policy: str
    choices: int
    heard: int
    understood: int
    liked: int


def policies(tx: Tx[Learning]) -> list[PolicyRow]:
    """Each policy's choices with their results."""
    return tx.rows(
        PolicyRow,
        """
        SELECT r.policy, count(DISTINCT r.recommendation_id)::integer AS choices,
               count(i.outcome)::integer AS heard,
               count(*) FILTER (WHERE i.outcome IN (0, 1))::integer AS understood,
               count(*) FILTER (WHERE i.liked AND i.outcome IS NOT NULL)::integer AS liked
        FROM learning.recommendations r
        LEFT JOIN learning.sessions s ON s.learner_id = r.learner_id
        LEFT JOIN learning.session_items i ON i.session_id = s.id AND i.content_id = r.content_id
        GROUP BY r.policy ORDER BY r.policy
        """,
    )
