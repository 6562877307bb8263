"""``wavehouse access``: requests for a copy of personal data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.erasure.cli.requests import AS_JSON, BY, REQUEST, SUBJECT

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def access() -> None:
    """Requests for a copy of personal data: filed, approved by a second person, exported.

    \b
      wavehouse access request anna@example.org
      wavehouse erasure approve REQUEST --reason "verified by phone"
      wavehouse access export REQUEST --out anna.zip

    Listeners export their own data on their page.
    """  # noqa: D301 - click's mark of lines that are not joined


@access.command()
@click.argument("value")
@SUBJECT
@BY
@AS_JSON
@click.pass_obj
def request(open_workspace: OpenWorkspace, value: str, kind: str, by: str, as_json: bool) -> None:
    """File a request for a copy of a subject's data."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.erasure.types import Purpose, SubjectKind
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        shown.check_kind(workspace, kind)
        filed = requesting.file(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            wanted=requesting.Wanted(SubjectKind(kind), value, by),
            purpose=Purpose.ACCESS,
        )
    if as_json:
        terminal.print_json({**shown.request_json(filed.request), "is_new": filed.is_new})
    else:
        shown.print_requests([filed.request])
        shown.print_next(filed.request)


@access.command()
@REQUEST
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP file to write, readable only by you.",
)
@AS_JSON
@click.pass_obj
def export(open_workspace: OpenWorkspace, request_id: UUID, out: Path, as_json: bool) -> None:
    """Write the archive of an approved request: an index to read, CSV and JSON for each table.

    This completes the request. No other copy of the archive is kept.
    """
    from wavehouse.erasure.service import exporting
    from wavehouse.kernel import files, terminal

    with open_workspace() as workspace:
        made = exporting.export(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            request_id=request_id,
        )
    files.write_output(out, made.content)
    if as_json:
        terminal.print_json({"file": str(out), "rows": made.rows})
        return
    terminal.print_table(["table", "rows"], [[t, n] for t, n in made.rows.items()])
    terminal.say(f"Written: {out}")
