"""``wavehouse simulate``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from wavehouse.kernel.options import DAY
from wavehouse.simulation.writers import DEFAULT, names

_EARLIEST, _LATEST = 1980, 2200


@click.command()
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same data."
)
@click.option(
    "--people",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="Number of people who listen.",
)
@click.option(
    "--days",
    type=click.IntRange(2),
    default=60,
    show_default=True,
    help="Number of UTC days, ending with --until.",
)
@click.option(
    "--format",
    "log_format",
    type=click.Choice(names()),
    default=DEFAULT,
    show_default=True,
    help="The format of the logs. op3 only has redirects, so its truth is in "
    "estimates; a format without ranges yields less than the truth.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Output folder; new or empty.",
)
@click.option(
    "--until",
    type=DAY,
    default=None,
    help="The last UTC day.  [default: yesterday]",
)
@click.option(
    "--shows",
    type=click.IntRange(1, 60),
    default=3,
    show_default=True,
    help="Number of shows, besides the one for the counting rules.",
)
@click.option("--force", is_flag=True, help="Replace an earlier simulation in --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the truth as one JSON object.")
def simulate(
    seed: int, people: int, days: int, log_format: str, out: Path, until: datetime | None,
    shows: int, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Invent shows, listeners, sponsors and their logs, with the truth about them.

    Writes feeds/, logs/, media.json, campaigns.json, conversions.csv, orders.jsonl and truth.json.
    The same options and the same --until write the same bytes.
    """
    import time

    from wavehouse.kernel import clock, terminal
    from wavehouse.simulation import Progress, Settings
    from wavehouse.simulation import simulate as run

    last = until.date() if until else clock.today() - clock.DAY
    if not _EARLIEST <= last.year <= _LATEST:
        raise click.BadParameter(
            f"choose a day from {_EARLIEST} to {_LATEST}", param_hint="--until"
        )
    _caution(last, days)
    settings = Settings(seed, people, days, last, log_format, shows)
    begun, seen = time.perf_counter(), 0
    with terminal.progress("Simulating", total=days, unit="days") as meter:

        def report(now: Progress) -> None:
            nonlocal seen
            meter.advance(now.day - seen)
            seen = now.day

        truth = run(settings, out, force=force, report=report)
    if as_json:
        terminal.print_json(truth)
    else:
        _summary(truth, out, time.perf_counter() - begun)


def _caution(last: date, days: int) -> None:
    """Report lines that would be quarantined; writing them is not an error."""
    from wavehouse.kernel import clock, config, terminal

    keeps = int(config.load()["raw_retention_days"])
    if last - (days - 1) * clock.DAY < clock.today() - keeps * clock.DAY:
        terminal.say(
            f"Some days are older than {keeps} days: set a longer raw_retention_days "
            "before ingesting them, or they are quarantined."
        )
    if last >= clock.today():
        terminal.say(
            "Some times are in the future: lines ingested before their time are quarantined."
        )


def _summary(truth: dict[str, Any], out: Path, seconds: float) -> None:
    from wavehouse.kernel import terminal

    downloads, conversions = truth["downloads"]["total"], truth["conversions"]["total"]
    terminal.out(
        f"{truth['lines']:,} lines of {truth['days']} days, {truth['from']} to {truth['until']}, "
        f"in {seconds:.1f} s: {downloads:,} downloads, {conversions:,} conversions."
    )
    terminal.out(f"Written to {out}; the truth is in {out / 'truth.json'}.")
    terminal.say(f"Next: wavehouse ingest feed {out}/feeds/*.xml --media {out}/media.json")
