"""SQL of logged choices with their outcomes, for off-policy evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.store import Learning, Tx


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """A choice that was heard: candidates, its probability, the outcome class."""

    learner_id: UUID
    decided_at: datetime
    content_id: str
    candidates: list[str]
    propensity: float
    outcome: int


def logged_choices(tx: Tx[Learning], *, limit: int) -> list[LoggedRow]:
    """The latest choices that have an outcome, by learner and time."""
    return tx.rows(
        LoggedRow,
        """
        SELECT * FROM (
          SELECT r.learner_id, r.decided_at, r.content_id,
                 ARRAY(SELECT jsonb_array_elements_text(r.candidates)) AS candidates,
                 r.propensity::float8 AS propensity, i.outcome::integer AS outcome
          FROM learning.recommendations r
          JOIN learning.sessions s ON s.learner_id = r.learner_id
          JOIN learning.session_items i ON i.session_id = s.id AND i.content_id = r.content_id
          WHERE i.outcome IS NOT NULL AND i.first_at >= r.decided_at
          ORDER BY r.decided_at DESC, r.recommendation_id LIMIT %(limit)s) AS latest
        ORDER BY learner_id, decided_at, content_id
        """,
        {"limit": limit},
    )
