"""``wavehouse demo``: the main job from feeds to report and dashboard, on sample data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace


@click.command()
@click.option("--serve/--no-serve", default=True, help="Serve the dashboard afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object of the figures.")
@click.option("--reset", is_flag=True, help="Remove the sample data and stop.")
@click.option("--seed", default=2026, show_default=True, help="Another seed, another world.")
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
    help="How many days, up to yesterday.",
)
@click.option("--port", type=int, help="Port of the dashboard; default 8420.")
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in the browser.")
def demo(
    serve: bool,
    as_json: bool,
    reset: bool,
    seed: int,
    people: int,
    days: int,
    port: int | None,
    open_browser: bool,
) -> None:
    """The whole product on sample data: feeds, logs, counting, campaigns, a report, a dashboard.

    Starts the product's own PostgreSQL, simulates listeners of invented shows with a known truth,
    ingests and counts them like anybody's data, and holds the counts against the truth.
    """
    from wavehouse.app import open_workspace
    from wavehouse.cli.sample import Sample
    from wavehouse.kernel import config

    began = time.monotonic()
    settings = config.load({"port": port})
    sample = Sample.wanted(settings, seed=seed, people=people, days=days)
    if reset:
        terminal.say("Sample data removed." if sample.remove() else "There is no sample data.")
        return
    sample.make_room()
    with open_workspace({"port": port}) as workspace:
        sample.refuse_foreign_data(workspace)
        truth = sample.simulate()
        _ingest(workspace, sample)
        reports = _report(workspace, sample, truth)
        result = _result(workspace, sample, truth, reports, time.monotonic() - began)
        if as_json:
            terminal.print_json(result)
        else:
            _tell(result)
        if serve:
            from wavehouse.cli.serving import serve as serve_dashboard

            serve_dashboard(workspace, sample_data=True, open_browser=open_browser)


@contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    terminal.say(f"{title:<34} {time.monotonic() - began:5.1f} s")


def _ingest(workspace: Workspace, sample: Any) -> None:
    """Steps 1 to 6 of the main job, by the same use cases as the commands'."""
    from wavehouse import catalog, measurement, sponsorship
    from wavehouse.cli import demo_orders

    folder: Path = sample.folder
    media = catalog.read_media_file(folder / "media.json")
    reading = catalog.FeedReading(source=catalog.FileFeedSource(), media=media)
    with _step("Registered the shows"):
        for feed in sorted((folder / "feeds").glob("*.xml")):
            catalog.ingest_feed(
                workspace.stores.operational,
                identity=workspace.identity,
                location=str(feed),
                reading=reading,
            )
    logs = sorted((folder / "logs").iterdir())
    with (
        _step("Read the access logs"),
        terminal.progress("Reading logs", sum(p.stat().st_size for p in logs), "bytes") as meter,
    ):
        for _ in measurement.ingest_logs(
            workspace.stores.operational,
            workspace.settings,
            logs,
            identity=workspace.identity,
            on_bytes=meter.advance,
        ):
            pass
    days = measurement.pending_days(workspace.stores.operational)
    with _step("Counted downloads"), terminal.progress("Counting", len(days), "days") as meter:
        measurement.count(
            workspace.stores.operational, workspace.settings, on_day=lambda _: meter.advance(1)
        )
    with _step("Rolled up hours and days"):
        measurement.roll_up(workspace.stores)
    organization_id = workspace.organization.organization_id
    with (
        _step("Attributed the conversions"),
        workspace.stores.operational.app(organization_id) as tx,
    ):
        sponsorship.import_campaigns(
            tx, identity=workspace.identity, path=folder / "campaigns.json"
        )
        sponsorship.ingest_conversions(
            tx, identity=workspace.identity, path=folder / "conversions.csv"
        )
        demo_orders.tell(tx, workspace, folder)


def _report(workspace: Workspace, sample: Any, truth: dict[str, Any]) -> dict[str, Path]:
    """The report of the campaign that earned most, in every form."""
    from wavehouse import sponsorship

    last = date.fromisoformat(truth["until"])
    organization_id = workspace.organization.organization_id
    with (
        _step("Wrote the sponsor report"),
        workspace.stores.analytics.app(organization_id) as analytics,
        workspace.stores.operational.app(organization_id) as tx,
    ):
        best = sponsorship.campaign_results(
            tx, identity=workspace.identity, first=date.fromisoformat(truth["from"]), last=last
        )
        if not best:
            return {}
        card = best[0].card
        made = sponsorship.make_report(
            tx,
            identity=workspace.identity,
            card=card,
            first=card.start_date,
            last=min(card.end_date, last),
            delivery=sponsorship.from_rollups(analytics, identity=workspace.identity),
            formats=("pdf", "json", "xlsx", "csv"),
            folder=sample.reports,
        )
    return {report.format: report.path for report in made}


def _result(
    workspace: Workspace,
    sample: Any,
    truth: dict[str, Any],
    reports: dict[str, Path],
    seconds: float,
) -> dict[str, Any]:
    """The one JSON object: figures, and each rule's counted downloads beside the truth."""
    from wavehouse import measurement, sponsorship
    from wavehouse.cli import demo_orders

    first, last = date.fromisoformat(truth["from"]), date.fromisoformat(truth["until"])
    identity, month = workspace.identity, last - timedelta(days=27)
    with (
        workspace.stores.analytics.app(identity.organization_id) as analytics,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        # A redemption may come after the flight: everything until today.
        campaigns = sponsorship.campaign_results(tx, identity=identity, first=first, last=last)
        days = measurement.days(analytics, identity=identity, first=first, last=last)
        listeners = measurement.listeners(tx, identity=identity, first=month, last=last)
        windows = measurement.by_window(tx, identity=identity, first=month, last=last)
    paid = [c for c in campaigns if c.card.status not in ("draft", "cancelled")]
    revenue = sum((c.results.revenue for c in campaigns), Decimal(0))
    spend = sum((c.card.campaign_value for c in paid), Decimal(0))
    earned = sum((c.results.revenue * c.card.margin for c in paid), Decimal(0))
    return {
        "from": first,
        "to": last,
        "downloads": sum(day.downloads for day in days),
        "listeners": listeners,
        "conversions": sum(c.results.conversions for c in campaigns),
        "revenue": float(revenue),
        "currency": truth["revenue"]["currency"],
        "roi": float(round((earned - spend) / spend, 4)) if spend else None,
        "reports": {form: str(path) for form, path in reports.items()},
        "seconds": round(seconds, 2),
        "windows": dict(windows.downloads),
        "credit": demo_orders.credited(workspace, first, last),
        "truth": _against_truth(workspace, truth, first, last)
        | demo_orders.against_truth(workspace, sample.folder, truth["web"], first, last),
    }


def _against_truth(
    workspace: Workspace, truth: dict[str, Any], first: date, last: date
) -> dict[str, dict[str, int]]:
    """For each rule the downloads of its own episode: expected by construction, and counted."""
    from wavehouse import catalog, measurement

    identity = workspace.identity
    with (
        workspace.stores.analytics.app(identity.organization_id) as analytics,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        figures = measurement.figures(
            analytics, tx, identity=identity, by="episode", first=first, last=last
        )
        episodes = catalog.list_episodes(tx, identity=identity)
    counted = {figure.member: figure.downloads for figure in figures}
    by_guid = {e.guid: counted.get(str(e.episode_id), 0) for e in episodes}
    return {
        rule: {"expected": expected, "counted": by_guid.get(f"sim-{rule}", 0)}
        for rule, expected in truth["rules"].items()
    }


def _windows(found: dict[str, int]) -> str:
    return ", ".join(f"{downloads:,} {window}" for window, downloads in found.items())


def _tell(result: dict[str, Any]) -> None:
    truth = result["truth"]
    wrong = [rule for rule, held in truth.items() if held["expected"] != held["counted"]]
    people = result["listeners"]
    terminal.print_table(
        ["figure", "value"],
        [
            ["downloads", f"{result['downloads']:,}"],
            ["listeners, last 28 days", "–" if people is None else f"{people:,}"],
            ["conversions", f"{result['conversions']:,}"],
            ["revenue", f"{result['revenue']:,.2f} {result['currency']}"],
            ["return on investment", "–" if result["roi"] is None else f"{result['roi']:.2f}×"],
            *(
                [f"credited, {model.replace('_', '-')}", f"{amount:,.2f} {result['currency']}"]
                for model, amount in result["credit"].items()
            ),
            ["windows, last 28 days", _windows(result["windows"])],
            ["rules held against the truth", f"{len(truth) - len(wrong)} of {len(truth)}"],
            *([form, path] for form, path in result["reports"].items()),
            ["wall time", f"{result['seconds']:.1f} s"],
        ],
    )
    if wrong:
        terminal.say(f"Rules that do not hold: {', '.join(wrong)}. Please report this.")
