"""``wavehouse inclusions``: networks shared by many people (R19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.options import AS_JSON

if TYPE_CHECKING:
    from wavehouse.measurement.types import Inclusion
    from wavehouse.workspace import OpenWorkspace, Workspace

_DAYS = click.option(
    "--days",
    type=click.IntRange(1, 90),
    default=90,
    show_default=True,
    help="Days until the entry must be revalidated; at most 90.",
)


@click.group()
def inclusions() -> None:
    """Networks shared by many people, such as dorms and offices, that R17 and R18 would filter.

    An entry is valid for at most 90 days and must then be revalidated; after that its network is
    filtered again, and `wavehouse doctor` reports it. It covers requests made before it expires,
    whenever they are read. Requests stored before the entry was added keep their reason.
    """


@inclusions.command()
@click.argument("network")
@click.option("--reason", required=True, help="Describe who listens there, and your evidence.")
@_DAYS
@AS_JSON
@click.pass_obj
def add(open_workspace: OpenWorkspace, network: str, reason: str, days: int, as_json: bool) -> None:
    """List a NETWORK (192.0.2.0/24, 2001:db8::/48, or one address)."""
    from wavehouse.measurement.service import inclusions as service

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        entry = service.add_inclusion(
            tx, identity=workspace.identity, network=network, reason=reason, days=days
        )
    _tell(entry, as_json=as_json)


@inclusions.command()
@click.argument("network")
@click.option("--note", default="", help="Your evidence that it is still valid.")
@_DAYS
@AS_JSON
@click.pass_obj
def revalidate(
    open_workspace: OpenWorkspace, network: str, note: str, days: int, as_json: bool
) -> None:
    """Confirm that a listed NETWORK is still shared by many people."""
    from wavehouse.measurement.service import inclusions as service

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        entry = service.revalidate(
            tx, identity=workspace.identity, network=network, note=note, days=days
        )
    _tell(entry, as_json=as_json)


def _tell(entry: Inclusion, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(_json(entry))
    else:
        terminal.say(f"{entry.network} is included until {entry.expires_at:%Y-%m-%d %H:%M} UTC")


@inclusions.command("list")
@AS_JSON
@click.pass_obj
def list_entries(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Every entry with its end; exit code 3 when one has expired."""
    from wavehouse.measurement.service import inclusions as service

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        entries = service.list_inclusions(tx, identity=workspace.identity)
        expired = service.expired_inclusions(tx, identity=workspace.identity)
    if as_json:
        rows = [{**_json(e), "active": e not in expired} for e in entries]
        terminal.print_json({"inclusions": rows})
    elif entries:
        terminal.print_table(
            ["network", "reason", "validated", "until (UTC)", ""],
            [
                [e.network, e.reason, f"{e.validated_at:%Y-%m-%d}",
                 e.expires_at, "expired" if e in expired else "active"]
                for e in entries
            ],
        )  # fmt: skip
    else:
        terminal.say("No network is included. Add one: wavehouse inclusions add 192.0.2.0/24 …")
    if expired:
        raise SystemExit(EXIT_FOUND)


@inclusions.command()
@AS_JSON
@click.pass_obj
def export(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """The log of validations, oldest first, as tab-separated text or JSON."""
    from wavehouse.measurement.service import inclusions as service

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        log = service.validation_log(tx, identity=workspace.identity)
    rows: list[dict[str, Any]] = [
        {
            "network": v.network,
            "reason": v.reason,
            "validated_at": v.validated_at,
            "expires_at": v.expires_at,
            "validated_by": v.validated_by,
            "note": v.note,
        }
        for v in log
    ]
    if as_json:
        terminal.print_json({"validations": rows})
    elif rows:
        terminal.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        terminal.say("No network has ever been included.")


def alert(workspace: Workspace) -> None:
    """Report expired entries on stderr: their listeners are filtered again."""
    from wavehouse.measurement.service import inclusions as service

    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        expired = service.expired_inclusions(tx, identity=workspace.identity)
    for entry in expired:
        terminal.say(
            f"The inclusion of {entry.network} expired on {entry.expires_at:%Y-%m-%d}: "
            f"wavehouse inclusions revalidate {entry.network}"
        )


def _json(entry: Inclusion) -> dict[str, Any]:
    return {
        "network": entry.network,
        "reason": entry.reason,
        "created_at": entry.created_at,
        "validated_at": entry.validated_at,
        "expires_at": entry.expires_at,
    }
