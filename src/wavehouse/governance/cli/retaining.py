"""``wavehouse retention``: policies, plan, apply, runs, legal holds."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.kernel import clock
from wavehouse.kernel.options import DAY, Id

if TYPE_CHECKING:
    from wavehouse.governance.types import Plan, Run, Step
    from wavehouse.workspace import OpenWorkspace

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_LARGE = click.option(
    "--allow-large",
    is_flag=True,
    help="Allow a run more than three times as large as the largest so far.",
)


@click.group()
def retention() -> None:
    """Retention: policies, data that is due, and its removal.

    Review the rows that are due, then apply exactly that plan:

    \b
      wavehouse retention plan
      wavehouse retention apply --plan DIGEST

    The setting `retention` decides what `wavehouse up` does once a day: plan (default: it only
    reports what is due), apply, or off.
    """  # noqa: D301 - click's mark of lines that are not joined


@retention.command()
@_JSON
@click.pass_obj
def policies(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the policies: every table or folder with a limit, and what removes older rows."""
    from wavehouse.governance.service import planning
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        listed = planning.policies(workspace.settings)
    if as_json:
        terminal.print_json(
            {
                "policies": [
                    {**dataclasses.asdict(each), "keep": str(each.keep) if each.keep else None}
                    for each in listed
                ]
            }
        )
        return
    terminal.print_table(
        ["policy", "database", "rows of", "kept", "how", "owner"],
        [
            [
                each.name,
                each.database or "–",
                each.subject,
                str(each.keep) if each.keep else "–",
                each.action.value if not each.note else f"{each.action.value}: {each.note}",
                each.owner,
            ]
            for each in listed
        ],
    )


@retention.command()
@_LARGE
@_JSON
@click.pass_context
def plan(context: click.Context, allow_large: bool, as_json: bool) -> None:
    """Count the rows older than their limits, without removing them.

    Exit code 3 when a step is refused or held.
    """
    from wavehouse.governance.service import planning
    from wavehouse.governance.types import StepState
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND
    from wavehouse.queue import check_operator

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        made = planning.plan(workspace.stores, workspace.settings, large=allow_large)
    if as_json:
        terminal.print_json(_plan(made))
    else:
        _print_plan(made)
    stopped = any(step.state in (StepState.HELD, StepState.REFUSED) for step in made.steps)
    context.exit(EXIT_FOUND if stopped else EXIT_DONE)


@retention.command()
@click.option("--plan", "digest", required=True, metavar="DIGEST", help="The plan to apply.")
@_LARGE
@_JSON
@click.pass_context
def apply(context: click.Context, digest: str, allow_large: bool, as_json: bool) -> None:
    """Remove the rows that the plan DIGEST names; refuses when the plan has changed since.

    Partitions are dropped first, then rows are deleted in chunks, then files. It can be stopped at
    any time: removals are recorded, and the next plan continues. Removed data cannot be recovered:
    create a backup first if you need one.

    Exit code 3 when a step failed or was refused.
    """
    from wavehouse.governance.service import applying
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND
    from wavehouse.queue import check_operator

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        done = applying.apply(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            digest=digest,
            large=allow_large,
            on_step=lambda name: terminal.say(f"Removing: {name}"),
        )
    if as_json:
        terminal.print_json({"plan": done.digest, "runs": [_run(run) for run in done.runs]})
    elif done.runs:
        _print_runs(list(done.runs))
    else:
        terminal.say("Nothing was due.")
    context.exit(EXIT_FOUND if done.failed else EXIT_DONE)


@retention.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_JSON
@click.pass_obj
def runs(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """List removals, plans, refusals and holds, latest first."""
    from wavehouse.governance.service import planning
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        listed = planning.list_runs(workspace.stores, limit=limit)
    if as_json:
        terminal.print_json({"runs": [{"database": name, **_run(run)} for name, run in listed]})
    elif listed:
        _print_runs([run for _, run in listed])
    else:
        terminal.say("No run yet. To list what is due: wavehouse retention plan")


@retention.command()
@_JSON
@click.pass_obj
def holds(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the legal holds on tables and on persons.

    Of a person on hold only a keyed hash is stored, so the list shows the database and the reason.
    """
    from wavehouse.governance.service import holding
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        with workspace.stores.operational.worker() as tx:
            listed = holding.list_holds(tx, identity=workspace.identity)
        listed += holding.list_person_holds(workspace.stores, identity=workspace.identity)
    if as_json:
        terminal.print_json({"holds": [dataclasses.asdict(each) for each in listed]})
    elif listed:
        terminal.print_table(
            ["rows of", "ends (UTC)", "reason", "ordered by", "id"],
            [
                [
                    h.table_name or f"a person ({h.database})",
                    f"{h.expires_at:%Y-%m-%d %H:%M}",
                    h.reason,
                    h.ordered_by,
                    h.legal_hold_id,
                ]
                for h in listed
            ],
        )
    else:
        terminal.say("No table and no person is on hold.")


@retention.command()
@click.argument("table")
@click.option("--reason", required=True, help="The reason, without personal data.")
@click.option(
    "--until",
    required=True,
    type=DAY,
    help="Last day of the hold (UTC); it can be renewed.",
)
@click.pass_obj
def hold(open_workspace: OpenWorkspace, table: str, reason: str, until: datetime) -> None:
    """Keep all rows of TABLE, such as operational.sponsorship.reports, to the end of a day."""
    from wavehouse.governance.service import holding
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        with workspace.stores.operational.worker() as tx:
            made = holding.hold_table(
                tx,
                workspace.settings,
                identity=workspace.identity,
                table=table,
                reason=reason,
                expires_at=until.replace(tzinfo=UTC) + clock.DAY,
            )
    terminal.out(f"Held until {until:%Y-%m-%d}, included: {made.legal_hold_id}")


@retention.command()
@click.argument("hold_id", type=Id("wavehouse retention holds"))
@click.pass_obj
def release(open_workspace: OpenWorkspace, hold_id: UUID) -> None:
    """End a legal hold on a table or a person early; `wavehouse retention holds` shows its id."""
    from wavehouse.governance.service import holding
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        holding.release_hold(workspace.stores, identity=workspace.identity, hold_id=hold_id)
    terminal.out("Released.")


def _plan(made: Plan) -> dict[str, Any]:
    return {
        "plan": made.digest,
        "made_at": made.made_at,
        "rows": made.rows,
        "steps": [
            {
                "policy": step.policy.name,
                "database": step.policy.database,
                "table": step.policy.subject,
                "action": step.policy.action.value,
                "keep_from": step.keep_from,
                "state": step.state.value,
                "reason": step.reason,
                **dataclasses.asdict(step.due),
            }
            for step in made.steps
        ],
    }


def _print_plan(made: Plan) -> None:
    from wavehouse.governance.types import StepState
    from wavehouse.kernel import terminal

    shown = [step for step in made.steps if step.state is not StepState.NOTHING]
    if not shown:
        terminal.say(f"Nothing is older than its limit ({len(made.steps)} policies).")
        return
    terminal.print_table(
        ["policy", "state", "rows", "partitions", "older than", "reason"],
        [_row(step) for step in shown],
    )
    if made.rows:
        terminal.say(f"{made.rows:,} rows would be removed:")
        terminal.say(f"wavehouse retention apply --plan {made.digest[:12]}")


def _row(step: Step) -> list[object]:
    return [
        step.policy.name,
        step.state.value,
        f"{step.due.rows:,}",
        len(step.due.parts) or "–",
        f"{step.keep_from:%Y-%m-%d}",
        step.reason,
    ]


def _run(run: Run) -> dict[str, Any]:
    return dataclasses.asdict(run)


def _print_runs(listed: list[Run]) -> None:
    from wavehouse.kernel import terminal

    terminal.print_table(
        ["policy", "status", "rows", "bytes", "older than", "started", "reason"],
        [
            [
                run.policy,
                run.status,
                f"{run.rows_removed or 0:,}",
                f"{run.bytes_freed or 0:,}",
                f"{run.keep_from:%Y-%m-%d}",
                run.started_at,
                run.reason or "",
            ]
            for run in listed
        ],
    )
