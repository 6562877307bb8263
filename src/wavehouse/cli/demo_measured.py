"""The demo's chapter ``measured``: from feeds and logs to figures and a sponsor report."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from wavehouse import accounts, catalog, measurement, sponsorship
from wavehouse.accounts import Identity
from wavehouse.cli import demo_orders
from wavehouse.kernel import terminal
from wavehouse.kernel.errors import InvalidInput
from wavehouse.workspace import ChapterResult, Stage, Workspace


def measured(stage: Stage) -> ChapterResult:
    """Ingest the sample like real data, count it, attribute it, and check the figures."""
    _ingest(stage)
    reports = _report(stage)
    figures = _figures(stage, reports)
    wrong = _wrong(figures)
    rules = len(figures["truth"])
    lines = [
        (
            f"{figures['downloads']:,} downloads counted; "
            f"{rules - len(wrong)} of {rules} rules agree with the simulated truth."
        ),
        (
            f"{figures['conversions']:,} conversions brought sponsors "
            f"{figures['revenue']:,.2f} {figures['currency']}."
        ),
    ]
    if wrong:
        lines.append(f"Rules that disagree: {', '.join(wrong)}. Please report this.")
    return ChapterResult(not wrong, tuple(lines), figures)


@contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    terminal.say(f"{title:<34} {time.monotonic() - began:5.1f} s")


def _ingest(stage: Stage) -> None:
    """Feeds, logs, campaigns and conversions, with the use cases of the commands."""
    workspace, folder = stage.workspace, stage.folder
    media = catalog.read_media_file(folder / "media.json")
    reading = catalog.FeedReading(source=catalog.FileFeedSource(), media=media)
    # The show of the counting rules belongs to a separate organization: no page lists it.
    owners = {folder: workspace.identity, folder / "rules": checker(workspace)}
    with _step("Registered the shows"):
        for home, identity in owners.items():
            for feed in sorted((home / "feeds").glob("*.xml")):
                catalog.ingest_feed(
                    workspace.stores.operational,
                    identity=identity,
                    location=str(feed),
                    reading=reading,
                )
    logs = {owner: sorted((owner / "logs").iterdir()) for owner in owners}
    size = sum(path.stat().st_size for paths in logs.values() for path in paths)
    with _step("Read the access logs"), terminal.progress("Reading logs", size, "bytes") as meter:
        for home, identity in owners.items():
            for result in measurement.ingest_logs(
                workspace.stores.operational,
                workspace.settings,
                logs[home],
                identity=identity,
                on_bytes=meter.advance,
            ):
                if result.error:
                    raise InvalidInput(result.error, where=result.name)
    days = measurement.pending_days(workspace.stores.operational)
    with _step("Counted downloads"), terminal.progress("Counting", len(days), "days") as meter:
        measurement.count(
            workspace.stores.operational, workspace.settings, on_day=lambda _: meter.advance(1)
        )
    with _step("Rolled up hours and days"):
        measurement.roll_up(workspace.stores)
    with _step("Attributed the conversions"):
        _attribute(workspace, folder)


def _attribute(workspace: Workspace, folder: Path) -> None:
    """Import campaigns and orders once: a campaign that was moved since keeps its state."""
    identity = workspace.identity
    with workspace.stores.operational.app(identity.organization_id) as tx:
        known = {card.name for card in sponsorship.list_campaigns(tx, identity=identity)}
        if known & {name for _, name in sample_campaigns(folder)}:
            return
        sponsorship.import_campaigns(tx, identity=identity, path=folder / "campaigns.json")
        sponsorship.ingest_conversions(tx, identity=identity, path=folder / "conversions.csv")
        demo_orders.send_orders(tx, workspace, folder)


def sample_campaigns(folder: Path) -> set[tuple[str, str]]:
    """Sponsor and name of the sample's campaigns."""
    file = folder / "campaigns.json"
    if not file.exists():
        return set()
    document = json.loads(file.read_text(encoding="utf-8"))
    return {(item["sponsor"]["name"], item["name"]) for item in document["campaigns"]}


def checker(workspace: Workspace) -> Identity:
    """The administrator of the organization that owns the rules' show."""
    with workspace.stores.operational.worker() as tx:
        _, identity = accounts.further_organization(
            tx, identity=workspace.identity, name="Wavehouse self-check"
        )
    return identity


def _report(stage: Stage) -> dict[str, Path]:
    """The report of the campaign with the highest revenue, in every format."""
    workspace, truth, last = stage.workspace, stage.truth, stage.until
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
            delivery=sponsorship.from_rollups(analytics, tx, identity=workspace.identity),
            formats=("pdf", "json", "xlsx", "csv"),
            folder=stage.output,
        )
    return {report.format: report.path for report in made}


def _figures(stage: Stage, reports: dict[str, Path]) -> dict[str, Any]:
    """The figures, and for each rule the counted downloads beside the truth."""
    workspace, truth = stage.workspace, stage.truth
    first, last = date.fromisoformat(truth["from"]), stage.until
    identity, month = workspace.identity, last - timedelta(days=27)
    with (
        workspace.stores.analytics.app(identity.organization_id) as analytics,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        # A code may be redeemed after the flight, so include everything until today.
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
        "windows": dict(windows.downloads),
        "credit": demo_orders.credited(workspace, first, last),
        "truth": _against_truth(workspace, truth, first, last)
        | demo_orders.against_truth(workspace, stage.folder, truth["web"], first, last),
    }


def _against_truth(
    workspace: Workspace, truth: Mapping[str, Any], first: date, last: date
) -> dict[str, dict[str, int]]:
    """For each rule the downloads of its own episode: expected and counted."""
    identity = checker(workspace)
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


def _wrong(figures: Mapping[str, Any]) -> list[str]:
    return [rule for rule, pair in figures["truth"].items() if pair["expected"] != pair["counted"]]
