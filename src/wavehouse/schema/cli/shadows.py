"""Shared by commands that use a shadow: their options, the shadow, the ladders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import UsageError
from wavehouse.schema.cli.targets import layout_option, print_not_run

if TYPE_CHECKING:
    from wavehouse.schema.adapters.shadow import Shadow
    from wavehouse.schema.types import Migration

Command = TypeVar("Command", bound=Callable[..., Any])


def shadow_options(command: Command) -> Command:
    """Options of every command that tries files in a shadow."""
    for option in (
        layout_option,
        click.option(
            "--target-version",
            type=click.Choice(["16", "18"]),
            help="Major version of the shadow [default: the target's, else 18].",
        ),
        click.option(
            "--shadow-url",
            metavar="URL",
            help="URL of a server for shadows, with a login that may create databases and "
            "roles [default: an embedded one].",
        ),
        click.option(
            "--prelude",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="SQL to run in a new shadow before the files, such as a platform's own setup.",
        ),
    ):
        command = option(command)
    return command


def ladder_options(command: Command) -> Command:
    """Options of a command that only needs files."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--database",
            "databases",
            type=click.Choice(DATABASES),
            multiple=True,
            help="One of the product's own ladders, instead of --dir; default: all.",
        ),
        click.option(
            "--dir",
            "folder",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The folder of migrations.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def shadow_of(
    major: int,
    url: str | None,
    prelude: Path | None = None,
    like: tuple[str, Sequence[Migration]] | None = None,
) -> Iterator[Shadow]:
    """A shadow server: the one at ``url``, or an embedded one in ``home``.

    ``like`` is the target to resemble, with its ladder.
    """
    from wavehouse.kernel import config
    from wavehouse.schema.adapters.shadow import shadow
    from wavehouse.schema.service.likeness import likeness_of
    from wavehouse.schema.types import Likeness

    text = prelude.read_text(encoding="utf-8") if prelude else ""
    likeness = likeness_of(*like, text) if like else Likeness(prelude=text)
    home = Path(config.load()["home"])
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    with shadow(home, major=major, url=url, likeness=likeness) as opened:
        yield opened


def print_notes(name: str, shadow: Shadow) -> None:
    """Print which properties of the target could not be copied, before any verdict."""
    for note in shadow.notes:
        terminal.say(f"{name}: the shadow differs from the target: it lacks {note}")


def ladders_of(
    folder: Path | None, databases: tuple[str, ...], layout: str, waivers: Path | None = None
) -> list[tuple[str, tuple[Migration, ...]]]:
    """The selected ladders, by name."""
    from wavehouse.schema.rules.layouts import Layout
    from wavehouse.schema.service.ladder import read_ladder
    from wavehouse.store import databases_folder

    if folder is not None and databases:
        raise UsageError("--database and --dir cannot be combined", hint="Use only one of them.")
    if folder is not None:
        print_not_run(folder, layout)
        return [(folder.name, read_ladder(folder, Layout(layout), waivers))]
    return [
        (name, read_ladder(databases_folder(name) / "migrations"))
        for name in DATABASES
        if not databases or name in databases
    ]


def check_versions(versions: tuple[str, ...], ladder: tuple[Migration, ...]) -> None:
    """UsageError for a version that the ladder does not have."""
    unknown = set(versions) - {migration.version for migration in ladder}
    if unknown:
        raise UsageError(
            f"migration {min(unknown)} does not exist", hint="Use a version from the folder."
        )
