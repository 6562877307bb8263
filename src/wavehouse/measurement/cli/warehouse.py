"""``wavehouse warehouse``: sealed days, and counting logs on other engines."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.options import AS_JSON, DATE, FORMAT

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace, Workspace

_FIRST = click.option("--from", "first", type=DATE, help="First UTC day.")
_LAST = click.option("--to", "last", type=DATE, help="Last UTC day, included.")


@click.group()
def warehouse() -> None:
    """Data outside the database: sealed files, other engines, counting on a cluster."""


@warehouse.command()
@_FIRST
@_LAST
@click.option("--dry-run", is_flag=True, help="List the days that are due, without sealing them.")
@AS_JSON
@click.pass_obj
def seal(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the raw rows of each finished UTC day as sorted Parquet, and register the files.

    A day is due two days after it began, when its hours are rolled up, and again when late data
    has changed it. The audience index of its month is then made again, from which distinct
    listeners are counted. `wavehouse up` does this every hour. If another program is sealing, this
    one waits for it. Exit code 3 when a day cannot be sealed.
    """
    from wavehouse.measurement.service import audience_index, sealing

    begin, end = span_of_days(first, last)
    with open_workspace() as workspace:
        check_operator(workspace)

        def report(day: date) -> None:
            if not as_json and not dry_run:
                terminal.say(f"{day}")

        done = sealing.seal(
            workspace.stores,
            workspace.settings,
            first=begin,
            last=end,
            dry_run=dry_run,
            on_day=report,
            on_wait=lambda: terminal.say("Another program is sealing: waiting for it"),
        )
        if not dry_run:
            audience_index.index_listeners(workspace.stores)
    refused = [] if dry_run else [outcome for outcome in done if outcome.reason]
    if as_json:
        terminal.print_json(
            {"dry_run": dry_run, "days": [asdict(day) for day in done], "refused": len(refused)}
        )
    else:
        for outcome in refused:
            terminal.say(f"{outcome.day} is not sealed: {outcome.reason}")
        if dry_run:
            for outcome in done:
                terminal.out(str(outcome.day))
            if not done:
                terminal.say("No day is due.")
        else:
            rows = sum(outcome.rows for outcome in done)
            size = sum(outcome.bytes for outcome in done)
            others = sum(outcome.by_another for outcome in done)
            number = len(done) - len(refused) - others
            terminal.say(f"{number} days sealed: {rows:,} rows, {size:,} bytes")
            if others:
                terminal.say(f"{others} days were sealed by another program meanwhile")
    if refused:
        raise SystemExit(EXIT_FOUND)


@warehouse.command()
@AS_JSON
@click.pass_obj
def status(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List each UTC day with raw data: its location, its seal, its state in the warehouse."""
    from wavehouse.engines import without_password
    from wavehouse.measurement.service import sealing
    from wavehouse.measurement.service import warehouse as service

    with open_workspace() as workspace:
        check_operator(workspace)
        listed = sealing.states(workspace.stores)
        location = sealing.store_of(workspace.settings).location
        address = without_password(service.address_of(workspace.settings))
        there = service.days_there(workspace.stores, workspace.settings)
    states = {day: service.state_there(each) for day, each in (there or {}).items()}
    if as_json:
        terminal.print_json(
            {
                "store": location,
                "warehouse": address if there is not None else None,
                "days": [
                    {
                        "day": day.day,
                        "state": state,
                        "generation": day.generation,
                        "requests": day.requests,
                        "downloads": day.downloads,
                        "events": day.events,
                        "bytes": day.bytes,
                        "sealed_at": day.sealed_at,
                        "warehouse": states.get(day.day),
                    }
                    for day, state in listed
                ],
            }
        )
        return
    columns = ["state", "generation", "requests", "downloads", "events", "bytes"]
    terminal.print_table(
        ["day", *columns, "warehouse"],
        [
            [day.day, state, *(getattr(day, name) for name in columns[1:]), states.get(day.day)]
            for day, state in listed
        ],
    )
    terminal.say(f"New seals go to {location}")
    if there is None:
        terminal.say("There is no warehouse yet: wavehouse warehouse push")
    else:
        terminal.say(f"The warehouse is {address}")


@warehouse.command()
@_FIRST
@_LAST
@click.option(
    "--repair",
    is_flag=True,
    help="Seal days with a problem again from their rows; a day whose rows retention has dropped "
    "gets the later files that its store has.",
)
@AS_JSON
@click.pass_obj
def verify(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    repair: bool,
    as_json: bool,
) -> None:
    """Read every sealed file again: hashes, rows, and the rollups computed from it.

    The audience index of each month, from which distinct listeners are counted, is compared with
    the sealed days. Exit code 3 when a file is missing or differs and, with --repair, could not be
    repaired.
    """
    from wavehouse.measurement.service import audience_index, repairing, rolling, sealing

    begin, end = span_of_days(first, last)
    with open_workspace() as workspace:
        check_operator(workspace)
        stores = workspace.stores
        findings, unsealed = sealing.verify(stores, first=begin, last=end), []
        if repair and (days := [finding.day for finding in findings if finding.problem]):
            terminal.say(f"Repairing {len(days)} days …")
            repairing.repair_seals(stores, days=days)
            rolling.roll_up(stores)
            done = sealing.seal(stores, workspace.settings, first=min(days), last=max(days))
            unsealed = [outcome for outcome in done if outcome.reason]
            audience_index.index_listeners(stores)
            findings = sealing.verify(stores, first=begin, last=end)
        wrong = [finding for finding in findings if finding.problem]
        indexes = audience_index.differing_indexes(
            stores,
            days=[finding.day for finding in findings],
            damaged=[finding.day for finding in wrong],
        )
    if as_json:
        terminal.print_json(
            {
                "days": [asdict(each) for each in findings],
                "wrong": len(wrong),
                "unsealed": [asdict(each) for each in unsealed],
                "indexes": [f"{month:%Y-%m}" for month in indexes],
            }
        )
    else:
        for month in indexes:
            terminal.say(f"The audience index of {month:%Y-%m} differs from its sealed days")
        for finding in wrong:
            terminal.say(f"{finding.day}, generation {finding.generation}: {finding.problem}")
        for outcome in unsealed:
            terminal.say(f"{outcome.day} is not sealed: {outcome.reason}")
        terminal.say(f"{len(findings)} sealed days read, {len(wrong)} with a problem")
    if wrong or unsealed or indexes:
        raise SystemExit(EXIT_FOUND)


@warehouse.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="Count on this machine, or on a Spark cluster (pip install 'wavehouse[spark]', Java 17).",
)
@click.option(
    "--master", default="local[2]", show_default=True, help="With spark: the cluster's address."
)
@click.option(
    "--staging",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With spark: a folder that the driver and all workers share; a temporary one by default.",
)
@click.option("--feed", "feeds", multiple=True, help="A feed to count by, instead of your shows.")
@click.option(
    "--media",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --feed: a JSON file of media file facts.",
)
@FORMAT
@_FIRST
@_LAST
@AS_JSON
@click.pass_obj
def count(
    open_workspace: OpenWorkspace,
    logs: tuple[Path, ...],
    engine: str,
    master: str,
    staging: Path | None,
    feeds: tuple[str, ...],
    media: Path | None,
    log_format: str,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Count log files without storing them, by all windows, and print the rollups' digests.

    Without --feed, your shows are used, and the digests are compared with those of the stored
    rollups: exit code 3 when they differ, or when lines could not be used.
    """
    from contextlib import ExitStack
    from uuid import UUID

    from wavehouse.kernel import config
    from wavehouse.measurement.cli.from_logs import Feeds, known_of_feeds, print_findings
    from wavehouse.measurement.service import cluster
    from wavehouse.measurement.service.count_only import Wanted, known_from_catalog

    begin, end = span_of_days(first, last)
    wanted = Wanted(by="episode", first=begin, last=end, format=log_format)
    stored: dict[str, str] | None = None
    with ExitStack() as stack:
        if feeds:
            settings, organization_id = config.load(), UUID(int=0)
            known = known_of_feeds(settings, Feeds(feeds, media, no_probe=True))
        else:
            workspace = stack.enter_context(open_workspace())
            settings, identity = workspace.settings, workspace.identity
            organization_id = identity.organization_id
            known = known_from_catalog(workspace.stores.operational, settings, identity=identity)
        if engine == "spark":
            from wavehouse.engines import spark_session, stop_spark

            spark = spark_session(master, name="wavehouse count")
            stack.callback(stop_spark, spark)
            counted = cluster.count_on_spark(
                spark,
                settings,
                known,
                logs,
                wanted,
                organization_id=organization_id,
                staging=staging,
                on_step=terminal.say,
            )
        else:
            counted = cluster.count_by_duckdb(
                settings, known, logs, wanted, organization_id=organization_id
            )
        if not feeds:
            with workspace.stores.analytics.app(organization_id) as tx:
                stored = cluster.stored_digests(
                    tx,
                    identity=identity,
                    first=counted.figures.first,
                    last=counted.figures.last,
                )
    differing = [
        name
        for name, text in counted.digests.items()
        if stored is not None and stored[name] != text
    ]
    if as_json:
        terminal.print_json(
            {
                "engine": engine,
                "figures": asdict(counted.figures),
                "windows": counted.windows.downloads,
                "digests": counted.digests,
                "hours": counted.hours,
                "stored": stored,
                "differing": differing,
            }
        )
    else:
        terminal.print_table(
            ["rollup", "digest", "stored"],
            [
                [
                    name,
                    text[:16],
                    "–"
                    if stored is None
                    else "equal"
                    if name not in differing
                    else stored[name][:16],
                ]
                for name, text in counted.digests.items()
            ],
        )
        terminal.say(
            f"{counted.figures.downloads:,} downloads of {counted.figures.read or 0:,} lines on "
            f"{engine}; by window: "
            + ", ".join(f"{name} {number:,}" for name, number in counted.windows.downloads.items())
        )
        if differing:
            terminal.say(
                f"{len(differing)} digests differ from the stored rollups of "
                f"{counted.figures.first} to {counted.figures.last}: those were made of other "
                "lines, or are not up to date. Give all log files of these days, or compare the "
                "stored rollups with their events: wavehouse rollup reconcile"
            )
        print_findings(counted.figures)
    if differing or counted.figures.faults or counted.figures.errors:
        raise SystemExit(EXIT_FOUND)


def span_of_days(first: datetime | None, last: datetime | None) -> tuple[date | None, date | None]:
    """The days of ``--from`` and ``--to``. UsageError when they are in the wrong order."""
    from wavehouse.kernel.errors import UsageError

    begin, end = (first.date() if first else None), (last.date() if last else None)
    if begin and end and begin > end:
        raise UsageError(f"--from {begin} is after --to {end}")
    return begin, end


def check_operator(workspace: Workspace) -> None:
    """Refused unless the identity may act for the whole installation."""
    from wavehouse.queue import check_operator

    check_operator(workspace.identity, home=workspace.home)
