"""``wavehouse ingest conversions``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.sponsorship.cli.options import AS_JSON, FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wavehouse.sponsorship.types import BadRow
    from wavehouse.workspace import Workspace


@click.command()
@FILE
@AS_JSON
@click.pass_context
def conversions(context: click.Context, file: Path, as_json: bool) -> None:
    """Import redeemed promo codes from FILE (conversions.csv); each order counts once."""
    from wavehouse import measurement, sponsorship
    from wavehouse.kernel import terminal

    def quarantine(path: Path, bad: Sequence[BadRow]) -> None:
        rows = [measurement.Aside(row.line, row.offset, row.reason) for row in bad]
        measurement.set_aside(
            workspace.stores.operational,
            path,
            identity=workspace.identity,
            format="conversions",
            rows=rows,
        )

    workspace: Workspace
    with (
        context.obj() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        done = sponsorship.ingest_conversions(
            tx, identity=workspace.identity, path=file, quarantine=quarantine
        )
    fields = {
        "read": done.read,
        "stored": done.stored,
        "duplicate": done.duplicate,
        "unmatched": done.unmatched,
        "dropped": done.dropped,
        "quarantined": done.quarantined,
    }
    for problem in done.problems:
        terminal.say(f"{file}:{problem.line}: {problem.reason}")
    if as_json:
        problems = [{"line": p.line, "reason": p.reason} for p in done.problems]
        unknown = [
            {"code": code, "rows": rows, "nearest": done.nearest.get(code)}
            for code, rows in done.unknown_codes.items()
        ]
        terminal.print_json({**fields, "problems": problems, "unknown_codes": unknown})
    else:
        terminal.print_table(list(fields), [list(fields.values())])
    for code, rows in done.unknown_codes.items():
        near = done.nearest.get(code)
        terminal.say(
            f"The code {code!r} ({rows} rows) does not belong to a live campaign on that day"
            + (f"; the nearest is {near!r}." if near else ".")
        )
    if done.quarantined:
        terminal.say("Correct the rows, then run: wavehouse quarantine replay")
        context.exit(EXIT_FOUND)
