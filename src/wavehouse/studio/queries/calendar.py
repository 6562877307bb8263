"""SQL for the calendar of a project and for an episode's generation, as pages show them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.calendar import CalendarSlot, StepLine
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId


def calendar(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    first: date,
    last: date,
) -> list[CalendarSlot]:
    """The slots of a project from ``first`` to ``last``, live ones and ended ones."""
    return tx.rows(
        CalendarSlot,
        """
        SELECT s.slot_id, s.local_date, s.local_time, s.slot_at, s.status, s.episode_id,
          e.title::text AS title
        FROM (
          SELECT slot_id, local_date, local_time, slot_at, status, episode_id
          FROM studio.episode_schedule_queue
          WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
            AND local_date BETWEEN %(first)s AND %(last)s
          UNION ALL
          SELECT slot_id, local_date, local_time, slot_at, status, episode_id
          FROM studio.episode_schedule_done
          WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
            AND local_date BETWEEN %(first)s AND %(last)s
        ) AS s
        LEFT JOIN studio.episodes e
          ON e.organization_id = %(organization_id)s AND e.episode_id = s.episode_id
        ORDER BY s.slot_at, s.slot_id LIMIT 1000
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "first": first,
            "last": last,
        },
    )


def steps(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> list[StepLine]:
    """The steps of an episode's generations in their order, segments counted together."""
    return tx.rows(
        StepLine,
        """
        SELECT step, count(*)::integer AS segments,
          (count(*) FILTER (WHERE status IN ('completed', 'skipped')))::integer AS completed,
          (array_agg(status ORDER BY updated_at DESC))[1] AS status, sum(cost) AS cost,
          (array_agg(error ORDER BY updated_at DESC) FILTER (WHERE status = 'failed'))[1] AS error
        FROM studio.generation_steps
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        GROUP BY step
        ORDER BY array_position(ARRAY['plan', 'outline', 'script', 'review', 'synthesize',
          'assemble', 'encode', 'transcript', 'publish', 'notify'], step)
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def notes_in_prompt(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> list[str]:
    """The ids of the notes that the prompts of an episode listed."""
    return [
        str(each)
        for each in tx.values(
            """
            SELECT DISTINCT n.note FROM studio.generation_steps s
            CROSS JOIN LATERAL jsonb_array_elements_text(
              CASE jsonb_typeof(s.prompt_manifest -> 'notes')
                WHEN 'array' THEN s.prompt_manifest -> 'notes' ELSE '[]' END
            ) AS n (note)
            WHERE s.organization_id = %(organization_id)s AND s.episode_id = %(episode_id)s
            """,
            {"organization_id": organization_id, "episode_id": episode_id},
        )
    ]


def people(tx: Tx[Operational], *, organization_id: OrganizationId) -> dict[UUID, str]:
    """The names of the organization's members, former ones too."""
    rows = tx.tuples(
        """
        SELECT m.user_id, u.name FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    return dict(rows.fetchall())
