"""``wavehouse entitlements``: list, show, grant, revoke, check."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.kernel.options import INSTANT, Id

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace, Workspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
EMAIL = click.option("--email", required=True, help="The listener's e-mail address.")
TYPE = click.option("--type", "access_type", default="feed", show_default=True,
                    help="Kind of access.")  # fmt: skip
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show the change without making it.")
KINDS = click.Choice(["manual", "promo", "gift", "import"])


def complain_of_unknown_show(workspace: Workspace, resource: str) -> None:
    """Warn when a resource has the form of a show's id, and the organization has no such show."""
    from wavehouse import catalog
    from wavehouse.kernel import terminal

    try:
        wanted = UUID(resource)
    except ValueError:
        return
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        shows = catalog.list_podcasts(tx, identity=workspace.identity)
    if wanted not in [each.podcast_id for each in shows]:
        terminal.complain(
            f"warning: no show of the organization has the id {resource}, so that nobody can open "
            "its feed. `wavehouse feeds list --json` lists them."
        )


@click.group()
def entitlements() -> None:
    """Listeners' access: grants, their history, the payment provider's events.

    Grants come from the provider's events at /webhooks/stripe, or are made manually. Every change
    is in a ledger with its reason.
    """


@entitlements.command("list")
@click.option("--email", help="Only grants of this listener.")
@click.option("--resource", help="Only grants of this resource.")
@AS_JSON
@click.pass_obj
def list_(
    open_workspace: OpenWorkspace, email: str | None, resource: str | None, as_json: bool
) -> None:
    """List grants with their state; those of erased listeners last."""
    from wavehouse.entitlements.service import granting, reading
    from wavehouse.kernel import clock, terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        who = granting.listener_of(tx, identity=identity, email=email) if email else None
        grants = reading.list_grants(tx, identity=identity, listener_id=who, resource=resource)
    now = clock.now()
    if as_json:
        terminal.print_json([_shown(grant, now) for grant in grants])
    elif not grants:
        terminal.say("There are no grants. To list the offers: wavehouse entitlements offers list")
    else:
        rows = [
            [
                grant.email or "erased",
                f"{grant.type} {grant.resource}",
                grant.status_at(now),
                _until(grant.expires_at),
                grant.scope_kind,
                grant.entitlement_id,
            ]
            for grant in grants
        ]
        terminal.print_table(["listener", "resource", "state", "until", "by", "id"], rows)


@entitlements.command()
@EMAIL
@AS_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, email: str, as_json: bool) -> None:
    """Show a listener's grants with every change and its reason."""
    from wavehouse.entitlements.service import granting, reading
    from wavehouse.kernel import clock, terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        who = granting.listener_of(tx, identity=identity, email=email)
        histories = reading.history(tx, identity=identity, listener_id=who)
    now = clock.now()
    if as_json:
        terminal.print_json(
            [
                {
                    **_shown(each.grant, now),
                    "history": [dataclasses.asdict(entry) for entry in each.entries],
                }
                for each in histories
            ]
        )
        return
    for each in histories:
        grant = each.grant
        terminal.say(f"{grant.type} {grant.resource}: {grant.status_at(now)} "
                     f"({grant.scope_kind} {grant.scope})")  # fmt: skip
        terminal.print_table(
            ["when", "state", "until", "reason", "actor"],
            [
                [
                    entry.effective_at or entry.recorded_at,
                    entry.state_after.get("status"),
                    str(entry.state_after.get("expires_at") or "no end")[:16],
                    entry.reason,
                    entry.actor,
                ]
                for entry in each.entries
            ],
        )
    if not histories:
        terminal.say("This listener has no grants.")


@entitlements.command()
@EMAIL
@click.option("--resource", required=True, help="The show's id, or another resource.")
@TYPE
@click.option("--reason", required=True, help="The reason, stored in the ledger.")
@click.option(
    "--until",
    type=INSTANT,
    help="End of the grant, not included, such as 2026-12-31 (UTC without an offset).",
)
@click.option("--permanent", is_flag=True, help="Grant without an end.")
@click.option("--kind", type=KINDS, default="manual", show_default=True, help="Kind of grant.")
@click.option(
    "--scope", default="operator", show_default=True, help="Name of the campaign or gift."
)
@DRY_RUN
@AS_JSON
@click.pass_obj
def grant(
    open_workspace: OpenWorkspace,
    email: str,
    resource: str,
    access_type: str,
    reason: str,
    until: datetime | None,
    permanent: bool,
    kind: str,
    scope: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Grant access manually, until a time or permanently; needs a reason."""
    from wavehouse.entitlements.service import granting
    from wavehouse.entitlements.types import NewGrant, ScopeKind
    from wavehouse.kernel import clock, terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        complain_of_unknown_show(workspace, resource)
        who = granting.listener_of(tx, identity=identity, email=email)
        end = until
        new = NewGrant(who, access_type, resource, ScopeKind(kind), scope, reason,
                       expires_at=end, is_permanent=permanent)  # fmt: skip
        if dry_run:
            granting.check(new)
            terminal.say(f"{email} would have access to {resource} {_until(end)}.")
            return
        made = granting.grant(tx, identity=identity, new=new)
    if as_json:
        terminal.print_json(_shown(made, clock.now()))
    else:
        terminal.say(f"{email} has access to {resource} {_until(made.expires_at)}.")
        terminal.out(str(made.entitlement_id))


@entitlements.command()
@click.argument("entitlement_id", type=Id("wavehouse entitlements list"))
@click.option("--reason", required=True, help="The reason, stored in the ledger.")
@DRY_RUN
@AS_JSON
@click.pass_obj
def revoke(
    open_workspace: OpenWorkspace, entitlement_id: UUID, reason: str, dry_run: bool, as_json: bool
) -> None:
    """Revoke a grant now. A subscription's grant stays revoked when it is renewed."""
    from wavehouse.entitlements.service import granting
    from wavehouse.kernel import clock, terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        if dry_run:
            known = granting.find(tx, identity=identity, entitlement_id=entitlement_id)
            terminal.say(f"{known.email or 'An erased listener'} would lose {known.resource}.")
            return
        gone = granting.revoke(tx, identity=identity, entitlement_id=entitlement_id, reason=reason)
    if as_json:
        terminal.print_json(_shown(gone, clock.now()))
    else:
        terminal.say(
            f"{gone.email} has lost {gone.resource}, granted by {gone.scope_kind} {gone.scope}."
        )


@entitlements.command()
@EMAIL
@click.option("--resource", required=True, help="The show's id, or another resource.")
@TYPE
@click.option("--at", "moment", type=INSTANT,
              help="A past time, such as 2026-11-01T12:00:00 (UTC) [default: now].")  # fmt: skip
@AS_JSON
@click.pass_context
def check(
    context: click.Context,
    email: str,
    resource: str,
    access_type: str,
    moment: datetime | None,
    as_json: bool,
) -> None:
    """Check whether a listener has access, now or at a past time. Exit code 3 without access."""
    from wavehouse.entitlements.service import granting, reading
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        who = granting.listener_of(tx, identity=identity, email=email)
        answer = reading.check(
            tx,
            identity=identity,
            listener_id=who,
            access_type=access_type,
            resource=resource,
            at=moment,
        )
    if as_json:
        terminal.print_json(dataclasses.asdict(answer))
    elif answer.granted:
        grace = ", in grace" if answer.in_grace else ""
        terminal.say(f"Access {_until(answer.valid_until)}{grace}.")
    else:
        terminal.say("No access.")
    context.exit(EXIT_DONE if answer.granted else EXIT_FOUND)


def _until(end: datetime | None) -> str:
    return f"until {end:%Y-%m-%d %H:%M} UTC" if end else "without an end"


def _shown(grant: Any, now: datetime) -> dict[str, Any]:
    return {**dataclasses.asdict(grant), "status": grant.status_at(now)}
