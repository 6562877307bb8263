"""``wavehouse learning erase``: file, decide and carry out the erasure of a learner at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.argument("account_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def erase(open_workspace: OpenWorkspace, account_id: str, yes: bool, as_json: bool) -> None:
    """Erase a learner with sessions, events, preferences, model and recommendations.

    The same as `wavehouse erasure request --subject learner`, `approve` and `run`. If the
    organization has another administrator, that person must approve: the request then waits, with
    exit code 4.
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import at_once

    if not yes:
        click.confirm(f"Erase all data about {account_id}?", abort=True, err=True)
    with open_workspace() as workspace:
        outcome = at_once.erase_learner(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            account_id=account_id,
        )
    shown.print_erased(outcome, as_json=as_json)
