"""Commands of ``accounts``: API keys, and the sign-in link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from wavehouse.kernel.options import DAY

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


SCOPES = [
    "catalog:read",
    "stats:read",
    "sources:read",
    "sources:write",
    "campaigns:read",
    "campaigns:write",
    "conversions:read",
    "conversions:write",
    "reports:read",
    "reports:write",
    "webhooks:read",
    "webhooks:write",
    "jobs:read",
    "jobs:write",
    "members:read",
    "members:write",
    "learning:read",
    "learning:write",
    "studio:read",
    "studio:write",
    "entitlements:read",
    "entitlements:write",
    "erasures:read",
    "erasures:write",
    "usage:read",
    "usage:write",
    "gateway:use",
]
"""As ``types.Scope``, written out so that ``--help`` imports nothing; a test compares the two."""


@click.group()
def keys() -> None:
    """API keys for programs that send or read data."""


@keys.command()
@click.option("--name", required=True, help="The purpose of the key.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="A scope to allow; repeatable.",
)
@click.option("--expires", type=DAY, help="Last day of validity (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def create(
    open_workspace: OpenWorkspace,
    name: str,
    scopes: tuple[str, ...],
    expires: datetime | None,
    as_json: bool,
) -> None:
    """Create a key. Its text is shown once and not stored."""
    from wavehouse.accounts.service import keys as service
    from wavehouse.accounts.types import Scope
    from wavehouse.kernel import clock, terminal

    expires_at = expires.replace(tzinfo=UTC) + clock.DAY if expires else None
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        made = service.create_api_key(
            tx,
            identity=workspace.identity,
            name=name,
            scopes=[Scope(scope) for scope in scopes],
            expires_at=expires_at,
        )
    if as_json:
        terminal.print_json(
            {"key": made.text, "prefix": made.key.key_prefix, "scopes": made.key.scopes}
        )
    else:
        terminal.out(made.text)
        terminal.say("This key is shown once. Send it as: Authorization: Bearer <key>")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_keys(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the keys, newest first, without their secrets."""
    from wavehouse.accounts.service import keys as service
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        api_keys = service.list_api_keys(tx, identity=workspace.identity)
    columns = ["prefix", "name", "scopes", "expires", "last used", "revoked"]
    rows = [
        [k.key_prefix, k.name, " ".join(k.scopes), k.expires_at, k.last_used_at, k.revoked_at]
        for k in api_keys
    ]
    if as_json:
        terminal.print_json({"keys": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say(
            "No API keys yet. Create one: "
            'wavehouse keys create --name "shop" --scope conversions:write'
        )


@keys.command()
@click.argument("prefix")
@click.pass_obj
def revoke(open_workspace: OpenWorkspace, prefix: str) -> None:
    """Revoke the key with this PREFIX at once."""
    from wavehouse.accounts.service import keys as service
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        service.revoke_api_key(tx, identity=workspace.identity, key_prefix=prefix)
    terminal.say(f"The key {prefix} is revoked.")


@click.command("sign-in-link")
@click.pass_obj
def sign_in_link(open_workspace: OpenWorkspace) -> None:
    """Print a one-time link that signs the administrator in; it works once, for 24 hours.

    The link points to the server that is running for this WAVEHOUSE_HOME (`wavehouse up`), whatever
    its port.
    """
    from wavehouse.accounts.service import sessions as service
    from wavehouse.kernel import serving, terminal

    with open_workspace() as workspace, workspace.stores.operational.worker() as tx:
        link = service.create_login_link(tx, identity=workspace.identity)
        running = serving.running_address(workspace.settings)
        address = running or serving.address_of(workspace.settings)
    terminal.out(f"{address}/sign-in?token={link.token}")
    if running is None:
        terminal.say("The dashboard is not running. Start it: wavehouse up")
