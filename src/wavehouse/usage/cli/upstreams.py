"""``wavehouse usage upstreams`` and ``fallbacks``: where the gateway sends calls."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.usage.cli.options import AS_JSON, operator, organization

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.group()
def upstreams() -> None:
    """Servers that implement the OpenAI API; the gateway sends a provider's calls there."""


@upstreams.command("set")
@click.argument("provider")
@click.option("--url", required=True, help="Base URL, including /v1.")
@click.option("--key-variable", help="Environment variable that holds its API key.")
@click.option("--allow-private", is_flag=True, help="Allow http and addresses in private networks.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=120, show_default=True,
              help="Read timeout in seconds.")  # fmt: skip
@click.pass_obj
def set_upstream(
    open_workspace: OpenWorkspace,
    provider: str,
    url: str,
    key_variable: str | None,
    allow_private: bool,
    timeout: int,
) -> None:
    """Set the upstream of a PROVIDER. Its key is encrypted and never shown again."""
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import UsageError
    from wavehouse.usage.service import gateway
    from wavehouse.webhooks import Sealer

    key = None if key_variable is None else os.environ.get(key_variable)
    if key_variable is not None and not key:
        raise UsageError(f"the environment variable {key_variable} is not set")
    with open_workspace() as workspace:
        sealer = Sealer.of(workspace.stores.operational.place)
    with operator(open_workspace) as (tx, identity):
        gateway.set_upstream(
            tx,
            identity=identity,
            sealer=sealer,
            provider=provider,
            base_url=url,
            key=key,
            allow_private=allow_private,
            timeout_seconds=timeout,
        )
    terminal.say(f"The upstream of {provider} is set.")


@upstreams.command("list")
@AS_JSON
@click.pass_obj
def list_upstreams(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the upstreams, without their keys."""
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import gateway

    with operator(open_workspace) as (tx, identity):
        rows = gateway.list_upstreams(tx, identity=identity)
    shown = [
        {
            "provider": row.provider,
            "url": row.base_url,
            "has_key": row.key_sealed is not None,
            "allow_private": row.allow_private,
            "timeout_seconds": row.timeout_seconds,
        }
        for row in rows
    ]
    if as_json:
        terminal.print_json({"upstreams": shown})
        return
    terminal.print_table(
        ("provider", "url", "key", "private", "timeout"), [tuple(row.values()) for row in shown]
    )


@upstreams.command("delete")
@click.argument("provider")
@click.pass_obj
def delete_upstream(open_workspace: OpenWorkspace, provider: str) -> None:
    """Remove the upstream of a PROVIDER."""
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import gateway

    with operator(open_workspace) as (tx, identity):
        gateway.delete_upstream(tx, identity=identity, provider=provider)
    terminal.say(f"The upstream of {provider} is removed.")


@click.group()
def fallbacks() -> None:
    """Models to call when another model's upstream is overloaded or unavailable."""


@fallbacks.command("set")
@click.argument("model")
@click.argument("fallback", required=False)
@click.option("--project", type=click.UUID, help="Only for this project.")
@click.pass_obj
def set_fallback(
    open_workspace: OpenWorkspace, model: str, fallback: str | None, project: UUID | None
) -> None:
    """Call FALLBACK when MODEL is unavailable; omit FALLBACK to remove it."""
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import gateway

    with organization(open_workspace) as (tx, identity):
        gateway.set_fallback(
            tx, identity=identity, model=model, fallback=fallback, project_id=project
        )
    terminal.say("Set." if fallback else "Removed.")


@fallbacks.command("list")
@AS_JSON
@click.pass_obj
def list_fallbacks(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the organization's fallbacks."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import gateway

    with organization(open_workspace) as (tx, identity):
        rows = gateway.list_fallbacks(tx, identity=identity)
    if as_json:
        terminal.print_json({"fallbacks": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("model", "fallback", "project"), [(r.model, r.fallback, r.project_id) for r in rows]
    )
