"""``wavehouse members``: invite people, list them, change their roles, remove them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from wavehouse.accounts.types import Identity
    from wavehouse.store import Operational, Tx
    from wavehouse.workspace import OpenWorkspace, Workspace

ROLES = ["admin", "user", "viewer"]
"""As ``types.Role``, written out so that ``--help`` imports nothing; a test compares the two."""
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_MEMBER_COLUMNS = ["email", "name", "role", "joined", "last sign-in"]
_INVITATION_COLUMNS = ["email", "role", "state", "invited by", "expires"]


@click.group()
def members() -> None:
    """People who work in the organization.

    A viewer reads, a user changes data, an admin also manages the members.
    """


@contextmanager
def _opened(open_workspace: OpenWorkspace) -> Iterator[tuple[Workspace, Tx[Operational], Identity]]:
    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            yield workspace, tx, identity


@members.command("list")
@AS_JSON
@click.pass_obj
def list_all(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the members, and the invitations that are open or have expired."""
    from wavehouse.accounts import rules
    from wavehouse.accounts.service import invitations as invitation_service
    from wavehouse.accounts.service import members as service
    from wavehouse.kernel import clock

    with _opened(open_workspace) as (_, tx, identity):
        people = service.list_members(tx, identity=identity)
        invited = invitation_service.list_invitations(tx, identity=identity)
    rows = [[p.email, p.name, p.role, p.joined_at, p.last_login] for p in people]
    states = [(i, rules.invitation_state(i, clock.now())) for i in invited]
    waiting = [
        [i.email, i.role, state, i.invited_by, i.expires_at]
        for i, state in states
        if state in {"open", "expired"}
    ]
    if as_json:
        terminal.print_json(
            {
                "members": [dict(zip(_MEMBER_COLUMNS, row, strict=True)) for row in rows],
                "invitations": [
                    dict(zip(_INVITATION_COLUMNS, row, strict=True)) for row in waiting
                ],
            }
        )
        return
    terminal.print_table(_MEMBER_COLUMNS, rows)
    if waiting:
        terminal.say("\nInvitations that were not accepted:")
        terminal.print_table(_INVITATION_COLUMNS, waiting)


@members.command()
@click.argument("email")
@click.option(
    "--role", type=click.Choice(ROLES), default="user", help="The member's role; default: user."
)
@click.pass_obj
def invite(open_workspace: OpenWorkspace, email: str, role: str) -> None:
    """Email an invitation to EMAIL; it works once, for this address, within seven days.

    A background job sends it: `wavehouse up` or `wavehouse work`. Without a mail server the email
    is a file in the folder `outbox` of the home.
    """
    from wavehouse.accounts.service import invitations as service

    with _opened(open_workspace) as (workspace, tx, identity):
        made = service.invite(tx, identity=identity, email=email, role=role)
        is_stored = workspace.settings["smtp_host"] is None
    terminal.say(
        f"Invited {made.email} as {made.role}, until {made.expires_at:%Y-%m-%d %H:%M} UTC."
    )
    terminal.say("The email is queued; `wavehouse up` or `wavehouse work --once` sends it.")
    if is_stored:
        terminal.say("No mail server is configured: it will be in the folder outbox of the home.")


@members.command()
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@click.pass_obj
def role(open_workspace: OpenWorkspace, email: str, role: str) -> None:
    """Give the member EMAIL the ROLE; takes effect with the next request."""
    from wavehouse.accounts.service import members as service

    with _opened(open_workspace) as (_, tx, identity):
        member = service.change_role(tx, identity=identity, wanted=email, role=role)
    terminal.say(f"{member.email} has the role {member.role}.")


@members.command()
@click.argument("email")
@click.pass_obj
def remove(open_workspace: OpenWorkspace, email: str) -> None:
    """Remove the member EMAIL: sessions end, API keys are revoked."""
    from wavehouse.accounts.service import members as service

    with _opened(open_workspace) as (_, tx, identity):
        member = service.remove_member(tx, identity=identity, wanted=email)
    terminal.say(f"{member.email} is no longer a member.")


@members.command()
@click.argument("email")
@click.pass_obj
def revoke(open_workspace: OpenWorkspace, email: str) -> None:
    """Revoke the open invitation for EMAIL at once."""
    from wavehouse.accounts.service import invitations as service

    with _opened(open_workspace) as (_, tx, identity):
        service.revoke_invitation(tx, identity=identity, wanted=email)
    terminal.say(f"The invitation of {email} is revoked.")
