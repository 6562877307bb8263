"""SQL of generations: episodes, steps, attempts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.generation import EpisodeToMake, StepRow


def episode_to_make(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> EpisodeToMake | None:
    """An episode with its project; its number is its position among the project's episodes."""
    return tx.maybe(
        EpisodeToMake,
        """
        SELECT e.episode_id, e.project_id, e.organization_id, p.owner_id, p.title AS project_title,
               coalesce(p.brief, '') AS brief, p.language, p.status AS project_status, e.title,
               e.status, coalesce(e.scheduled_for, e.created_at) AS scheduled_for,
               (SELECT count(*)::integer FROM studio.episodes x
                 WHERE x.organization_id = e.organization_id AND x.project_id = e.project_id
                   AND (x.created_at, x.episode_id) <= (e.created_at, e.episode_id)) AS number
        FROM studio.episodes e JOIN studio.projects p USING (project_id, organization_id)
        WHERE e.organization_id = %(organization_id)s AND e.episode_id = %(episode_id)s
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def insert_episode_for_slot(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: UUID,
    project_id: UUID,
    title: str,
    scheduled_for: datetime,
) -> None:
    """Add the episode of a slot; repeating it changes nothing."""
    tx.execute(
        """
        INSERT INTO studio.episodes
          (episode_id, organization_id, project_id, title, status, scheduled_for)
        VALUES (%(episode_id)s, %(organization_id)s, %(project_id)s, %(title)s, 'scheduled',
                %(scheduled_for)s)
        ON CONFLICT (episode_id) DO NOTHING
        """,
        {
            "episode_id": episode_id,
            "organization_id": organization_id,
            "project_id": project_id,
            "title": title,
            "scheduled_for": scheduled_for,
        },
    )


def begin_attempt(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> None:
    """Count an attempt (CRE-10); a published episode stays published while it is regenerated."""
    tx.execute(
        """
        UPDATE studio.episodes SET generation_attempts = generation_attempts + 1,
          status = CASE WHEN status = 'published' THEN status ELSE 'generating' END
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def end_attempt(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: UUID,
    error: Mapping[str, Any] | None,
    status: str,
) -> None:
    """Store the end of an attempt: its error, if any (the last 20), and the episode's state."""
    tx.execute(
        """
        UPDATE studio.episodes SET
          status = CASE WHEN status = 'published' THEN status ELSE %(status)s END,
          generation_errors = CASE WHEN %(error)s::jsonb IS NULL THEN generation_errors ELSE
            CASE WHEN jsonb_array_length(generation_errors) >= 20 THEN generation_errors - 0
              ELSE generation_errors END || jsonb_build_array(%(error)s::jsonb) END
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "error": None if error is None else Jsonb(dict(error)),
            "status": status,
        },
    )


def steps_of_episode(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> list[StepRow]:
    """The latest 1,000 steps of an episode, of all its generations, in the order they changed."""
    return tx.rows(
        StepRow,
        """
        SELECT generation_id, episode_id, step, segment, input_hash, status, attempt, output_ref,
               prompt_manifest, reservation_id, cost, error, updated_at
        FROM studio.generation_steps
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        ORDER BY updated_at DESC, step, segment LIMIT 1000
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def finished_step(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: UUID,
    step: str,
    segment: int,
    input_hash: bytes,
) -> StepRow | None:
    """A finished step of the episode with the same input, from any of its generations."""
    return tx.maybe(
        StepRow,
        """
        SELECT generation_id, episode_id, step, segment, input_hash, status, attempt, output_ref,
               prompt_manifest, reservation_id, cost, error, updated_at
        FROM studio.generation_steps
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
          AND step = %(step)s AND input_hash = %(input_hash)s
          AND status IN ('completed', 'skipped') AND output_ref IS NOT NULL
        ORDER BY (segment = %(segment)s) DESC, updated_at DESC LIMIT 1
        """,
        {
            "organization_id": organization_id,
            "episode_id": episode_id,
            "step": step,
            "segment": segment,
            "input_hash": input_hash,
        },
    )


def step_of(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    generation_id: UUID,
    step: str,
    segment: int = 0,
) -> StepRow | None:
    """A step of a generation."""
    return tx.maybe(
        StepRow,
        """
        SELECT generation_id, episode_id, step, segment, input_hash, status, attempt, output_ref,
               prompt_manifest, reservation_id, cost, error, updated_at
        FROM studio.generation_steps
        WHERE organization_id = %(organization_id)s AND generation_id = %(generation_id)s
          AND step = %(step)s AND segment = %(segment)s
        """,
        {
            "organization_id": organization_id,
            "generation_id": generation_id,
            "step": step,
            "segment": segment,
        },
    )


def put_step(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    generation_id: UUID,
    episode_id: UUID,
    step: str,
    segment: int,
    input_hash: bytes,
    status: str,
    output_ref: str | None = None,
    manifest: Mapping[str, Any] | None = None,
    reservation_id: UUID | None = None,
    cost: Decimal = Decimal(0),
    error: str | None = None,
) -> None:
    """Store the state of a step; starting it again counts an attempt."""
    tx.execute(
        """
        INSERT INTO studio.generation_steps AS s (generation_id, step, segment, organization_id,
          episode_id, input_hash, status, attempt, output_ref, prompt_manifest, reservation_id,
          cost, error)
        VALUES (%(generation_id)s, %(step)s, %(segment)s, %(organization_id)s, %(episode_id)s,
          %(input_hash)s, %(status)s, 1, %(output_ref)s, %(manifest)s, %(reservation_id)s,
          %(cost)s, %(error)s)
        ON CONFLICT (generation_id, step, segment) DO UPDATE SET input_hash = %(input_hash)s,
          status = %(status)s, output_ref = %(output_ref)s, prompt_manifest = %(manifest)s,
          reservation_id = coalesce(%(reservation_id)s, s.reservation_id),
          cost = s.cost + %(cost)s, error = %(error)s,
          attempt = s.attempt + CASE WHEN %(status)s = 'running' THEN 1 ELSE 0 END
        WHERE s.organization_id = %(organization_id)s
        """,
        {
            "generation_id": generation_id,
            "step": step,
            "segment": segment,
            "organization_id": organization_id,
            "episode_id": episode_id,
            "input_hash": input_hash,
            "status": status,
            "output_ref": output_ref,
            "manifest": Jsonb(dict(manifest or {})),
            "reservation_id": reservation_id,
            "cost": cost,
            "error": error,
        },
    )


def waiting_review(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> StepRow | None:
    """The pending review of an episode, locked."""
    return tx.maybe(
        StepRow,
        """
        SELECT generation_id, episode_id, step, segment, input_hash, status, attempt, output_ref,
               prompt_manifest, reservation_id, cost, error, updated_at
        FROM studio.generation_steps
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
          AND step = 'review' AND status = 'waiting'
        ORDER BY updated_at DESC LIMIT 1 FOR UPDATE
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def title_for_slot(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID
) -> str:
    """The title of an episode before its outline names it."""
    return str(
        tx.value(
            """
            SELECT title FROM studio.projects
            WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
            """,
            {"organization_id": organization_id, "project_id": project_id},
        )
    )


def fail_orphans(tx: Tx[Operational]) -> int:
    """Mark episodes as failed whose slot ended without a recorded failure of an attempt."""
    return tx.execute(
        """
        UPDATE studio.episodes e SET status = 'failed'
        WHERE e.status IN ('generating', 'scheduled')
          AND NOT EXISTS (SELECT FROM studio.episode_schedule_queue q
            WHERE q.episode_id = e.episode_id)
          AND EXISTS (SELECT FROM studio.episode_schedule_done d
            WHERE d.organization_id = e.organization_id AND d.project_id = e.project_id
              AND d.episode_id = e.episode_id AND d.status IN ('dead', 'failed', 'cancelled'))
        """
    )
