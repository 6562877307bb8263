"""SQL of the schedule: planning, listing and changing slots (Q1 to Q7, Q21, Q22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.rules.slots import Overdue, PendingSlot, Slot
from wavehouse.studio.types.schedule import ProjectToPlan, ScheduledSlot


def projects_to_plan(tx: Tx[Operational]) -> list[ProjectToPlan]:
    """The active projects of all organizations that have a cadence."""
    return tx.rows(
        ProjectToPlan,
        """
        SELECT organization_id, project_id, status, cadence_config, missed_policy, missed_limit
        FROM studio.projects WHERE status = 'active' AND cadence_config <> '{}'
        ORDER BY organization_id, project_id
        """,
    )


def projects_with_missed(tx: Tx[Operational], *, before: datetime) -> list[ProjectToPlan]:
    """The projects with slots that were due before a time and never started."""
    return tx.rows(
        ProjectToPlan,
        """
        SELECT p.organization_id, p.project_id, p.status, p.cadence_config, p.missed_policy,
               p.missed_limit
        FROM studio.projects p
        WHERE EXISTS (SELECT FROM studio.episode_schedule_queue q
          WHERE q.project_id = p.project_id AND q.status = 'pending' AND q.attempts = 0
            AND q.lane = 1 AND q.slot_at < %(before)s)
        ORDER BY p.organization_id, p.project_id
        """,
        {"before": before},
    )


def project_to_plan(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID
) -> ProjectToPlan | None:
    """A project, locked so that only one transaction plans it."""
    return tx.maybe(
        ProjectToPlan,
        """
        SELECT organization_id, project_id, status, cadence_config, missed_policy, missed_limit
        FROM studio.projects
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def set_cadence(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID,
    config: Mapping[str, Any],
) -> None:
    """Store a project's cadence."""
    tx.execute(
        """
        UPDATE studio.projects SET cadence_config = %(config)s
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "config": Jsonb(dict(config)),
        },
    )


def future_slots(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID, after: datetime
) -> list[PendingSlot]:
    """The future slots without a claim and without an episode, locked."""
    return tx.rows(
        PendingSlot,
        """
        SELECT slot_id, local_date, local_time, ordinal, slot_at, timezone
        FROM studio.episode_schedule_queue
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
          AND slot_at > %(after)s AND status IN ('pending', 'paused') AND attempts = 0
          AND lane = 1
        ORDER BY slot_at FOR UPDATE
        """,
        {"organization_id": organization_id, "project_id": project_id, "after": after},
    )


def remove_slots(
    tx: Tx[Operational], *, organization_id: OrganizationId, slot_ids: Sequence[UUID]
) -> None:
    """Remove future slots and free their entries in the ledger."""
    tx.execute(
        """
        WITH gone AS (
          DELETE FROM studio.episode_schedule_queue
          WHERE organization_id = %(organization_id)s AND slot_id = ANY (%(slot_ids)s)
            AND status IN ('pending', 'paused')
          RETURNING slot_id
        )
        DELETE FROM queue.slot_ledger l USING gone
        WHERE l.organization_id = %(organization_id)s AND l.slot_id = gone.slot_id
        """,
        {"organization_id": organization_id, "slot_ids": list(slot_ids)},
    )


def keep_slots(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    slot_ids: Sequence[UUID],
    tzdata_version: str,
) -> None:
    """Store the edition of the zone rules that confirmed these slots (Q5)."""
    tx.execute(
        """
        UPDATE studio.episode_schedule_queue SET tzdata_version = %(tzdata_version)s
        WHERE organization_id = %(organization_id)s AND slot_id = ANY (%(slot_ids)s)
          AND tzdata_version <> %(tzdata_version)s
        """,
        {
            "organization_id": organization_id,
            "slot_ids": list(slot_ids),
            "tzdata_version": tzdata_version,
        },
    )


def add_slots(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID,
    slots: Sequence[Slot],
    timezone: str,
    tzdata_version: str,
    lane: int,
    now: datetime,
) -> list[date]:
    """Add slots whose entry in the ledger is free (Q2); returns the added ones' local dates."""
    added: list[date] = tx.values(
        """
        WITH wanted AS (
          SELECT w.local_date, w.local_time, w.ordinal, w.slot_at, uuidv7() AS slot_id
          FROM unnest(%(dates)s::date[], %(times)s::time[], %(ordinals)s::integer[],
                      %(instants)s::timestamptz[]) AS w (local_date, local_time, ordinal, slot_at)
        ), ledger AS (
          INSERT INTO queue.slot_ledger
            (organization_id, project_id, local_date, ordinal, slot_at, slot_id, planned_at)
          SELECT %(organization_id)s, %(project_id)s, w.local_date, w.ordinal, w.slot_at, w.slot_id,
                 %(now)s
          FROM wanted w
          ON CONFLICT DO NOTHING
          RETURNING slot_id
        ), added AS (
          INSERT INTO studio.episode_schedule_queue
            (slot_id, organization_id, project_id, local_date, local_time, ordinal, timezone,
             tzdata_version, slot_at, run_at, lane, status)
          SELECT w.slot_id, %(organization_id)s, %(project_id)s, w.local_date, w.local_time,
                 w.ordinal, %(timezone)s, %(tzdata_version)s, w.slot_at,
                 greatest(w.slot_at, %(now)s::timestamptz), %(lane)s,
                 queue.idle_status(%(organization_id)s, %(project_id)s)
          FROM wanted w JOIN ledger USING (slot_id)
          RETURNING local_date, run_at
        ), woken AS MATERIALIZED (
          SELECT studio.wake_slots(%(organization_id)s, min(run_at)) FROM added HAVING count(*) > 0
        )
        SELECT local_date FROM added LEFT JOIN woken ON true
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "dates": [slot.local_date for slot in slots],
            "times": [slot.local_time for slot in slots],
            "ordinals": [slot.ordinal for slot in slots],
            "instants": [slot.slot_at for slot in slots],
            "timezone": timezone,
            "tzdata_version": tzdata_version,
            "lane": lane,
            "now": now,
        },
    )
    return added


def next_ordinal(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID, day: date, least: int
) -> int:
    """The next free ordinal of a date, from ``least``."""
    return int(
        tx.value(
            """
            SELECT greatest(%(least)s::integer, coalesce(max(ordinal) + 1, 0))
            FROM queue.slot_ledger
            WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
              AND local_date = %(day)s
            """,
            {
                "organization_id": organization_id,
                "project_id": project_id,
                "day": day,
                "least": least,
            },
        )
    )


def slot_by_place(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID,
    day: date,
    ordinal: int,
) -> UUID | None:
    """The slot of a date and ordinal, live or done."""
    slot_id: UUID | None = tx.value(
        """
        SELECT slot_id FROM queue.slot_ledger
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
          AND local_date = %(day)s AND ordinal = %(ordinal)s
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "day": day,
            "ordinal": ordinal,
        },
    )
    return slot_id


def overdue_slots(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: UUID, now: datetime
) -> list[Overdue]:
    """Scheduled slots whose time has passed and that were never started, locked."""
    return tx.rows(
        Overdue,
        """
        SELECT slot_id, slot_at FROM studio.episode_schedule_queue
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
          AND status = 'pending' AND attempts = 0 AND lane = 1 AND slot_at <= %(now)s
        ORDER BY slot_at FOR UPDATE SKIP LOCKED
        """,
        {"organization_id": organization_id, "project_id": project_id, "now": now},
    )


def end_slots(tx: Tx[Operational], *, slot_ids: Sequence[UUID], status: str, now: datetime) -> int:
    """End waiting slots with a status; returns the number."""
    return int(
        tx.value(
            """
            SELECT studio.end_slots(%(slot_ids)s, %(status)s, %(now)s)
            FROM (SELECT studio.lock_shares_slots(%(slot_ids)s), queue.ensure_months(%(now)s))
              AS locked
            """,
            {"slot_ids": list(slot_ids), "status": status, "now": now},
        )
    )


def slots(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: UUID | None,
    since: datetime,
    until: datetime,
) -> list[ScheduledSlot]:
    """Live and finished slots of a span, by time; at most 2,000."""
    return tx.rows(
        ScheduledSlot,
        """
        SELECT slot_id, project_id, episode_id, local_date, local_time, timezone, slot_at, run_at,
               status, attempts, max_attempts, errors, cost, NULL::timestamptz AS finished_at
        FROM studio.episode_schedule_queue
        WHERE organization_id = %(organization_id)s
          AND (%(project_id)s::uuid IS NULL OR project_id = %(project_id)s)
          AND slot_at BETWEEN %(since)s AND %(until)s
        UNION ALL
        SELECT slot_id, project_id, episode_id, local_date, local_time, timezone, slot_at, run_at,
               status, attempts, max_attempts, errors, cost, finished_at
        FROM studio.episode_schedule_done
        WHERE organization_id = %(organization_id)s
          AND (%(project_id)s::uuid IS NULL OR project_id = %(project_id)s)
          AND slot_at BETWEEN %(since)s AND %(until)s
        ORDER BY slot_at, slot_id LIMIT 2000
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "since": since,
            "until": until,
        },
    )


def slot(
    tx: Tx[Operational], *, organization_id: OrganizationId, slot_id: UUID
) -> ScheduledSlot | None:
    """A slot, live or finished."""
    return tx.maybe(
        ScheduledSlot,
        """
        SELECT slot_id, project_id, episode_id, local_date, local_time, timezone, slot_at, run_at,
               status, attempts, max_attempts, errors, cost, NULL::timestamptz AS finished_at
        FROM studio.episode_schedule_queue
        WHERE organization_id = %(organization_id)s AND slot_id = %(slot_id)s
        UNION ALL
        SELECT slot_id, project_id, episode_id, local_date, local_time, timezone, slot_at, run_at,
               status, attempts, max_attempts, errors, cost, finished_at
        FROM studio.episode_schedule_done
        WHERE organization_id = %(organization_id)s AND slot_id = %(slot_id)s
        """,
        {"organization_id": organization_id, "slot_id": slot_id},
    )


def cancel_slot(tx: Tx[Operational], *, slot_id: UUID, now: datetime) -> str | None:
    """Cancel a slot: cancelled, requested while it runs, or None when it is not live (Q22)."""
    outcome: str | None = tx.value(
        """
        SELECT studio.cancel_slots(%(slot_id)s, %(now)s)
        FROM (SELECT queue.ensure_months(%(now)s)) AS ensured
        """,
        {"slot_id": slot_id, "now": now},
    )
    return outcome


def requeue_slot(tx: Tx[Operational], *, slot_id: UUID, now: datetime) -> bool:
    """Requeue a slot that ended without success (Q21)."""
    return bool(
        tx.value(
            "SELECT studio.requeue_slots(%(slot_id)s, true, %(now)s)",
            {"slot_id": slot_id, "now": now},
        )
    )


def bring_forward(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID, now: datetime
) -> int:
    """Make the waiting slot of an episode due now, as after an approval."""
    return tx.execute(
        """
        WITH moved AS (
          UPDATE studio.episode_schedule_queue SET run_at = %(now)s
          WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
            AND status = 'pending'
          RETURNING organization_id
        )
        SELECT studio.wake_slots(organization_id, %(now)s) FROM moved
        """,
        {"organization_id": organization_id, "episode_id": episode_id, "now": now},
    )


def reserve_slot_episode(tx: Tx[Operational], *, slot_id: UUID, episode_id: UUID) -> None:
    """Store the episode of a new slot."""
    tx.execute(
        """
        UPDATE studio.episode_schedule_queue SET episode_id = %(episode_id)s
        WHERE slot_id = %(slot_id)s
        """,
        {"slot_id": slot_id, "episode_id": episode_id},
    )


def live_slot_of(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: UUID
) -> UUID | None:
    """The live slot of an episode."""
    slot_id: UUID | None = tx.value(
        """
        SELECT slot_id FROM studio.episode_schedule_queue
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s LIMIT 1
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )
    return slot_id
