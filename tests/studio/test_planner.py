"""Slots of a project in the database (Q2, Q5, Q6, Q7, Q22)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.studio.conftest import NOW, Studio

from wavehouse import studio
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput
from wavehouse.studio import jobs
from wavehouse.studio.service import planning
from wavehouse.studio.types.schedule import Planned, ScheduledSlot

WEEKLY = {"days": ["MO", "TH"], "times": ["06:00"], "tz": "Europe/Rome", "start": "2026-11-01"}


def planned(room: Studio, **changes: object) -> tuple[studio.Project, Planned]:
    project = room.project(f"Progetto {len(changes)}")
    result = room.act(
        planning.set_cadence, project_id=project.project_id, config={**WEEKLY, **changes}
    )
    return project, result


def slots_of(room: Studio, project: studio.Project) -> list[ScheduledSlot]:
    rows: list[ScheduledSlot] = room.act(
        planning.list_slots,
        project_id=project.project_id,
        since=NOW - timedelta(days=60),
        until=NOW + timedelta(days=60),
    )
    return rows


def test_q6_a_cadence_is_planned_35_days_ahead_and_planning_again_changes_nothing(
    room: Studio,
) -> None:
    """Five weeks of Mondays and Thursdays; the second planning keeps every slot."""
    project, first = planned(room)

    again = room.act(planning.plan_project, project_id=project.project_id)

    assert (10, 0, 0) == (first.added, first.removed, first.kept)
    assert (0, 0, 10) == (again.added, again.removed, again.kept)
    assert {"pending"} == {slot.status for slot in slots_of(room, project)}


def test_q6_a_changed_cadence_replaces_future_slots_and_leaves_what_runs_and_ended(
    room: Studio,
) -> None:
    """The claimed slot keeps its time; the others move with the zone."""
    project, _ = planned(room)
    first = slots_of(room, project)[0]
    room.execute(
        "UPDATE studio.episode_schedule_queue SET status = 'running', attempts = 1,"
        " lease_token = gen_random_uuid(), worker_id = gen_random_uuid(), claimed_at = now()"
        " WHERE slot_id = %s",
        first.slot_id,
    )

    change = room.act(
        planning.set_cadence,
        project_id=project.project_id,
        config={**WEEKLY, "tz": "America/New_York"},
    )

    after = slots_of(room, project)
    assert (9, 9) == (change.added, change.removed)
    assert (date(2026, 11, 23),) == change.used
    assert first.slot_at == next(s.slot_at for s in after if s.slot_id == first.slot_id)
    assert {"Europe/Rome", "America/New_York"} == {slot.timezone for slot in after}


def test_q2_a_slot_that_ended_is_never_planned_again(room: Studio) -> None:
    """Its number stays used, even after the cadence was cleared and set again."""
    project, _ = planned(room)
    first = slots_of(room, project)[0]
    room.act(planning.cancel_slot, slot_id=first.slot_id)

    room.act(planning.set_cadence, project_id=project.project_id, config={})
    again = room.act(planning.set_cadence, project_id=project.project_id, config=WEEKLY)

    assert (9, (first.local_date,)) == (again.added, again.used)
    states = [slot.status for slot in slots_of(room, project) if slot.slot_at == first.slot_at]
    assert ["cancelled"] == states


def test_q5_another_edition_of_the_zone_rules_touches_only_future_pending_slots(
    room: Studio,
) -> None:
    """The planner stores the confirmed edition; equal instants keep their slots."""
    project, _ = planned(room)
    room.execute("UPDATE studio.episode_schedule_queue SET tzdata_version = '1999a'")

    again = room.act(planning.plan_project, project_id=project.project_id)

    assert (0, 0, 10) == (again.added, again.removed, again.kept)


@pytest.mark.parametrize(
    ("policy", "limit", "running"), [("run_latest", None, 1), ("run_all", 2, 3), ("skip", None, 1)]
)
def test_q7_after_a_pause_of_the_workers_every_missed_slot_ends_or_runs(
    room: Studio, policy: str, limit: int | None, running: int
) -> None:
    """Three weeks later one slot is an hour late, six are missed; none is lost."""
    project = room.project(missed_policy=studio.MissedPolicy(policy), missed_limit=limit)
    room.act(planning.set_cadence, project_id=project.project_id, config=WEEKLY)
    later = NOW.replace(month=12, day=14, hour=6)

    with clock.frozen(later):
        planning.end_missed(room.workspace.stores.operational)
        rows = slots_of(room, project)

    due = [slot for slot in rows if slot.slot_at <= later]
    assert running == sum(slot.status == "pending" for slot in due)
    assert len(due) - running == sum(slot.status == "missed" for slot in due)
    assert 7 == len(due)


def test_q3_a_date_is_skipped_and_a_dry_run_stores_nothing(room: Studio) -> None:
    """Skipping is a change of the cadence like any other."""
    project, _ = planned(room)

    change = room.act(planning.skip_date, project_id=project.project_id, day=date(2026, 11, 26))

    assert (0, 1) == (change.added, change.removed)
    assert date(2026, 11, 26) not in [slot.local_date for slot in slots_of(room, project)]
    assert 10 == len(planning.preview(WEEKLY))
    with pytest.raises(InvalidInput, match="at least one day"):
        planning.preview({**WEEKLY, "days": []})


def test_q22_a_slot_that_ended_cannot_be_cancelled_but_can_run_again(room: Studio) -> None:
    """A cancelled slot is restored; a pending one is refused."""
    project, _ = planned(room)
    first, second = slots_of(room, project)[:2]
    room.act(planning.cancel_slot, slot_id=first.slot_id)

    with pytest.raises(Conflict, match="the slot is cancelled"):
        room.act(planning.cancel_slot, slot_id=first.slot_id)
    with pytest.raises(Conflict, match="the slot is pending"):
        room.act(planning.retry_slot, slot_id=second.slot_id)

    assert "pending" == room.act(planning.retry_slot, slot_id=first.slot_id).status


def test_a_due_slot_becomes_a_job_once_and_the_planner_covers_every_project(room: Studio) -> None:
    """Dispatching twice adds no second job for the same slot."""
    project, _ = planned(room)
    room.execute("DELETE FROM studio.episode_schedule_queue")
    room.execute("DELETE FROM queue.slot_ledger")
    operational = room.workspace.stores.operational
    changed, wrong = planning.plan_all(operational)
    assert (10, []) == (changed, wrong)

    with clock.frozen(slots_of(room, project)[0].slot_at):
        assert 1 == jobs.dispatch(operational)
        assert 1 == jobs.dispatch(operational)

    with operational.worker() as tx:
        made = tx.values("SELECT kind FROM queue.jobs WHERE kind = 'studio.generate'")
    assert ["studio.generate"] == made
