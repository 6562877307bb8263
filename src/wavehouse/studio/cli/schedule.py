"""``wavehouse studio schedule``: a project's publishing times."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.kernel.options import DAY
from wavehouse.studio.cli.acting import AS_JSON, PROJECT, organization

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wavehouse.studio.types.schedule import Planned, ScheduledSlot
    from wavehouse.workspace import OpenWorkspace

SLOT = click.argument("slot", type=click.UUID)
_DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@click.group()
def schedule() -> None:
    """The schedule of a project: its cadence, and its slots for the next 35 days."""


@schedule.command("set")
@PROJECT
@click.option("--day", "days", type=click.Choice(_DAYS, case_sensitive=False), multiple=True,
              help="Day of the week; repeatable.")  # fmt: skip
@click.option("--time", "times", multiple=True, help="Local time such as 06:00; repeatable.")
@click.option("--tz", required=True, help="Time zone such as Europe/Rome.")
@click.option("--from", "start", type=DAY, help="First local date; default: today.")
@click.option("--to", "until", type=DAY, help="Last local date, inclusive.")
@click.option("--skip", "skipped", type=DAY, multiple=True, help="Date to skip; repeatable.")
@click.option("--dry-run", is_flag=True, help="Show the slots, without storing them.")
@AS_JSON
@click.pass_obj
def set_schedule(
    open_workspace: OpenWorkspace,
    project: UUID,
    days: tuple[str, ...],
    times: tuple[str, ...],
    tz: str,
    start: datetime | None,
    until: datetime | None,
    skipped: tuple[datetime, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Set the cadence of PROJECT; its future slots are replaced, running ones are not."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import planning
    from wavehouse.studio.types.ids import ProjectId

    config: dict[str, Any] = {"days": list(days), "times": list(times), "tz": tz}
    if start is not None:
        config["start"] = start.date().isoformat()
    if until is not None:
        config["until"] = until.date().isoformat()
    if skipped:
        config["skip_dates"] = [day.date().isoformat() for day in skipped]
    with organization(open_workspace) as (tx, identity):
        if dry_run:
            slots = planning.preview(config)
            rows = [[f"{s.local_date} {s.local_time:%H:%M}", s.slot_at] for s in slots]
            if as_json:
                shown = [{"local": local, "slot_at": at} for local, at in rows]
                terminal.print_json({"dry_run": True, "slots": shown})
            else:
                terminal.print_table(("local", "instant"), rows)
            return
        planned = planning.set_cadence(
            tx, identity=identity, project_id=ProjectId(project), config=config
        )
    _said(planned, as_json=as_json)


@schedule.command("clear")
@PROJECT
@AS_JSON
@click.pass_obj
def clear_schedule(open_workspace: OpenWorkspace, project: UUID, as_json: bool) -> None:
    """Remove the cadence of PROJECT and its future slots."""
    from wavehouse.studio.service import planning
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        planned = planning.set_cadence(
            tx, identity=identity, project_id=ProjectId(project), config={}
        )
    _said(planned, as_json=as_json)


@schedule.command("skip")
@PROJECT
@click.argument("day", type=DAY)
@AS_JSON
@click.pass_obj
def skip_date(open_workspace: OpenWorkspace, project: UUID, day: datetime, as_json: bool) -> None:
    """Skip a local date of PROJECT."""
    from wavehouse.studio.service import planning
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        planned = planning.skip_date(
            tx, identity=identity, project_id=ProjectId(project), day=day.date()
        )
    _said(planned, as_json=as_json)


@schedule.command("plan")
@PROJECT
@AS_JSON
@click.pass_obj
def plan(open_workspace: OpenWorkspace, project: UUID, as_json: bool) -> None:
    """Plan PROJECT 35 days ahead, as workers do every minute; repeating it changes nothing."""
    from wavehouse.studio.service import planning
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        planned = planning.plan_project(tx, identity=identity, project_id=ProjectId(project))
    _said(planned, as_json=as_json)


@schedule.command("show")
@click.option("--project", type=click.UUID, help="Only this project.")
@AS_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, project: UUID | None, as_json: bool) -> None:
    """Show the slots of the last week and of the next 35 days."""
    from wavehouse.studio.service import planning
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        rows = planning.list_slots(
            tx, identity=identity, project_id=None if project is None else ProjectId(project)
        )
    show_slots(rows, as_json=as_json)


@schedule.command("cancel")
@SLOT
@AS_JSON
@click.pass_obj
def cancel(open_workspace: OpenWorkspace, slot: UUID, as_json: bool) -> None:
    """Cancel SLOT: immediately when it waits, at its next step when it runs."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import planning

    with organization(open_workspace) as (tx, identity):
        outcome = planning.cancel_slot(tx, identity=identity, slot_id=slot)
    if as_json:
        terminal.print_json({"slot_id": slot, "outcome": outcome})
    else:
        terminal.say("The slot was cancelled." if outcome == "cancelled" else "It will stop soon.")


@schedule.command("retry")
@SLOT
@AS_JSON
@click.pass_obj
def retry(open_workspace: OpenWorkspace, slot: UUID, as_json: bool) -> None:
    """Run SLOT again after it ended without success; finished steps are kept."""
    from wavehouse.studio.service import planning

    with organization(open_workspace) as (tx, identity):
        row = planning.retry_slot(tx, identity=identity, slot_id=slot)
    show_slots([row], as_json=as_json)


def show_slots(rows: Iterable[ScheduledSlot], *, as_json: bool) -> None:
    """Print slots."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal

    if as_json:
        terminal.print_json({"slots": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("slot", "local", "zone", "instant", "status", "tries", "episode"),
        [
            (r.slot_id, f"{r.local_date} {r.local_time:%H:%M}", r.timezone, r.slot_at, r.status,
             f"{r.attempts} of {r.max_attempts}", r.episode_id or "–")
            for r in rows
        ],
    )  # fmt: skip


def _said(planned: Planned, *, as_json: bool) -> None:
    from dataclasses import asdict

    from wavehouse.kernel import terminal

    if as_json:
        terminal.print_json(asdict(planned))
        return
    line = f"{planned.added} slots added, {planned.removed} removed, {planned.kept} kept."
    if planned.used:
        line += f" Already used: {', '.join(map(str, planned.used))}."
    terminal.say(line)
