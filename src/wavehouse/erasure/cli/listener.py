"""``wavehouse listeners erase``: file, decide and carry out the erasure of a listener at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--email", required=True, help="The listener's address.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def erase(open_workspace: OpenWorkspace, email: str, yes: bool, as_json: bool) -> None:
    """Erase a listener with all their data, and print what was removed (P37).

    The same as `wavehouse erasure request`, `approve` and `run`. If the organization has another
    administrator, that person must approve: the request then waits, with exit code 4. This cannot
    be undone: run `wavehouse listeners export` first.
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import at_once

    if not yes:
        click.confirm(f"Erase {email} and all their data?", abort=True, err=True)
    with open_workspace() as workspace:
        outcome = at_once.erase_listener(
            workspace.stores,
            workspace.settings,
            identity=shown.operator(workspace),
            email=email,
        )
    shown.print_erased(outcome, as_json=as_json)
