"""``wavehouse init``: the questions of the first start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace, Workspace

TIERS = ["free", "starter", "professional", "enterprise"]
PERSONAS = ["solo_podcaster", "producer", "agency", "enterprise"]
"""As in ``types``, written out so that ``--help`` imports nothing; a test compares them."""


@click.command()
@click.option("--tier", type=click.Choice(TIERS), help="The plan; default free.")
@click.option("--persona", type=click.Choice(PERSONAS), help="The kind of creator you are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def init(
    open_workspace: OpenWorkspace, tier: str | None, persona: str | None, as_json: bool
) -> None:
    """Choose the plan and your persona; asks on a terminal, otherwise uses the defaults.

    A plan limits projects, seats (members and open invitations) and how long raw data is kept.
    """
    from wavehouse.accounts import rules
    from wavehouse.accounts.service import plans

    with open_workspace() as workspace:
        plan = choose(workspace, tier, persona)
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            current = plans.plan_of(tx, identity=identity)
    limits = {str(limit): rules.allowed(current, limit) for limit in rules.LIMITS}
    if as_json:
        terminal.print_json(
            {"tier": plan[0], "persona": plan[1], "seats_in_use": current.seats, "limits": limits}
        )
        return
    for name, most in limits.items():
        in_use = f" ({current.seats} in use)" if name == "seats" else ""
        allowed = "no limit" if most is None else str(most)
        terminal.say(f"{name.replace('_', ' ')}: {allowed}{in_use}")


def choose(
    workspace: Workspace, tier: str | None = None, persona: str | None = None
) -> tuple[str, str | None]:
    """Store the given tier and persona; missing ones are asked on a terminal, or left unchanged."""
    from wavehouse.accounts.service import plans

    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        before = plans.plan_of(tx, identity=identity)
    if tier is None and persona is None and sys.stdin.isatty() and sys.stderr.isatty():
        persona = click.prompt(
            "What kind of creator are you?",
            type=click.Choice(PERSONAS),
            default=before.persona or PERSONAS[0],
            err=True,
        )
        tier = click.prompt(
            "Which plan?", type=click.Choice(TIERS), default=before.plan_tier, err=True
        )
    tier, persona = tier or before.plan_tier, persona or before.persona
    with workspace.stores.operational.app(identity.organization_id) as tx:
        plans.choose_plan(tx, identity=identity, tier=tier, persona=persona)
    terminal.say(f"Plan: {tier}. Change it: wavehouse init --tier …")
    return tier, persona


def ask_at_first_start(workspace: Workspace) -> None:
    """Ask once; without a terminal, use the defaults and print them."""
    from wavehouse.accounts.service import plans

    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        is_chosen = plans.plan_of(tx, identity=workspace.identity).chosen_at is not None
    if not is_chosen:
        choose(workspace)
