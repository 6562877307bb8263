"""Use cases of the schedule: set a cadence, plan ahead, list, skip, cancel (Q1 to Q7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.adapters.zones import tzdata_version, zone_names, zone_of
from wavehouse.studio.queries import slots as queries
from wavehouse.studio.rules import slots as rules
from wavehouse.studio.rules.cadence import Cadence, as_config, cadence_of
from wavehouse.studio.rules.slots import HORIZON, Slot
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.schedule import (
    Lane,
    Planned,
    ProjectToPlan,
    ScheduledSlot,
    SlotStatus,
)

NOTHING = Planned(0, 0, 0, ())
_OPEN_ENDS = frozenset({SlotStatus.FAILED, SlotStatus.DEAD, SlotStatus.CANCELLED})


def checked_cadence(config: Mapping[str, Any]) -> Cadence:
    """A cadence that can be planned. InvalidInput names the invalid field."""
    today = (
        clock.now().astimezone(zone_of(str(config.get("tz")))).date() if _zoned(config) else None
    )
    return cadence_of(config, zones=zone_names(), today=today or clock.today())


def stored_cadence(config: Mapping[str, Any]) -> dict[str, Any]:
    """A cadence in its stored form; an empty one stays empty.

    InvalidInput as ``checked_cadence``.
    """
    return as_config(checked_cadence(config)) if config else {}


def preview(config: Mapping[str, Any], *, days: int = HORIZON.days) -> tuple[Slot, ...]:
    """The future slots of a cadence, without storing them."""
    cadence, now = checked_cadence(config), clock.now()
    return rules.slots_between(cadence, zone_of(cadence.tz), now, now + timedelta(days=days))


def set_cadence(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, config: Mapping[str, Any]
) -> Planned:
    """Set a project's cadence and replace its future slots in the same transaction (Q6).

    Running and ended slots are unchanged. An empty cadence removes all future slots. InvalidInput
    for a cadence that cannot be planned; NotFound without the project.
    """
    accounts.require(identity.role, Access.WRITE)
    project = _project(tx, identity, project_id)
    stored = stored_cadence(config)
    queries.set_cadence(
        tx, organization_id=identity.organization_id, project_id=project_id, config=stored
    )
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="project.cadence_changed",
        resource=("project", project_id),
        organization_id=identity.organization_id,
        metadata={"from": project.cadence_config, "to": stored},
    )
    return _planned(tx, replace(project, cadence_config=stored))


def plan_project(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> Planned:
    """Plan a project 35 days ahead; repeating it changes nothing (Q2, Q6)."""
    return _planned(tx, _project(tx, identity, project_id))


def plan_all(operational: Database[Operational]) -> tuple[int, list[str]]:
    """Plan every active project of the installation, each in a separate transaction.

    Returns the number of changed slots, and a line for each project whose cadence cannot be
    planned. Maintenance: it works for all organizations and takes no identity.
    """
    with operational.worker() as tx:
        listed = queries.projects_to_plan(tx)
    changed, wrong = 0, []
    for each in listed:
        organization_id = OrganizationId(each.organization_id)
        try:
            with operational.app(organization_id) as tx:
                project = queries.project_to_plan(
                    tx, organization_id=organization_id, project_id=each.project_id
                )
                if project is not None and project.status == "active":
                    missed = _mark_missed(tx, project)
                    planned = _planned(tx, project)
                    changed += planned.added + planned.removed + missed
        except InvalidInput as error:
            wrong.append(f"the project {each.project_id} cannot be planned: {error}")
    return changed, wrong


def end_missed(operational: Database[Operational]) -> int:
    """End the overdue slots that the project's policy does not run; returns the number (Q7).

    Maintenance: it works for all organizations and takes no identity.
    """
    now, ended = clock.now(), 0
    with operational.worker() as tx:
        late = queries.projects_with_missed(tx, before=now - rules.GRACE)
    for each in late:
        organization_id = OrganizationId(each.organization_id)
        with operational.app(organization_id) as tx:
            project = queries.project_to_plan(
                tx, organization_id=organization_id, project_id=each.project_id
            )
            ended += _mark_missed(tx, project) if project is not None else 0
    return ended


def list_slots(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ScheduledSlot]:
    """Slots by time, live and finished; by default the last week and the horizon."""
    if project_id is not None:
        _project(tx, identity, project_id)
    now = clock.now()
    return queries.slots(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        since=since or now - timedelta(days=7),
        until=until or now + HORIZON,
    )


def show_slot(tx: Tx[Operational], *, identity: Identity, slot_id: UUID) -> ScheduledSlot:
    """A slot, live or finished. NotFound when the organization has no such slot."""
    row = queries.slot(tx, organization_id=identity.organization_id, slot_id=slot_id)
    if row is None:
        raise NotFound("there is no such slot", command="wavehouse studio schedule show")
    return row


def skip_date(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, day: date
) -> Planned:
    """Add a date to skip to the cadence. Conflict when the project has no cadence."""
    project = _project(tx, identity, project_id)
    if not project.cadence_config:
        raise Conflict("the project has no cadence", where="cadence")
    skipped = sorted({*project.cadence_config.get("skip_dates", []), day.isoformat()})
    config = {**project.cadence_config, "skip_dates": skipped}
    return set_cadence(tx, identity=identity, project_id=project_id, config=config)


def cancel_slot(tx: Tx[Operational], *, identity: Identity, slot_id: UUID) -> str:
    """Cancel a slot: immediately when it waits, at its next step when it runs (Q22).

    Returns ``cancelled`` or ``requested``. Conflict when it has ended.
    """
    accounts.require(identity.role, Access.WRITE)
    slot = show_slot(tx, identity=identity, slot_id=slot_id)
    outcome = queries.cancel_slot(tx, slot_id=slot.slot_id, now=clock.now())
    if outcome is None:
        raise Conflict(f"the slot is {slot.status}")
    _record(tx, identity, slot, f"slot.{outcome}")
    return outcome


def retry_slot(tx: Tx[Operational], *, identity: Identity, slot_id: UUID) -> ScheduledSlot:
    """Run a slot again after it ended without success (Q21). Conflict for any other."""
    accounts.require(identity.role, Access.WRITE)
    slot = show_slot(tx, identity=identity, slot_id=slot_id)
    if slot.status not in _OPEN_ENDS or not queries.requeue_slot(
        tx, slot_id=slot_id, now=clock.now()
    ):
        raise Conflict(f"the slot is {slot.status}; failed, dead and cancelled ones can run again")
    _record(tx, identity, slot, "slot.requeued")
    return show_slot(tx, identity=identity, slot_id=slot_id)


def add_slot_now(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, lane: Lane = Lane.INTERACTIVE
) -> ScheduledSlot:
    """Add a slot that is due now, besides the cadence."""
    accounts.require(identity.role, Access.WRITE)
    project = _project(tx, identity, project_id)
    if project.status == "archived":
        raise Conflict("the project is archived", hint="Make it active first.")
    timezone = str(project.cadence_config.get("tz") or "UTC")
    now = clock.now()
    local = now.astimezone(zone_of(timezone))
    ordinal = queries.next_ordinal(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        day=local.date(),
        least=BESIDES,
    )
    queries.add_slots(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        slots=[
            Slot(
                local.date(),
                local.time().replace(microsecond=0),
                ordinal,
                now
                - timedelta(microseconds=ordinal - BESIDES),  # two concurrent calls add two slots
            )
        ],
        timezone=timezone,
        tzdata_version=tzdata_version(),
        lane=lane,
        now=now,
    )
    slot_id = queries.slot_by_place(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        day=local.date(),
        ordinal=ordinal,
    )
    if slot_id is None:
        raise Conflict("the project already has a slot at this time", hint="Try again.")
    slot = show_slot(tx, identity=identity, slot_id=slot_id)
    _record(tx, identity, slot, "slot.added")
    return slot


BESIDES = 1000
"""Ordinals from here on are for slots besides the cadence."""


def _planned(tx: Tx[Operational], project: ProjectToPlan) -> Planned:
    """Make the future slots match the cadence; matching slots are unchanged."""
    now = clock.now()
    organization_id = OrganizationId(project.organization_id)
    wanted: Sequence[Slot] = ()
    timezone = ""
    if project.cadence_config and project.status != "archived":
        cadence = checked_cadence(project.cadence_config)
        timezone = cadence.tz
        wanted = rules.slots_between(cadence, zone_of(timezone), now, now + HORIZON)
        wanted = [slot for slot in wanted if slot.slot_at > now]
    stored = queries.future_slots(
        tx, organization_id=organization_id, project_id=project.project_id, after=now
    )
    change = rules.difference(wanted, stored, timezone)
    if change.remove:
        removed = [slot.slot_id for slot in change.remove]
        queries.remove_slots(tx, organization_id=organization_id, slot_ids=removed)
    if change.kept:
        kept = [slot.slot_id for slot in change.kept]
        queries.keep_slots(
            tx, organization_id=organization_id, slot_ids=kept, tzdata_version=tzdata_version()
        )
    added: list[date] = []
    if change.add:
        added = queries.add_slots(
            tx,
            organization_id=organization_id,
            project_id=project.project_id,
            slots=change.add,
            timezone=timezone,
            tzdata_version=tzdata_version(),
            lane=Lane.SCHEDULED,
            now=now,
        )
    used = sorted({slot.local_date for slot in change.add} - set(added))
    return Planned(len(added), len(change.remove), len(change.kept), tuple(used))


def _mark_missed(tx: Tx[Operational], project: ProjectToPlan) -> int:
    """End the overdue slots that the project's policy does not run (Q7)."""
    now = clock.now()
    organization_id = OrganizationId(project.organization_id)
    overdue = queries.overdue_slots(
        tx, organization_id=organization_id, project_id=project.project_id, now=now
    )
    missed = rules.missed(overdue, now, policy=project.missed_policy, limit=project.missed_limit)
    if not missed:
        return 0
    return queries.end_slots(tx, slot_ids=missed, status=SlotStatus.MISSED, now=now)


def _project(tx: Tx[Operational], identity: Identity, project_id: ProjectId) -> ProjectToPlan:
    project = queries.project_to_plan(
        tx, organization_id=identity.organization_id, project_id=project_id
    )
    if project is None:
        raise NotFound("there is no such project", command="wavehouse studio projects list")
    return project


def _zoned(config: Mapping[str, Any]) -> bool:
    return isinstance(config.get("tz"), str) and config["tz"] in zone_names()


def _record(tx: Tx[Operational], identity: Identity, slot: ScheduledSlot, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("slot", slot.slot_id),
        organization_id=identity.organization_id,
        metadata={"project_id": str(slot.project_id), "slot_at": slot.slot_at.isoformat()},
    )
