"""``wavehouse simulate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .types import Progress

EVERY_SECONDS = 5


@click.command()
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same data."
)
@click.option(
    "--people",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="How many people listen.",
)
@click.option(
    "--days",
    type=click.IntRange(2),
    default=60,
    show_default=True,
    help="How many UTC days, up to --until.",
)
@click.option(
    "--format",
    "log_format",
    type=click.Choice(["cloudfront", "combined"]),
    default="cloudfront",
    show_default=True,
    help="The format of the logs.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder to write; new or empty.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The last UTC day.  [default: yesterday]",
)
@click.option(
    "--shows",
    type=click.IntRange(1, 60),
    default=3,
    show_default=True,
    help="How many shows, besides the one of the counting rules.",
)
@click.option("--force", is_flag=True, help="Replace an earlier simulation in --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the truth as one JSON object.")
def simulate(
    seed: int, people: int, days: int, log_format: str, out: Path, until: datetime | None,
    shows: int, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Invent shows, listeners, sponsors and their logs, with the truth about them.

    Writes feeds/, logs/, media.json, campaigns.json, conversions.csv and truth.json. The same
    options and the same --until write the same bytes.
    """
    import json
    import time
    from datetime import timedelta

    from wavehouse.kernel.clock import today

    from . import LogFormat, Settings
    from . import simulate as run

    last = until.date() if until else today() - timedelta(days=1)
    settings = Settings(seed, people, days, last, LogFormat(log_format), shows)
    begun = time.perf_counter()
    with _progress(days) as report:
        truth = run(settings, out, force=force, report=report)
    if as_json:
        click.echo(json.dumps(truth, ensure_ascii=False))
    else:
        _summary(truth, out, time.perf_counter() - begun)


def _summary(truth: dict[str, Any], out: Path, seconds: float) -> None:
    downloads, conversions = truth["downloads"]["total"], truth["conversions"]["total"]
    click.echo(
        f"{truth['lines']:,} lines of {truth['days']} days ({truth['from']} to {truth['until']}) "
        f"in {seconds:.1f} s: {downloads:,} downloads, {conversions:,} conversions."
    )
    click.echo(f"Written to {out}; the truth is in {out / 'truth.json'}.")
    click.echo(f"Next: wavehouse ingest feed {out}/feeds/*.xml --media {out}/media.json")


@contextmanager
def _progress(days: int) -> Iterator[Callable[[Progress], None]]:
    """A bar with a rate on a terminal; a line every few seconds elsewhere. On standard error."""
    import sys

    if not sys.stderr.isatty():
        yield _spoken()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("Simulating"), BarColumn(), TextColumn("{task.fields[lines]:,} lines"),
        TextColumn("{task.fields[rate]:,.0f}/s"), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("days", total=days, lines=0, rate=0.0)

        def drawn(now: Progress) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            rate = now.lines / elapsed if elapsed else 0.0
            bar.update(task, completed=now.day, lines=now.lines, rate=rate)

        yield drawn


def _spoken() -> Callable[[Progress], None]:
    import time

    begun = said = time.perf_counter()

    def spoken(now: Progress) -> None:
        nonlocal said
        instant = time.perf_counter()
        if instant - said >= EVERY_SECONDS:
            said = instant
            rate = now.lines / (instant - begun)
            click.echo(
                f"simulate: day {now.day} of {now.days}, {now.lines:,} lines, {rate:,.0f}/s",
                err=True,
            )

    return spoken
