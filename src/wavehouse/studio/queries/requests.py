"""SQL of episodes that another context requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.requests import EpisodeRequest, Series


def series_for_learners(
    tx: Tx[Operational], *, organization_id: OrganizationId, language: str
) -> list[Series]:
    """The active projects in a language that generate episodes for learners, oldest first."""
    return tx.rows(
        Series,
        """
        SELECT p.project_id, p.title FROM studio.projects p
        JOIN studio.productions c USING (organization_id, project_id)
        WHERE p.organization_id = %(organization_id)s AND p.language = %(language)s
          AND p.status = 'active' AND c.for_learners AND c.visibility = 'public'
        ORDER BY p.created_at, p.project_id
        """,
        {"organization_id": organization_id, "language": language},
    )


def request(
    tx: Tx[Operational], *, organization_id: OrganizationId, request_id: UUID
) -> EpisodeRequest | None:
    """A request."""
    return tx.maybe(
        EpisodeRequest,
        """
        SELECT request_id, project_id, slot_id, level FROM studio.episode_requests
        WHERE organization_id = %(organization_id)s AND request_id = %(request_id)s
        """,
        {"organization_id": organization_id, "request_id": request_id},
    )


def lock_requests(tx: Tx[Operational], *, request_id: UUID) -> None:
    """Serialize requests with the same id, until the end of the transaction."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(request_id)s, 14))",
        {"request_id": str(request_id)},
    )


def insert_request(
    tx: Tx[Operational], *, organization_id: OrganizationId, request: EpisodeRequest
) -> None:
    """Store a request with its slot."""
    tx.execute(
        """
        INSERT INTO studio.episode_requests
          (request_id, organization_id, project_id, slot_id, level)
        VALUES (%(request_id)s, %(organization_id)s, %(project_id)s, %(slot_id)s, %(level)s)
        """,
        {
            "request_id": request.request_id,
            "organization_id": organization_id,
            "project_id": request.project_id,
            "slot_id": request.slot_id,
            "level": request.level,
        },
    )


def level_of_slot(
    tx: Tx[Operational], *, organization_id: OrganizationId, slot_id: UUID
) -> str | None:
    """The level of a slot's request; None for a slot without a request."""
    level: str | None = tx.value(
        """
        SELECT level FROM studio.episode_requests
        WHERE organization_id = %(organization_id)s AND slot_id = %(slot_id)s
        """,
        {"organization_id": organization_id, "slot_id": slot_id},
    )
    return level


def mark_announced(
    tx: Tx[Operational], *, organization_id: OrganizationId, request_id: UUID, at: datetime
) -> bool:
    """Mark the end of a request as announced; False when it was already announced."""
    return bool(
        tx.execute(
            """
            UPDATE studio.episode_requests SET announced_at = %(at)s
            WHERE organization_id = %(organization_id)s AND request_id = %(request_id)s
              AND announced_at IS NULL
            """,
            {"organization_id": organization_id, "request_id": request_id, "at": at},
        )
    )


def past_seconds(
    tx: Tx[Operational], *, organization_id: OrganizationId, least_ordinal: int, most: int
) -> list[float]:
    """Seconds from request to end of the latest requested episodes, latest first."""
    seconds: list[float] = tx.values(
        """
        SELECT extract(epoch FROM finished_at - slot_at)::float8
        FROM studio.episode_schedule_done
        WHERE organization_id = %(organization_id)s AND status = 'done'
          AND ordinal >= %(least_ordinal)s AND finished_at > slot_at
        ORDER BY finished_at DESC LIMIT %(most)s
        """,
        {"organization_id": organization_id, "least_ordinal": least_ordinal, "most": most},
    )
    return seconds
