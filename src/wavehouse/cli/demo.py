"""``wavehouse demo``: the whole product on sample data, in chapters."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from wavehouse import wiring
from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, UsageError
from wavehouse.kernel.manifest import Chapter
from wavehouse.kernel.serving import running_address

if TYPE_CHECKING:
    from wavehouse.workspace import ChapterResult, Stage


@click.command()
@click.option("--serve/--no-serve", default=True, help="Serve the dashboard afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object of the figures.")
@click.option("--reset", is_flag=True, help="Remove the sample data, nothing else, and stop.")
@click.option("--dry-run", is_flag=True, help="With --reset: only print what would be removed.")
@click.option("--list", "list_only", is_flag=True, help="List the chapters and stop.")
@click.option(
    "--chapters",
    metavar="NAME,…",
    shell_complete=lambda *_: [chapter.name for chapter in wiring.chapters()],
    help="Only these chapters and the chapters they need.",
)
@click.option(
    "--seed",
    default=2026,
    show_default=True,
    help="Seed of the simulation; another seed gives other data.",
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
    help="Number of days, up to yesterday.",
)
@click.option("--port", type=int, help="Port of the dashboard; default 8420.")
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in the browser.")
def demo(
    serve: bool,
    as_json: bool,
    reset: bool,
    dry_run: bool,
    list_only: bool,
    chapters: str | None,
    seed: int,
    people: int,
    days: int,
    port: int | None,
    open_browser: bool,
) -> None:
    """The whole product on sample data: feeds, logs, counting, campaigns, a report, a dashboard.

    Starts the product's own PostgreSQL, simulates listeners of invented shows, with known results,
    ingests and counts their logs like real data, and checks the counts against the truth. Exit
    code 3 when a chapter's figures are not the expected ones.
    """
    if dry_run and not reset:
        raise UsageError("--dry-run is for --reset", command="wavehouse demo --reset --dry-run")
    chosen = chosen_chapters(chapters)
    if list_only:
        _list(as_json)
        return
    from wavehouse.app import open_workspace
    from wavehouse.cli.sample import Sample
    from wavehouse.kernel import config

    began = time.monotonic()
    settings = config.load({"port": port})
    sample = Sample.wanted(settings, seed=seed, people=people, days=days)
    if reset:
        terminal.say(sample.remove(dry_run=dry_run))
        return
    sample = sample.make_room()
    with open_workspace({"port": port}) as workspace:
        sample.refuse_foreign_data(workspace)
        fields = {chapter.name: _play(chapter, sample.stage(workspace)) for chapter in chosen}
        result = _result(fields, time.monotonic() - began)
        if as_json:
            terminal.print_json(result)
        else:
            _print(result)
        if serve and sample.served:
            terminal.say(f"The dashboard is already being served: {running_address(settings)}")
        elif serve:
            from wavehouse.cli.serving import serve as serve_dashboard

            serve_dashboard(workspace, sample_data=True, open_browser=open_browser)
    click.get_current_context().exit(exit_code(outcome for outcome, _ in fields.values()))


def exit_code(outcomes: Iterable[ChapterResult]) -> int:
    """3 when the figures of any chapter are not the expected ones."""
    return EXIT_DONE if all(outcome.ok for outcome in outcomes) else EXIT_FOUND


def chosen_chapters(names: str | None) -> list[Chapter]:
    """The chapters with these comma-separated names and those they need, in story order."""
    every = {chapter.name: chapter for chapter in wiring.chapters()}
    wanted = list(every) if names is None else [name.strip() for name in names.split(",")]
    chosen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in every:
            raise UsageError(
                f"unknown chapter {name!r}: choose from {', '.join(every)}",
                command="wavehouse demo --list",
            )
        chosen.add(name)
        wanted += [needed for needed in every[name].needs if needed not in chosen]
    return [chapter for chapter in every.values() if chapter.name in chosen]


def _list(as_json: bool) -> None:
    listed = wiring.chapters()
    if as_json:
        terminal.print_json({"chapters": [{"name": c.name, "summary": c.summary} for c in listed]})
    else:
        terminal.print_table(["chapter", "shown"], [[c.name, c.summary] for c in listed])


def _play(chapter: Chapter, stage: Stage) -> tuple[ChapterResult, float]:
    """Play a chapter and print its lines; returns its result, and its seconds."""
    began = time.monotonic()
    outcome: ChapterResult = wiring.resolve(chapter.target)(stage)
    seconds = time.monotonic() - began
    for number, line in enumerate(outcome.lines):
        name = chapter.name if number == 0 else ""
        terminal.say(f"{name:<12} {line}" + (f"  ({seconds:.1f} s)" if number == 0 else ""))
    return outcome, seconds


def _result(played: Mapping[str, tuple[ChapterResult, float]], seconds: float) -> dict[str, Any]:
    """One JSON object: the figures of ``measured`` at the top, and those of each chapter."""
    measured = played["measured"][0].figures if "measured" in played else {}
    others = {
        name: {
            "ok": outcome.ok,
            "seconds": round(took, 2),
            "lines": list(outcome.lines),
            **({} if name == "measured" else outcome.figures),
        }
        for name, (outcome, took) in played.items()
    }
    return {**measured, "seconds": round(seconds, 2), "chapters": others}


def _print(result: Mapping[str, Any]) -> None:
    if "downloads" not in result:
        return
    people, currency = result["listeners"], result["currency"]
    wrong = sum(p["expected"] != p["counted"] for p in result["truth"].values())
    windows = (f"{downloads:,} {window}" for window, downloads in result["windows"].items())
    terminal.print_table(
        ["figure", "value"],
        [
            ["downloads", f"{result['downloads']:,}"],
            ["listeners, last 28 days", "–" if people is None else f"{people:,}"],
            ["conversions", f"{result['conversions']:,}"],
            ["revenue", f"{result['revenue']:,.2f} {currency}"],
            ["return on investment", "–" if result["roi"] is None else f"{result['roi']:.2f}×"],
            *(
                [f"credited, {model.replace('_', '-')}", f"{amount:,.2f} {currency}"]
                for model, amount in result["credit"].items()
            ),
            ["windows, last 28 days", ", ".join(windows)],
            [
                "rules checked against the truth",
                f"{len(result['truth']) - wrong} of {len(result['truth'])}",
            ],
            *([form, path] for form, path in result["reports"].items()),
            ["wall time", f"{result['seconds']:.1f} s"],
        ],
    )
