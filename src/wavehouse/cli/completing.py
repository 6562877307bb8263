"""Opens the databases for the shell's completion of names, and never creates or explains any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace

VARIABLE = "_WAVEHOUSE_COMPLETE"
"""Set by the shell's function when it wants candidates."""


def given() -> dict[str, Any]:
    """The arguments of the root command: an opener while a shell completes, else none."""
    return {"obj": opened} if VARIABLE in os.environ else {}


@contextmanager
def opened() -> Iterator[Workspace]:
    """The workspace of the command line being typed. NotFound while there are no databases."""
    import click

    from wavehouse.app import Acting, open_workspace
    from wavehouse.kernel import config, terminal
    from wavehouse.kernel.errors import NotFound

    settings = config.load()
    if settings.url_of("operational") is None and not (settings.home / "postgres").exists():
        raise NotFound("there are no databases yet")
    terminal.be_quiet()
    typed = click.get_current_context().find_root().params
    with open_workspace(acting=Acting(typed.get("organization"), typed.get("email"))) as workspace:
        yield workspace
