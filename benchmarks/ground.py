"""Shared setup of benchmarks: a separate embedded server, and simulated logs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from wavehouse import app, catalog, measurement, sponsorship
from wavehouse.kernel import clock, config
from wavehouse.simulation import Settings, simulate
from wavehouse.store import open_stores
from wavehouse.workspace import Workspace

Superuser = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")

LINES_PER_PERSON_AND_DAY = 1.88
"""The approximate number of lines per simulated listener; only sizes depend on it."""


@dataclass(frozen=True, slots=True)
class Logs:
    """A simulated folder and its log files, with their number of lines."""

    folder: Path
    files: list[Path]
    lines: int


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the server's account can enter, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="wavehouse-bench-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def workspace() -> Iterator[Workspace]:
    """Databases of the product, migrated and empty, on a separate server."""
    with folder() as home:
        settings = config.load({"home": str(home)}, environment={})
        with open_stores(settings) as stores:
            app.migrate(stores)
            yield app.entered(settings, stores)


def simulated(
    out: Path,
    *,
    lines: int,
    people: int | None = None,
    days: int = 7,
    format: str = "cloudfront",  # noqa: A002
) -> Logs:
    """Logs with about this many lines, for the days before today."""
    people = people or max(20, round(lines / days / LINES_PER_PERSON_AND_DAY))
    until = clock.today() - timedelta(days=1)
    truth = simulate(Settings(7, people, days, until, format), out, force=True)
    return Logs(out, sorted((out / "logs").iterdir()), int(truth["lines"]))


def register(workspace: Workspace, logs: Logs) -> None:
    """Register the simulated shows, so that requests match their episodes."""
    media = catalog.read_media_file(logs.folder / "media.json")
    for feed in sorted((logs.folder / "feeds").iterdir()):
        catalog.ingest_feed(
            workspace.stores.operational,
            identity=workspace.identity,
            location=str(feed),
            reading=catalog.FeedReading(source=catalog.FileFeedSource(), media=media),
        )


def ingest(workspace: Workspace, files: list[Path]) -> measurement.Tally:
    """Ingest log files as the product does; returns the combined result."""
    total = measurement.Tally()
    for result in measurement.ingest_logs(
        workspace.stores.operational, workspace.settings, identity=workspace.identity, paths=files
    ):
        total.add(result.tally)
    return total


@contextmanager
def superuser(workspace: Workspace, database: str = "operational") -> Iterator[Superuser]:
    """A connection that may read and write files of the server, only for the limits."""
    server = workspace.stores.server
    assert server is not None
    secret = server.superuser_password()
    conninfo = server.conninfo(database, "wavehouse_root", secret)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection


def last_days(count: int) -> tuple[date, date]:
    """The first and the last of the whole days before today."""
    last = clock.today() - timedelta(days=1)
    return last - timedelta(days=count - 1), last


@contextmanager
def demonstration(people: int, days: int = 60) -> Iterator[Workspace]:
    """A workspace with the main work done on a simulated world, as in the demo."""
    with workspace() as opened:
        logs = simulated(opened.settings.home / "sim", lines=0, people=people, days=days)
        register(opened, logs)
        ingest(opened, logs.files)
        measurement.count(opened.stores.operational, opened.settings)
        measurement.roll_up(opened.stores)
        with opened.stores.operational.app(opened.organization.organization_id) as tx:
            sponsorship.import_campaigns(
                tx, identity=opened.identity, path=logs.folder / "campaigns.json"
            )
            sponsorship.ingest_conversions(
                tx, identity=opened.identity, path=logs.folder / "conversions.csv"
            )
        yield opened


def operational(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Run a use case on the operational database, and commit."""
    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        return use_case(tx, identity=identity, **arguments)


def analytics(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Run a use case on the rollups."""
    identity = workspace.identity
    with workspace.stores.analytics.app(identity.organization_id) as tx:
        return use_case(tx, identity=identity, **arguments)


def both(workspace: Workspace, use_case: Callable[..., T], **arguments: Any) -> T:
    """Run a use case on the rollups and the operational database."""
    identity = workspace.identity
    with (
        workspace.stores.analytics.app(identity.organization_id) as rollups,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        return use_case(rollups, tx, identity=identity, **arguments)
