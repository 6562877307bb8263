"""The root command and its table of commands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from wavehouse import __version__
from wavehouse.cli.loading import Lazy, LazyGroup

if TYPE_CHECKING:
    from pathlib import Path

    from wavehouse.accounts import Identity
    from wavehouse.schema import Target
    from wavehouse.store import Database, Operational
    from wavehouse.workspace import Workspace

INGEST = {
    "feed": Lazy("wavehouse.catalog.cli:feed", "Register shows and episodes from RSS feeds."),
    "logs": Lazy("wavehouse.measurement.cli:logs", "Read access logs and count downloads."),
    "watch": Lazy("wavehouse.measurement.cli:watch", "Read logs as they arrive in folders."),
    "conversions": Lazy("wavehouse.sponsorship.cli:conversions", "Read redeemed promo codes."),
}

COMMANDS = {
    "demo": Lazy("wavehouse.cli.demo:demo", "The whole product on sample data, in seconds."),
    "up": Lazy("wavehouse.cli.serving:up", "Start the databases and the dashboard."),
    "doctor": Lazy("wavehouse.cli.doctor:doctor", "Say what is wrong and what to type."),
    "ingest": Lazy("wavehouse.cli.root:ingest", "Bring in feeds, access logs, conversions."),
    "downloads": Lazy(
        "wavehouse.measurement.cli:downloads", "Counted downloads by day, episode, app, country."
    ),
    "audience": Lazy(
        "wavehouse.measurement.cli:audience", "Distinct listeners of a period, by show or episode."
    ),
    "listeners": Lazy(
        "wavehouse.listeners.cli:listeners", "People who listen, and passwords for their apps."
    ),
    "sync-conformance": Lazy(
        "wavehouse.listeners.cli:sync_conformance",
        "Ask a gpodder-type server how it keeps positions.",
    ),
    "requests": Lazy(
        "wavehouse.measurement.cli:requests", "Each request and why it counts or not."
    ),
    "quarantine": Lazy(
        "wavehouse.measurement.cli:quarantine",
        "Rows that could not be used: list, replay, discard.",
    ),
    "inclusions": Lazy(
        "wavehouse.measurement.cli:inclusions",
        "Networks of people that look like machines: add, list, revalidate.",
    ),
    "rollup": Lazy(
        "wavehouse.measurement.cli:rollup",
        "Recompute rollups of dirty hours; reconcile them with raw.",
    ),
    "feeds": Lazy("wavehouse.catalog.cli:feeds", "The shows that are registered."),
    "sponsors": Lazy("wavehouse.sponsorship.cli:sponsors", "Sponsors: add, list."),
    "campaigns": Lazy("wavehouse.sponsorship.cli:campaigns", "Campaigns: add, import, list."),
    "pixels": Lazy("wavehouse.sponsorship.cli:pixels", "Pixels of sponsors' pages: add, list."),
    "credits": Lazy(
        "wavehouse.sponsorship.cli:credits_", "Credits by model, side by side; derive them anew."
    ),
    "report": Lazy(
        "wavehouse.sponsorship.cli:report", "A sponsor report: PDF, workbook, CSV, JSON."
    ),
    "simulate": Lazy(
        "wavehouse.simulation.cli:simulate", "Write feeds and logs with a known truth."
    ),
    "schema": Lazy(
        "wavehouse.schema.cli:schema", "Apply, roll back, show migrations of any PostgreSQL."
    ),
    "keys": Lazy("wavehouse.accounts.cli:keys", "API keys: create, list, revoke."),
    "sign-in-link": Lazy(
        "wavehouse.accounts.cli:sign_in_link", "A one-time link to sign in to the dashboard."
    ),
    "config": Lazy("wavehouse.cli.settings:config", "Settings, each with its value and source."),
}


def _open_workspace() -> AbstractContextManager[Workspace]:
    from wavehouse.app import open_workspace

    return open_workspace()


def _own_ladders() -> AbstractContextManager[list[Target]]:
    from wavehouse.app import schema_targets

    return schema_targets()


def _reread_conversions(
    operational: Database[Operational], path: Path, *, identity: Identity
) -> frozenset[int]:
    from wavehouse.app import reread_conversions

    return reread_conversions(operational, path, identity=identity)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done · 1 failed · 2 wrong usage · 3 a check found something · "
    "4 refused · 5 database not reachable · 6 partly applied.",
)
@click.version_option(__version__, "-V", "--version", prog_name="wavehouse")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors.")
@click.pass_context
def root(context: click.Context, quiet: bool) -> None:
    """Wavehouse: the data platform for audio products.

    Downloads counted by the industry's rules, attributed to sponsors, reported. No server to
    install: PostgreSQL comes inside. Begin with `wavehouse demo`, then `wavehouse up`.
    """
    from wavehouse.kernel import terminal

    terminal.be_quiet(quiet)
    context.obj = context.obj or _open_workspace
    context.meta.setdefault("wavehouse.own_ladders", _own_ladders)
    context.meta.setdefault("wavehouse.replay_readers", {"conversions": _reread_conversions})


@click.group(cls=LazyGroup, lazy=INGEST)
def ingest() -> None:
    """Bring in feeds, access logs and conversions.

    What was read before is not read twice; rows that cannot be used go to the quarantine
    (`wavehouse quarantine list`) and the exit code is then 3.
    """
