"""``wavehouse quarantine``: rows that could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.options import AS_JSON, ROWS

if TYPE_CHECKING:
    from wavehouse.measurement.types import QuarantinedRow
    from wavehouse.workspace import OpenWorkspace

REPLAY_READERS = "wavehouse.replay_readers"
"""The key of click's ``meta`` under which the program puts readers of other contexts' files."""


@click.group()
def quarantine() -> None:
    """Rows of logs that could not be used. Listings are masked; a replay reads the files again."""


@quarantine.command("list")
@click.option("--limit", type=ROWS, default=100, show_default=True, help="Maximum number of rows.")
@AS_JSON
@click.pass_obj
def list_rows(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """Rows in the quarantine: file, line, byte and reason."""
    from wavehouse.measurement.rules.outcomes import fault_explained
    from wavehouse.measurement.service import quarantine as service

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        rows = service.listed(tx, identity=workspace.identity, limit=limit)
        keep = workspace.settings["raw_retention_days"]
    if as_json:
        terminal.print_json({"rows": [_row_json(row, keep) for row in rows]})
    elif rows:
        terminal.print_table(
            ["file:line", "byte", "why", "excerpt"],
            [
                [
                    f"{r.file}:{r.line_number}",
                    r.byte_offset,
                    fault_explained(r.reason, keep),
                    r.excerpt[:60],
                ]
                for r in rows
            ],
        )
        terminal.say("Correct the files, then run: wavehouse quarantine replay")
    else:
        terminal.say("The quarantine is empty.")


def _row_json(row: QuarantinedRow, keep: int) -> dict[str, object]:
    from wavehouse.measurement.rules.outcomes import fault_explained

    return {
        "id": row.quarantine_id,
        "file": row.file,
        "line": row.line_number,
        "byte": row.byte_offset,
        "length": row.byte_length,
        "reason": row.reason,
        "why": fault_explained(row.reason, keep),
        "excerpt": row.excerpt,
        "quarantined_at": row.quarantined_at,
    }


@quarantine.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@AS_JSON
@click.pass_context
def replay(context: click.Context, ids: tuple[object, ...], as_json: bool) -> None:
    """Read quarantined rows again from their files: all, or those with the given IDS."""
    from uuid import UUID

    from wavehouse.measurement.service import counting, rolling
    from wavehouse.measurement.service import quarantine as service

    # The program passes in the readers of files of other contexts, which are on higher floors.
    readers = context.meta.get(REPLAY_READERS, service.NO_READERS)
    with context.obj() as workspace:
        done = service.replay(
            workspace.stores.operational,
            workspace.settings,
            identity=workspace.identity,
            ids=[UUID(str(each)) for each in ids],
            readers=readers,
        )
        counting.count(workspace.stores.operational, workspace.settings)
        rolling.roll_up(workspace.stores)
    if as_json:
        terminal.print_json(
            {
                "tried": done.tried,
                "stored": done.stored,
                "still_quarantined": done.still_bad,
                "unreadable": list(done.unreadable),
            }
        )
    else:
        terminal.say(
            f"{done.tried} rows tried: {done.stored} now stored, {done.still_bad} still unusable"
        )
        for problem in done.unreadable:
            terminal.say(problem)
    if done.still_bad:
        raise SystemExit(EXIT_FOUND)


@quarantine.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Discard every row.")
@click.pass_obj
def discard(open_workspace: OpenWorkspace, ids: tuple[object, ...], everything: bool) -> None:
    """Discard rows: those with the given IDS, or --all. The audit log records how many."""
    from uuid import UUID

    from wavehouse.measurement.service import quarantine as service

    if not ids and not everything:
        raise click.UsageError("Name the rows to discard, or use --all.")
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        closed = service.discard(
            tx, identity=workspace.identity, ids=[UUID(str(each)) for each in ids]
        )
    terminal.say(f"{closed} rows discarded")
