"""``wavehouse paths``: rules that map paths to files (R03)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_RECOUNT = "Stored requests are checked again by the next count: wavehouse rollup run"


@click.group()
def paths() -> None:
    """Rules for addresses with different paths that mean the same file.

    A rule is 'pattern => address': {name} is one segment or a part of one, {*} any segment, {**}
    any number; {name:uuid}, {name:hex} and {name:digits} are of that form. 'guid:{name}' on the
    right is the episode with that guid. Our own rules are for Dovetail, Podlove and Castopod.
    """


@paths.command()
@click.argument("rule", metavar="'PATTERN => ADDRESS'")
@click.option("--note", help="The reason, as a note.")
@click.pass_obj
def add(open_workspace: OpenWorkspace, rule: str, note: str | None) -> None:
    """Add a rule: 'cdn.example/{show}/{digest}/{file} => cdn.example/{show}/{file}'."""
    from wavehouse.catalog.service import add_path_rule
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        stored = add_path_rule(tx, identity=workspace.identity, rule=rule, note=note)
    terminal.out(f"Added {stored.path_rule_id}: {stored.rule}. {_RECOUNT}")


@paths.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List every rule in the order in which they are tried: your own, files', bundled."""
    from wavehouse.catalog.service import list_path_rules
    from wavehouse.kernel import terminal
    from wavehouse.kernel.reference import path_rules

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        own = list_path_rules(tx, identity=workspace.identity)
    others = [rule.text for rule in path_rules().rules]
    if as_json:
        terminal.print_json(
            {"rules": [dataclasses.asdict(rule) for rule in own], "bundled": others}
        )
        return
    rows = [[rule.rule, rule.note or "", rule.path_rule_id] for rule in own]
    rows += [[text, "", "bundled or from a file"] for text in others]
    terminal.print_table(["rule", "note", "id"], rows)


@paths.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--rule", metavar="'PATTERN => ADDRESS'", help="Try this rule without adding it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def test(
    context: click.Context, addresses: tuple[str, ...], rule: str | None, as_json: bool
) -> None:
    """Show which file each ADDRESS means, and by which rule; exit code 3 when one means none."""
    from wavehouse.catalog.service import FileMeant, files_meant
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    open_workspace: OpenWorkspace = context.obj
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        meanings: list[FileMeant] = files_meant(
            tx, identity=workspace.identity, addresses=addresses, trying=rule
        )
    if as_json:
        terminal.print_json({"addresses": [dataclasses.asdict(meaning) for meaning in meanings]})
    else:
        for meaning in meanings:
            terminal.out(meaning.message)
    context.exit(EXIT_DONE if all(meaning.title for meaning in meanings) else EXIT_FOUND)


@paths.command()
@click.argument("rule", metavar="RULE|ID")
@click.pass_obj
def remove(open_workspace: OpenWorkspace, rule: str) -> None:
    """Remove a rule. Requests it already matched stay counted."""
    from wavehouse.catalog.service import remove_path_rule
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        remove_path_rule(tx, identity=workspace.identity, rule=rule)
    terminal.out("Removed.")
