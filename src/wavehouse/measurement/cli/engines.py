"""``wavehouse warehouse push|run|compare|export``: another engine with our events and rollups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.measurement.cli.options import AS_JSON, DATE
from wavehouse.measurement.cli.warehouse import check_operator, span_of_days, warehouse
from wavehouse.measurement.rules.exporting import DIALECTS, TOOLS

if TYPE_CHECKING:
    from wavehouse.engines import Engine
    from wavehouse.measurement.types import Comparison, DayDone, WarehouseDay
    from wavehouse.workspace import OpenWorkspace, Workspace

_FIRST = click.option("--from", "first", type=DATE, help="First UTC day.")
_LAST = click.option("--to", "last", type=DATE, help="Last UTC day, included.")


@warehouse.command()
@_FIRST
@_LAST
@click.option("--again", is_flag=True, help="Also days that have not changed.")
@click.option("--dry-run", is_flag=True, help="List the days that are due, without pushing them.")
@AS_JSON
@click.pass_obj
def push(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Copy the events of each UTC day that has changed to the warehouse (setting warehouse_url).

    A day is replaced as a whole: a retry or late data never adds to it. Days whose raw events are
    gone here lose them there too; their rollups stay. Then: wavehouse warehouse run.
    """
    from wavehouse.measurement.service import warehouse as service

    begin, end = span_of_days(first, last)
    with _opened(open_workspace) as (workspace, engine):
        listed = service.days(workspace.stores, engine, first=begin, last=end)
        due = [day for day in listed if day.push_due or (again and day.version)]
        done: list[DayDone] = []
        if not dry_run:
            with terminal.progress(f"Pushing to {engine.name}", len(due), "days") as meter:
                done = service.push(
                    workspace.stores, engine, listed=due, on_day=lambda _: meter.advance(1)
                )
    _print_days("pushed", engine.name, due, done, dry_run=dry_run, as_json=as_json)


@warehouse.command()
@_FIRST
@_LAST
@click.option("--again", is_flag=True, help="Also days that are up to date.")
@click.option("--dry-run", is_flag=True, help="List the days that are due, without computing them.")
@AS_JSON
@click.pass_obj
def run(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Compute the rollups of each pushed day in the warehouse, by its own engine."""
    from wavehouse.measurement.service import warehouse as service

    begin, end = span_of_days(first, last)
    with _opened(open_workspace) as (workspace, engine):
        listed = service.days(workspace.stores, engine, first=begin, last=end)
        due = [day for day in listed if service.run_due(day) or (again and day.pushed)]
        done: list[DayDone] = []
        if not dry_run:
            with terminal.progress(f"Rolling up on {engine.name}", len(due), "days") as meter:
                done = service.run(
                    workspace.stores, engine, listed=due, on_day=lambda _: meter.advance(1)
                )
    _print_days("rolled up", engine.name, due, done, dry_run=dry_run, as_json=as_json)


@warehouse.command()
@_FIRST
@_LAST
@click.option("--repair", is_flag=True, help="Recompute the days that differ, and compare again.")
@click.option("--dry-run", is_flag=True, help="With --repair: list those days only.")
@click.option(
    "--again",
    is_flag=True,
    help="First compute the warehouse's rollups again, so that changed events there are seen too.",
)
@click.option("--all", "all_buckets", is_flag=True, help="Print equal hours and days too.")
@AS_JSON
@click.pass_obj
def compare(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    repair: bool,
    dry_run: bool,
    again: bool,
    all_buckets: bool,
    as_json: bool,
) -> None:
    """Compare the rollups here with those of the warehouse: digests by hour and by day.

    Events that another program has changed in the warehouse are seen when its rollups are computed
    from them: --again does that first.

    Exit code 3 when any differ, also when the warehouse is only behind (push, then run). --repair
    pushes and computes the differing days again, and recomputes them here when that is not enough.
    """
    from wavehouse.measurement.service import warehouse as service

    if dry_run and not repair:
        raise click.UsageError("--dry-run needs --repair")
    begin, end = span_of_days(first, last)
    with _opened(open_workspace) as (workspace, engine):
        if again:
            listed = service.days(workspace.stores, engine, first=begin, last=end)
            pushed = [day for day in listed if day.pushed]
            with terminal.progress(f"Rolling up on {engine.name}", len(pushed), "days") as meter:
                service.run(
                    workspace.stores, engine, listed=pushed, on_day=lambda _: meter.advance(1)
                )
        with terminal.progress(f"Comparing with {engine.name}", unit="months") as meter:
            result = service.compare(
                workspace.stores, engine, first=begin, last=end, on_day=lambda _: meter.advance(1)
            )
        if repair and result.differing and not dry_run:
            wrong = {each.day for each in result.differing}
            with terminal.progress("Recomputing", len(wrong), "days") as meter:
                result = service.repair(
                    workspace.stores,
                    engine,
                    result.differing,
                    first=begin,
                    last=end,
                    on_day=lambda _: meter.advance(1),
                )
    if as_json:
        terminal.print_json({"engine": engine.name, **asdict(result)})
    else:
        _print_comparison(result, engine.name, all_buckets=all_buckets, repair=repair)
    if result.differing:
        raise SystemExit(EXIT_FOUND)


@warehouse.command()
@click.argument("tool", type=click.Choice(TOOLS))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    default="duckdb",
    show_default=True,
    help="The engine that runs the models.",
)
@click.option("--dry-run", is_flag=True, help="List the files without writing them.")
@AS_JSON
@click.pass_obj
def export(
    open_workspace: OpenWorkspace,
    tool: str,
    folder: Path,
    dialect: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the rollups as a project of dbt or SQLMesh, into a new or empty folder.

    The models read the pushed events and make the same rollups in a schema of their own.
    """
    from wavehouse.kernel import files
    from wavehouse.kernel.errors import Refused
    from wavehouse.measurement.service import warehouse as service

    with open_workspace() as workspace:
        database = urlsplit(service.address_of(workspace.settings)).path
    texts = service.project(tool, dialect=dialect, database=database)
    if folder.exists() and any(folder.iterdir()):
        raise Refused("the folder is not empty", where=str(folder))
    for name, text in {} if dry_run else texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_output(folder / name, text.encode())
    if as_json:
        terminal.print_json({"tool": tool, "dry_run": dry_run, "files": sorted(texts)})
    else:
        terminal.say("\n".join(sorted(texts)) if dry_run else f"{len(texts)} files in {folder}")


def _print_comparison(result: Comparison, engine: str, *, all_buckets: bool, repair: bool) -> None:
    compared = (*result.hours, *result.days)
    shown = compared if all_buckets else [each for each in compared if not each.equal]
    names: dict[str, list[str]] = {}
    for each in result.differing:
        names.setdefault(each.bucket, []).append(each.table)
    if shown:
        terminal.print_table(
            ["hour or day", "here", engine, "differing"],
            [
                [
                    each.bucket[:13] if each in result.hours else each.bucket[:10],
                    each.stored[:16] or "no rows",
                    each.warehouse[:16] or "no rows",
                    "" if each.equal else ", ".join(names[each.bucket]),
                ]
                for each in shown
            ],
        )
    if result.waiting:
        terminal.say(f"Not compared: {len(result.waiting)} days wait to be rolled up here")
    if result.repaired:
        terminal.say(f"Repaired: {', '.join(map(str, result.repaired))}")
    wrong = sorted({each.day for each in result.differing})
    if wrong:
        hint = "" if repair else "; repair with: wavehouse warehouse compare --repair"
        terminal.say(f"{len(wrong)} days differ: {', '.join(map(str, wrong))}{hint}")
    else:
        terminal.say(f"{len(result.hours):,} hours and {len(result.days):,} days are equal")


def _print_days(
    verb: str,
    engine: str,
    due: list[WarehouseDay],
    done: list[DayDone],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    if as_json:
        listed = [asdict(day) for day in done] or [{"day": day.day} for day in due]
        terminal.print_json({"engine": engine, "dry_run": dry_run, "days": listed})
    elif dry_run:
        terminal.say("\n".join(str(day.day) for day in due) or "No day is due.")
    else:
        removed = sum(day.removed for day in done)
        terminal.say(
            f"{len(done) - removed} days {verb}, {sum(day.rows for day in done):,} rows"
            + (f"; {removed} days removed" if removed else "")
        )


@contextmanager
def _opened(open_workspace: OpenWorkspace) -> Iterator[tuple[Workspace, Engine]]:
    from wavehouse.measurement.service.warehouse import open_warehouse

    with open_workspace() as workspace:
        check_operator(workspace)
        with closing(open_warehouse(workspace.settings)) as engine:
            yield workspace, engine
