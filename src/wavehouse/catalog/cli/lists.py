"""``wavehouse lists``: the operator's own lists besides the bundled ones."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_KINDS = click.Choice(["prefixes", "agents", "parameters", "paths"])


@click.group()
def lists() -> None:
    """Your own tracking prefixes, user agents, client parameters and path rules.

    They are added to the bundled lists and tried first. Files and addresses are checked before they
    are used; each change creates a new version, and is recorded in the audit log. Formats: our
    grammar, opawg/podcast-prefixes (prefixes), opawg/user-agents-v2 (agents).
    """


@lists.command()
@click.argument("kind", type=_KINDS, metavar="KIND")
@click.argument("source", metavar="LINE|FILE|URL")
@click.option("--name", help="Name of the list; default: the file's name. Agents: bots, apps, …")
@click.option("--allow-private", is_flag=True, help="Also open addresses in private networks.")
@click.pass_obj
def add(
    open_workspace: OpenWorkspace, kind: str, source: str, name: str | None, allow_private: bool
) -> None:
    """Add a list by FILE or URL, or one LINE: wavehouse lists add prefixes 'trk.example/p/*'."""
    from wavehouse.catalog.adapters import Web
    from wavehouse.catalog.service import add_list
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        closing(Web(allow_private=allow_private)) as web,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        kept = add_list(
            tx,
            identity=workspace.identity,
            home=workspace.settings.home,
            kind=kind,
            source=source,
            name=name,
            web=web,
        )
    terminal.out(f"{kept.kind}/{kept.name}: {kept.entries} entries, version {kept.version}")


@lists.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Show the bundled lists and your own, each with its version and source."""
    from wavehouse.catalog.service import bundled_lists, kept_lists
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        own = kept_lists(workspace.settings.home)
    bundled = bundled_lists()
    if as_json:
        terminal.print_json({"own": [dataclasses.asdict(k) for k in own], "bundled": bundled})
        return
    rows = [[f"{k.kind}/{k.name}", k.version, k.entries, k.source] for k in own]
    rows += [[name, entry["version"], "", entry["source"]] for name, entry in bundled.items()]
    terminal.print_table(["list", "version", "entries", "source"], rows)


@lists.command()
@click.argument("name", metavar="KIND/NAME")
@click.pass_obj
def remove(open_workspace: OpenWorkspace, name: str) -> None:
    """Remove one of your own lists."""
    from wavehouse.catalog.service import remove_list
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        remove_list(tx, identity=workspace.identity, home=workspace.settings.home, name=name)
    terminal.out("Removed.")


@lists.command()
@click.argument("name", required=False, metavar="[KIND/NAME]")
@click.option("--allow-private", is_flag=True, help="Also open addresses in private networks.")
@click.pass_context
def update(context: click.Context, name: str | None, allow_private: bool) -> None:
    """Reload lists from their sources; a list that is invalid keeps its last version."""
    from wavehouse.catalog.adapters import Web
    from wavehouse.catalog.service import update_lists
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_PARTIAL

    open_workspace: OpenWorkspace = context.obj
    with (
        open_workspace() as workspace,
        closing(Web(allow_private=allow_private)) as web,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        results = update_lists(
            tx, identity=workspace.identity, home=workspace.settings.home, name=name, web=web
        )
    for result in results:
        terminal.out(result.message)
    if not results:
        terminal.say("You have not added any lists. Add one: wavehouse lists add prefixes …")
    context.exit(EXIT_DONE if all(result.ok for result in results) else EXIT_PARTIAL)
