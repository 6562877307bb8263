"""The root command. Its commands come from the manifests (``wavehouse.wiring``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import click

from wavehouse import __version__, wiring
from wavehouse.cli.loading import LazyGroup

if TYPE_CHECKING:
    from pathlib import Path

    from wavehouse.schema import Catalogue, Target
    from wavehouse.workspace import OpenWorkspace, Workspace


def _opener(organization: str | None, email: str | None) -> OpenWorkspace:
    def opened() -> AbstractContextManager[Workspace]:
        from wavehouse.app import Acting, open_workspace

        return open_workspace(acting=Acting(organization, email))

    return opened


def _check_tenant(command: str) -> None:
    from wavehouse.wiring.access import is_operators

    if is_operators(command):
        raise click.UsageError(
            f"{command} acts for the whole installation: it does not accept --organization or --as."
        )


def guarded(open_workspace: OpenWorkspace) -> OpenWorkspace:
    """Opens the workspace and refuses a command that the user's role does not allow."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        from wavehouse.accounts import require
        from wavehouse.kernel.errors import LimitReached
        from wavehouse.wiring.access import access_to_command, is_operators

        name = command_name(click.get_current_context())
        with open_workspace() as workspace:
            if not is_operators(name):
                require(workspace.identity.role, access_to_command(name))
            try:
                yield workspace
            except LimitReached as error:
                from wavehouse.webhooks import announce_limit

                announce_limit(workspace.stores.operational, error=error)
                raise

    return opened


def command_name(context: click.Context) -> str:
    """The command without the program name, such as ``keys create``."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(words)


def _own_ladders() -> AbstractContextManager[list[Target]]:
    from wavehouse.app import schema_targets

    return schema_targets()


def _classified(
    database: str, catalogue: Catalogue, path: Path | None
) -> list[tuple[str, str, str, str, str]]:
    """Findings of the classification: rule, table, column, message, remedy."""
    from wavehouse.governance import lint_catalogue
    from wavehouse.kernel import config

    return [
        (
            f"classification-{finding.code.number.lower()}",
            finding.table,
            finding.column,
            f"{finding.where} {finding.message}",
            finding.code.remedy,
        )
        for finding in lint_catalogue(database, catalogue, config.load(), path)
    ]


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done · 1 failed · 2 wrong usage · 3 a check found something · "
    "4 refused · 5 database not reachable · 6 partly applied.",
)
@click.version_option(__version__, "-V", "--version", prog_name="wavehouse")
@click.option("-q", "--quiet", is_flag=True, help="Print only results and errors.")
@click.option("--organization", metavar="SLUG", help="Act for this organization.")
@click.option("--as", "email", metavar="EMAIL", help="Act as this member, with that role.")
@click.pass_context
def root(context: click.Context, quiet: bool, organization: str | None, email: str | None) -> None:
    """Wavehouse: the data platform for audio products.

    Downloads counted by the industry's rules, attributed to sponsors, reported. There is no server
    to install: PostgreSQL is included. Start with `wavehouse demo`, then `wavehouse up`.
    """
    from wavehouse.kernel import terminal

    terminal.be_quiet(quiet)
    if organization or email:
        _check_tenant(context.invoked_subcommand or "")
    context.obj = guarded(context.obj or _opener(organization, email))
    context.meta.setdefault("wavehouse.own_ladders", _own_ladders)
    context.meta.setdefault("wavehouse.classifier", _classified)
    context.meta.setdefault("wavehouse.replay_readers", wiring.readers())


@click.group(cls=LazyGroup, group="ingest")
def ingest() -> None:
    """Import feeds, access logs and conversions.

    Data read before is not read twice; rows that cannot be used go to the quarantine
    (`wavehouse quarantine list`) and the exit code is then 3.
    """


@click.group(cls=LazyGroup, group="studio")
def studio() -> None:
    """Make shows: projects, schedule, scripts, speech, feeds."""
