"""The pages on a real database, filled by a small simulation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.tenants import second_organization
from tests.web.webvisitor import visitor

from wavehouse import accounts, catalog, measurement, sponsorship
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.simulation import Settings, simulate
from wavehouse.web.live import LiveServices, live_app
from wavehouse.web.services import Metric, Span
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 6), date(2026, 11, 19)


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    """14:52 of 20 November 2026."""
    with clock.frozen(NOW):
        yield


@pytest.fixture(scope="module")
def filled(shared_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Fourteen simulated days, read as the commands do."""
    with clock.frozen(NOW):
        _fill(shared_workspace, tmp_path_factory.mktemp("simulation"))
    return shared_workspace


def _fill(workspace: Workspace, folder: Path) -> None:
    simulate(Settings(seed=5, people=30, days=14, until=LAST), folder)
    media = catalog.read_media_file(folder / "media.json")
    for feed in sorted((folder / "feeds").iterdir()):
        catalog.ingest_feed(
            workspace.stores.operational,
            identity=workspace.identity,
            location=str(feed),
            reading=catalog.FeedReading(source=catalog.FileFeedSource(), media=media),
        )
    list(
        measurement.ingest_logs(
            workspace.stores.operational,
            workspace.settings,
            identity=workspace.identity,
            paths=sorted((folder / "logs").iterdir()),
        )
    )
    measurement.count(workspace.stores.operational, workspace.settings)
    measurement.roll_up(workspace.stores)
    with workspace.stores.operational.worker() as tx:
        sponsorship.import_campaigns(
            tx, identity=workspace.identity, path=folder / "campaigns.json"
        )
        sponsorship.ingest_conversions(
            tx, identity=workspace.identity, path=folder / "conversions.csv"
        )


def who(workspace: Workspace) -> Identity:
    return workspace.identity


def test_the_pages_figures_are_the_contexts_own(filled: Workspace) -> None:
    """Total, days, episodes, apps and countries of a period have the same sum."""
    result = LiveServices(filled).figures(who(filled), Span(FIRST, LAST), None)
    downloads = result.series[Metric.DOWNLOADS]
    assert 0 < int(downloads.total or 0)
    assert {downloads.total} == {
        sum(point or 0 for point in downloads.points),
        sum(row.downloads for row in result.episodes),
        *(sum(row.downloads for row in split.figures) for split in result.splits),
    }
    assert "Unknown episode" not in {row.title for row in result.episodes}
    assert 14 == len(downloads.points)


def test_revenue_is_what_the_campaigns_brought(filled: Workspace) -> None:
    """The card's total equals the table's rows and the orders after the flights: the credits."""
    services, span = LiveServices(filled), Span(FIRST, LAST)
    figures = services.figures(who(filled), span, None)
    rows = services.campaigns(who(filled), span, None)
    listed = sum(row.revenue.amount for row in rows if row.revenue)
    assert 0 < listed
    with filled.stores.operational.app(filled.organization.organization_id) as tx:
        flights = sponsorship.flights_to_date(tx, identity=who(filled))
    later = sum(each.after_flight.revenue for each in flights if each.after_flight)
    assert listed == sum(each.results.revenue for each in flights)
    assert listed + later == figures.series[Metric.REVENUE].total
    assert "EUR" == figures.currency


def test_days_before_the_first_log_are_unknown_and_not_compared(filled: Workspace) -> None:
    """A gap in the curve, and no change from unknown days."""
    services = LiveServices(filled)
    result = services.figures(who(filled), Span(FIRST - timedelta(days=7), LAST), None)
    points = result.series[Metric.DOWNLOADS].points
    assert (None,) * 7 == points[:7]
    assert None not in points[7:]
    assert not result.covered
    assert services.figures(who(filled), Span(FIRST, LAST), None).covered
    early = services.figures(who(filled), Span(date(2026, 1, 1), date(2026, 1, 7)), None)
    assert Metric.DOWNLOADS not in early.series


def test_a_house_without_data_has_no_zero_on_its_page(workspace: Workspace) -> None:
    """The page shows dashes and commands instead."""
    services = LiveServices(workspace)
    result = services.figures(who(workspace), Span(FIRST, LAST), None)
    assert {None} == {series.total for series in result.series.values()}
    assert None is services.freshness(who(workspace)).events_to
    assert ([], [], {}) == (
        list(services.podcasts(who(workspace))),
        list(services.campaigns(who(workspace), Span(FIRST, LAST), None)),
        services.removed(who(workspace), Span(FIRST, LAST), None),
    )


def test_filtered_counts_follow_the_show(filled: Workspace) -> None:
    """Each show has its own; requests for unknown files or without an address belong to none."""
    services, span = LiveServices(filled), Span(FIRST, LAST)
    every = services.removed(who(filled), span, None)
    shows = [
        services.removed(who(filled), span, show.podcast_id)
        for show in services.podcasts(who(filled))
    ]
    known = {
        reason: number
        for reason, number in every.items()
        if reason not in ("unknown_path", "bad_ip")
    }

    assert known == {reason: sum(show.get(reason, 0) for show in shows) for reason in known}
    assert 1 < len([show for show in shows if show != every])


def test_another_organizations_visitor_sees_nothing_of_this_one(filled: Workspace) -> None:
    """Also when the same request was answered, and cached, for this organization before."""
    services, span = LiveServices(filled), Span(FIRST, LAST)
    assert services.removed(who(filled), span, None)
    assert services.windows(who(filled), span, None)
    other = second_organization(filled).identity
    stranger = replace(who(filled), organization_id=other.organization_id)
    windows = services.windows(stranger, span, None)
    figures = services.figures(stranger, span, None)

    assert windows is not None
    assert (0, 0, 0) == (windows.calendar, windows.first_touch, windows.last_touch)
    assert {None} == {series.total for series in figures.series.values()}
    assert ([], {}) == (list(services.podcasts(stranger)), services.removed(stranger, span, None))
    assert None is services.freshness(stranger).events_to


def test_a_printed_link_opens_the_page_and_the_contexts_entrance_is_there(
    filled: Workspace,
) -> None:
    """The one-time link opens the figures; the API requires a key."""
    with filled.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=filled.identity)
    client = visitor(live_app(filled, sample_data=True))
    page = client.get(f"/sign-in?token={link.token}").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    assert 303 == client.post("/sign-in", data={"csrf": csrf, "token": link.token}).status_code
    overview = client.get("/")
    assert 200 == overview.status_code
    assert "Sample data." in overview.text
    assert 401 == client.post("/api/v1/conversions", json={}).status_code
    assert "ready" == client.get("/health/ready").json()["status"]
    csrf = overview.text.split('name="csrf" value="')[1].split('"')[0]
    client.post("/sign-out", data={"csrf": csrf})
    assert 401 == client.get("/").status_code
    with pytest.raises(NotSignedIn):
        LiveServices(filled).sign_in(link.token, "")


def test_the_counting_windows_are_those_of_measurement(filled: Workspace) -> None:
    """The calendar window equals every other figure; three months are not counted."""
    services = LiveServices(filled)
    result = services.windows(who(filled), Span(FIRST, LAST), None)
    figures = services.figures(who(filled), Span(FIRST, LAST), None)

    assert result is not None
    assert result.calendar == figures.series[Metric.DOWNLOADS].total
    assert result.calendar >= result.first_touch >= result.last_touch > 0
    assert services.windows(who(filled), Span(date(2026, 8, 1), LAST), None) is None
