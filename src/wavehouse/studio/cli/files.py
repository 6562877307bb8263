"""``wavehouse studio files``: the stored files, and deleting the unreferenced ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wavehouse.studio.cli.acting import AS_JSON

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace


@click.command()
@click.option("--collect", is_flag=True, help="Delete the files; without it they are counted.")
@AS_JSON
@click.pass_obj
def files(open_workspace: OpenWorkspace, collect: bool, as_json: bool) -> None:
    """Count the stored files that no episode references any more, or delete them.

    Files younger than a week, or than a generation that has not ended, are kept.
    """
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator
    from wavehouse.studio.service import collecting
    from wavehouse.studio.service.generation.places import store_of

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        result = collecting.collect(
            workspace.stores.operational,
            store_of(workspace.settings),
            identity=workspace.identity,
            apply=collect,
        )
    if as_json:
        terminal.print_json(asdict(result))
        return
    what = f"deleted {result.deleted}" if collect else f"would delete {result.unreferenced}"
    terminal.say(
        f"{result.files} files with {result.bytes:,} bytes; {what} with "
        f"{result.unreferenced_bytes:,} bytes that nothing references."
    )
