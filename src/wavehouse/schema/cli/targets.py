"""The databases a command works on, from its options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import UsageError
from wavehouse.schema.types import Target

if TYPE_CHECKING:
    from wavehouse.schema.rules.layouts import Layout

OWN_LADDERS = "wavehouse.own_ladders"
"""The key of click's ``meta`` under which the program puts its own ladders."""

LAYOUTS = (
    "wavehouse",
    "golang-migrate",
    "dbmate",
    "goose",
    "flyway",
    "diesel",
    "sqlx",
    "prisma",
    "supabase",
    "hasura",
    "plain",
)
CLASSIFIER = "wavehouse.classifier"
"""The key under which the program puts the judge of new columns (``governance``)."""
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Choice:
    """The selected ladders and databases, as typed."""

    folder: Path | None
    url: str | None
    databases: tuple[str, ...]
    role: str | None

    @property
    def single(self) -> bool:
        """Whether a single database was named by --dir and --url."""
        return self.folder is not None or self.url is not None


def common_options(command: Command) -> Command:
    """Options shared by the commands of this group."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--role", metavar="ROLE", help="Create objects as ROLE (SET ROLE)."),
        click.option(
            "--database",
            "databases",
            type=click.Choice(DATABASES),
            multiple=True,
            help="One of the product's own databases, instead of --dir and --url.",
        ),
        click.option(
            "--url",
            envvar="WAVEHOUSE_SCHEMA_URL",
            metavar="URL",
            help="Database URL: postgresql://user@host:5432/name.",
        ),
        click.option(
            "--dir",
            "folder",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The folder of <version>_<slug>.up.sql and .down.sql files.",
        ),
    )
    for option in options:
        command = option(command)
    return command


layout_option = click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="wavehouse",
    show_default=True,
    help="The tool whose layout the folder has.",
)


waivers_option = click.option(
    "--waivers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Waivers for files that must not be edited [default: waivers.toml in the folder].",
)


def layout_of(choice: Choice, name: str) -> Layout:
    """The layout of --dir. The product's own ladders have their own layout."""
    from wavehouse.schema.rules.layouts import Layout

    if choice.folder is None and name != "wavehouse":
        raise UsageError("--layout needs --dir", hint="Add --dir, or omit --layout.")
    return Layout(name)


@contextmanager
def targets_of(choice: Choice) -> Iterator[list[Target]]:
    """The selected databases: the one named by --dir and --url, or the product's own."""
    if choice.folder is None and choice.url is None:
        # The program connects the ladders to servers and passes them in the command's context.
        with click.get_current_context().meta[OWN_LADDERS]() as ladders:
            yield [t for t in ladders if not choice.databases or t.name in choice.databases]
        return
    if choice.databases:
        raise UsageError(
            "--database cannot be combined with --dir and --url", hint="Use only one of them."
        )
    if choice.folder is None:
        raise UsageError(
            "--url needs the folder of its migrations", hint="Name the folder: --dir DIR."
        )
    if choice.url is None:
        raise UsageError(
            "--dir needs a database",
            hint="Name it: --url postgresql://user@host:5432/name, or set WAVEHOUSE_SCHEMA_URL.",
        )
    yield [Target("database", choice.url, choice.folder, choice.role)]


def print_not_run(folder: Path, layout: str) -> None:
    """List the files that cannot be run here; results apply without them."""
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service.ladder import not_run_of

    for skipped in not_run_of(folder, Layout(layout)):
        terminal.say(
            f"{skipped.name} {skipped.kind}: it is skipped, and files that depend on it may fail."
        )
