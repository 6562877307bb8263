"""``wavehouse schema``: apply, rollback and status, for any ladder or the product's three."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_DONE, UsageError, WavehouseError
from wavehouse.schema.cli.report import Report
from wavehouse.schema.cli.targets import (
    Choice,
    Command,
    common_options,
    layout_of,
    layout_option,
    print_not_run,
    targets_of,
    waivers_option,
)
from wavehouse.schema.cli.walking import walk

if TYPE_CHECKING:
    from wavehouse.schema.cli.walking import OnStep
    from wavehouse.schema.types import (
        StatusEntry,
        StatusResult,
        Target,
        WalkResult,
    )


@click.group()
def schema() -> None:
    """Apply, roll back and compare versioned changes of a database."""


wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another runner, and for locks of other sessions.",
)
actor_option = click.option(
    "--actor",
    envvar="WAVEHOUSE_ACTOR",
    metavar="NAME",
    help="The person or job that runs this command, for the audit log [default: the "
    "operating system's user].",
)


def checks_options(command: Command) -> Command:
    """Options of the checks before and after a run."""
    return click.option(
        "--no-checks",
        is_flag=True,
        help="Skip the checks before and after: rows, orphans, nulls, duplicates, lock holders.",
    )(
        click.option(
            "--oldest-transaction",
            type=click.FloatRange(min=0),
            default=300.0,
            show_default=True,
            metavar="SECONDS",
            help="Refuse when an older transaction holds a lock on an affected table.",
        )(command)
    )


dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would run; write nothing.")


@schema.command("apply")
@common_options
@layout_option
@waivers_option
@wait_option
@dry_run_option
@actor_option
@checks_options
@click.option("--to", metavar="VERSION", help="Stop after this version.")
@click.option(
    "--allow-out-of-order",
    is_flag=True,
    help="Also apply files older than the newest applied version.",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Output of `wavehouse schema plan --json`: apply exactly that plan, or nothing.",
)
def apply_command(
    waivers: Path | None,
    to: str | None,
    allow_out_of_order: bool,
    plan_file: Path | None,
    dry_run: bool,
    wait: float,
    actor: str | None,
    no_checks: bool,
    oldest_transaction: float,
    as_json: bool,
    layout: str,
    **words: Any,
) -> None:
    """Apply every pending migration, each whole or not at all.

    The tables that the files touch are checked before and after: row counts, foreign keys without a
    row, nulls and duplicates that would make a statement fail, sessions that hold locks, missing
    extensions. A run that would fail is refused before anything runs. A file counts as applied only
    when it leaves no invalid index, no unvalidated constraint (unless a later file validates it, or
    its header gives a reason: -- wavehouse: unvalidated REASON) and no partition half detached. The
    queries of VERSION_SLUG.check.sql run before and after; if one returns false, the file is rolled
    back.

    --layout reads the folder of another runner. Its own history table is not read, so start with a
    database that it has not migrated.
    """
    from wavehouse.schema import Patience, apply, write_classes
    from wavehouse.schema.cli.plans import expected_of

    choice = Choice(**words)
    folder_layout = layout_of(choice, layout)

    def work(target: Target, on_step: OnStep) -> WalkResult:
        result = apply(
            target.conninfo,
            target.folder,
            layout=folder_layout,
            waivers=waivers,
            to=to,
            role=target.role,
            allow_out_of_order=allow_out_of_order,
            dry_run=dry_run,
            actor=actor,
            oldest_transaction=None if no_checks else oldest_transaction,
            expected=expected_of(plan_file, target.name) if plan_file else None,
            patience=Patience(wait_seconds=wait, retry_seconds=wait),
            on_step=on_step,
        )
        if result.steps and not dry_run:
            write_classes(target)
        return result

    verb = "would apply" if dry_run else "applied"
    walk(choice, Report(as_json, choice.single), work, verb, "applied")


@schema.command("rollback")
@common_options
@layout_option
@wait_option
@dry_run_option
@actor_option
@checks_options
@click.option(
    "--to", metavar="VERSION", help="Undo everything newer than this version; 0 undoes all."
)
@click.option(
    "--steps", type=click.IntRange(min=1), help="Number of migrations to undo [default: 1]."
)
@click.option(
    "--allow-changed-down", is_flag=True, help="Run down files even if they have changed since."
)
def rollback_command(
    to: str | None,
    steps: int | None,
    allow_changed_down: bool,
    dry_run: bool,
    wait: float,
    actor: str | None,
    no_checks: bool,
    oldest_transaction: float,
    as_json: bool,
    layout: str,
    **words: Any,
) -> None:
    """Undo the newest migrations with their down files, newest first."""
    from wavehouse.schema import Patience, rollback

    choice = Choice(**words)
    folder_layout = layout_of(choice, layout)
    if to is not None and steps is not None:
        raise UsageError("--to and --steps cannot be combined", hint="Use only one of them.")
    if choice.folder is None and choice.url is None and len(choice.databases) != 1:
        raise UsageError(
            "a rollback needs exactly one database",
            hint="Name the database.",
            command="wavehouse schema rollback --database operational",
        )

    def work(target: Target, on_step: OnStep) -> WalkResult:
        return rollback(
            target.conninfo,
            target.folder,
            layout=folder_layout,
            to=to,
            steps=steps or 1,
            role=target.role,
            allow_changed_down=allow_changed_down,
            dry_run=dry_run,
            actor=actor,
            oldest_transaction=None if no_checks else oldest_transaction,
            patience=Patience(wait_seconds=wait, retry_seconds=wait),
            on_step=on_step,
        )

    verb = "would roll back" if dry_run else "rolled back"
    walk(choice, Report(as_json, choice.single), work, verb, "rolled_back")


@schema.command("recover")
@common_options
@layout_option
@waivers_option
@wait_option
@dry_run_option
@actor_option
@click.option(
    "--run-again",
    is_flag=True,
    help="Run an interrupted block that commits its own work again from its start.",
)
def recover_command(
    waivers: Path | None,
    run_again: bool,
    dry_run: bool,
    wait: float,
    actor: str | None,
    as_json: bool,
    layout: str,
    **words: Any,
) -> None:
    """Finish a non-transactional file that was interrupted.

    The journal has the finished statements. For the interrupted one the database is inspected:
    nothing happened, all of it is done, or there is debris (an invalid index, a pending detach),
    which is removed. The file's session settings are restored. A block that commits its own work
    (DO, CALL) cannot be inspected: it needs --run-again. With --dry-run the findings are only
    reported. To undo the partial file instead: wavehouse schema rollback.
    """
    from wavehouse.schema import Patience, recover

    choice = Choice(**words)
    folder_layout = layout_of(choice, layout)
    report, rows = Report(as_json, choice.single), []
    with targets_of(choice) as targets:
        for target in targets:
            result = recover(
                target.conninfo,
                target.folder,
                layout=folder_layout,
                waivers=waivers,
                role=target.role,
                dry_run=dry_run,
                run_again=run_again,
                actor=actor,
                patience=Patience(wait_seconds=wait, retry_seconds=wait),
            )
            report.add(target.name, result.as_json())
            if result.recovered is None:
                terminal.say(f"{target.name}: nothing is partly applied")
                continue
            verb = "would finish" if dry_run else "finished"
            terminal.say(
                f"{target.name}: {verb} {result.recovered} {result.direction}: "
                f"{result.done_before} statements were already done, {result.done_now} "
                "were run now"
            )
            rows.append((target.name, result.recovered, result.done_before, result.done_now))
    report.write(("database", "version", "done before", "done now"), rows)


@schema.command("history")
@common_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Maximum number of entries.",
)
def history_command(limit: int, as_json: bool, **words: Any) -> None:
    """Print the runner's audit log of a database's schema, newest first.

    Each entry has the actor and the login, the action and version, the hashes of the file and of
    the change set (all files of that run), and the telemetry trace. The log is stored append-only
    in schema_ops.journal.
    """
    from wavehouse.schema import history

    choice = Choice(**words)
    report, rows = Report(as_json, choice.single), []
    with targets_of(choice) as targets:
        for target in targets:
            entries = history(target.conninfo, role=target.role, limit=limit)
            report.add(target.name, {"entries": [entry.as_json() for entry in entries]})
            rows += [
                (
                    target.name,
                    entry.happened_at,
                    entry.actor or entry.done_by,
                    f"{entry.direction.value} {entry.event}",
                    f"{entry.version}_{entry.slug}",
                    (entry.change_set or "–")[:12],
                )
                for entry in entries
            ]
            if not entries:
                terminal.say(f"{target.name}: no runner has used this database")
    report.write(("database", "when", "who", "what", "migration", "change set"), rows)


@schema.command("status")
@common_options
@layout_option
@click.option("--probe", is_flag=True, help="One line for a monitor, drift included.")
@click.pass_context
def status_command(
    context: click.Context, /, probe: bool, as_json: bool, layout: str, **words: Any
) -> None:
    """Compare the files with the database: 0 in order, 3 pending or changed, 6 partly applied.

    With --probe the output is short: version, last migration, partial, pending, and whether the
    schema is still as its newest migration left it (by the hash in the history, without a shadow).
    For the differences: wavehouse schema drift.
    """
    from wavehouse.schema import status

    choice = Choice(**words)
    folder_layout = layout_of(choice, layout)
    report, rows, worst = Report(as_json, choice.single), [], EXIT_DONE
    try:
        with targets_of(choice) as targets:
            for target in targets:
                print_not_run(target.folder, layout)
                try:
                    result = status(
                        target.conninfo,
                        target.folder,
                        layout=folder_layout,
                        role=target.role,
                        probe=probe,
                    )
                except WavehouseError as error:
                    report.add_failure(target.name, error, {})
                    raise
                report.add(target.name, result.as_probe() if probe else result.as_json())
                worst = max(worst, result.exit_code)
                if probe:
                    rows.append((target.name, *_cells(result.as_probe())))
                else:
                    rows += [_row(target, entry) for entry in result.entries]
                _advise(target, result)
    finally:
        report.write(_PROBE if probe else _STATUS, rows)
    context.exit(worst)


_STATUS = ("database", "version", "slug", "state", "applied at")
_PROBE = ("database", "version", "applied at", "partial", "pending", "drift")


def _cells(probe: dict[str, object]) -> tuple[object, ...]:
    words = {True: "yes", False: "no", None: "unknown"}
    return tuple(
        words[value] if value is None or isinstance(value, bool) else value
        for value in probe.values()
    )


def _row(target: Target, entry: StatusEntry) -> tuple[object, ...]:
    return (target.name, entry.version, entry.slug, entry.state.value, entry.applied_at)


def _advise(target: Target, result: StatusResult) -> None:
    """A sentence with the next command for each kind of problem."""
    from wavehouse.schema import EntryState

    advice = {
        EntryState.PENDING: "pending; apply with: wavehouse schema apply",
        EntryState.OUT_OF_ORDER: "older than the newest applied; see apply --allow-out-of-order",
        EntryState.CHANGED: "changed after being applied; restore the file",
        EntryState.DOWN_CHANGED: "with a down file changed since it was applied",
        EntryState.MISSING: "applied, but the file is missing; restore it",
        EntryState.AHEAD: "applied by a newer release than this folder",
        EntryState.PARTIAL: "partly applied; finish with: wavehouse schema recover",
    }
    for state, sentence in advice.items():
        if versions := result.of(state):
            terminal.say(f"{target.name}: {len(versions)} {sentence} (first: {versions[0]})")
    if result.equals is False:
        terminal.say(
            f"{target.name}: differs from the schema that "
            "{result.version} created; for the differences: wavehouse schema drift"
        )
    if not result.entries:
        terminal.say(f"{target.name}: no migrations in the folder, none in the database")
