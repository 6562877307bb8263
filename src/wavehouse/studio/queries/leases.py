"""SQL of workers of slots: claim, checkpoint, end, rescue (Q9, Q14 to Q20, Q22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.store import Operational, Tx
from wavehouse.studio.types.schedule import DueSlots, SlotLease


def due_slots(tx: Tx[Operational], *, now: datetime, most: int) -> list[DueSlots]:
    """Organizations with due slots; at most ``most`` slots are counted for each."""
    return tx.rows(
        DueSlots,
        """
        SELECT s.organization_id, d.number
        FROM queue.organization_queue_state s
        CROSS JOIN LATERAL (
          SELECT count(*)::integer AS number FROM (
            SELECT FROM studio.episode_schedule_queue q
            WHERE q.organization_id = s.organization_id AND q.status = 'pending'
              AND q.lane = ANY ('{0,1,2}') AND q.run_at <= %(now)s
            LIMIT %(most)s) AS due) AS d
        WHERE s.queue = 'slots' AND s.paused_at IS NULL AND d.number > 0
        """,
        {"now": now, "most": most},
    )


def claim_slot(tx: Tx[Operational], *, worker_id: UUID, now: datetime) -> SlotLease | None:
    """Claim one due slot (Q9)."""
    return tx.maybe(
        SlotLease,
        """
        SELECT slot_id, lease_token, organization_id, project_id, episode_id, slot_at, lane,
               attempts, max_attempts, run_at, deadline_at, progress
        FROM studio.claim_slots(%(worker_id)s, 1, '{0,1,2}'::smallint[], NULL, NULL, %(now)s)
        """,
        {"worker_id": worker_id, "now": now},
    )


def look_again(tx: Tx[Operational], *, organization_id: UUID, now: datetime) -> None:
    """Let the next claim look at every due slot of an organization, whatever was seen before."""
    tx.execute(
        """
        UPDATE queue.organization_queue_state
        SET turn_at = least(turn_at, %(now)s), rescan_at = least(rescan_at, %(now)s)
        WHERE organization_id = %(organization_id)s AND queue = 'slots' AND running < cap
        """,
        {"organization_id": organization_id, "now": now},
    )


def checkpoint_slot(
    tx: Tx[Operational],
    *,
    slot_id: UUID,
    token: UUID,
    progress: Mapping[str, Any],
    cost: object,
    now: datetime,
) -> bool:
    """Store progress and cost; False when the lease is lost or the slot is cancelled (Q15, Q22)."""
    return bool(
        tx.value(
            """
            SELECT studio.checkpoint_slots(%(slot_id)s, %(token)s, %(progress)s, %(cost)s, %(now)s)
              AND NOT EXISTS (SELECT FROM studio.episode_schedule_queue
                WHERE slot_id = %(slot_id)s AND cancel_requested_at IS NOT NULL)
            """,
            {
                "slot_id": slot_id,
                "token": token,
                "progress": Jsonb(dict(progress)),
                "cost": cost,
                "now": now,
            },
        )
    )


def complete_slot(tx: Tx[Operational], *, slot_id: UUID, token: UUID, now: datetime) -> bool:
    """Complete a slot; False when the lease is lost (Q15)."""
    return bool(
        tx.values(
            """
            SELECT studio.complete_slots(ARRAY[%(slot_id)s::uuid], ARRAY[%(token)s::uuid], %(now)s)
            """,
            {"slot_id": slot_id, "token": token, "now": now},
        )
    )


def fail_slot(
    tx: Tx[Operational],
    *,
    slot_id: UUID,
    token: UUID,
    error: Mapping[str, Any],
    error_class: str,
    retry_after: timedelta | None,
    now: datetime,
) -> str | None:
    """End an attempt with an error: the new status, or None when the lease is lost (Q18)."""
    status: str | None = tx.value(
        """
        SELECT studio.fail_slots(%(slot_id)s, %(token)s, %(error)s, %(error_class)s,
          %(retry_after)s::interval, NULL, %(now)s)
        """,
        {
            "slot_id": slot_id,
            "token": token,
            "error": Jsonb(dict(error)),
            "error_class": error_class,
            "retry_after": retry_after,
            "now": now,
        },
    )
    return status


def snooze_slot(
    tx: Tx[Operational], *, slot_id: UUID, token: UUID, until: datetime, now: datetime
) -> bool:
    """Snooze a slot until then; uses no attempt. False when the lease is lost."""
    return bool(
        tx.value(
            "SELECT studio.snooze_slots(%(slot_id)s, %(token)s, %(until)s, %(now)s)",
            {"slot_id": slot_id, "token": token, "until": until, "now": now},
        )
    )


def set_slot_episode(tx: Tx[Operational], *, slot_id: UUID, token: UUID, episode_id: UUID) -> bool:
    """Store the episode of a claimed slot; False when the lease is lost."""
    return bool(
        tx.execute(
            """
            UPDATE studio.episode_schedule_queue SET episode_id = %(episode_id)s
            WHERE slot_id = %(slot_id)s AND lease_token = %(token)s AND status = 'running'
            """,
            {"slot_id": slot_id, "token": token, "episode_id": episode_id},
        )
    )


def rescue_slots(tx: Tx[Operational], *, now: datetime) -> int:
    """Take back the slots of dead workers, in the current leader's term (Q20)."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM queue.leader l
            CROSS JOIN LATERAL studio.rescue_slots(l.term, NULL, %(now)s) AS r
            """,
            {"now": now},
        )
    )


def worker_of_job(tx: Tx[Operational], *, job_id: UUID, token: UUID) -> UUID | None:
    """The worker that holds a job."""
    worker_id: UUID | None = tx.value(
        "SELECT worker_id FROM queue.jobs WHERE job_id = %(job_id)s AND lease_token = %(token)s",
        {"job_id": job_id, "token": token},
    )
    return worker_id


def enter_worker(
    tx: Tx[Operational], *, worker_id: UUID, host: str, pid: int, release: str, now: datetime
) -> None:
    """Register a command as a worker that claims no jobs."""
    tx.execute(
        """
        SELECT queue.ensure_months(%(now)s),
               queue.enter(%(worker_id)s, 'studio generate', %(host)s, %(pid)s, '{}', '{0,1,2}',
                           %(release)s, %(now)s)
        """,
        {"worker_id": worker_id, "host": host, "pid": pid, "release": release, "now": now},
    )


def beat_worker(tx: Tx[Operational], *, worker_id: UUID, now: datetime) -> None:
    """Write a command's heartbeat."""
    tx.execute(
        "SELECT queue.heartbeat(%(worker_id)s, false, 0, %(now)s)",
        {"worker_id": worker_id, "now": now},
    )


def leave_worker(tx: Tx[Operational], *, worker_id: UUID) -> None:
    """Remove a command's row; its leases are rescued immediately."""
    tx.execute("SELECT queue.leave(%(worker_id)s)", {"worker_id": worker_id})


def is_cancelled(tx: Tx[Operational], *, slot_id: UUID, token: UUID) -> bool:
    """Whether this token still has the slot and its cancellation was requested."""
    return bool(
        tx.value(
            """
            SELECT cancel_requested_at IS NOT NULL FROM studio.episode_schedule_queue
            WHERE slot_id = %(slot_id)s AND lease_token = %(token)s
            """,
            {"slot_id": slot_id, "token": token},
        )
    )
