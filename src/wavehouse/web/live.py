"""The dashboard's services, implemented on the contexts' public interfaces.

Each method opens its own transactions and returns plain data, so that no transaction is open while
a page is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI, Request
from starlette.responses import Response

from wavehouse import accounts, catalog, measurement, sponsorship, webhooks, wiring
from wavehouse.accounts import Identity
from wavehouse.catalog import EpisodeSummary
from wavehouse.kernel import clock
from wavehouse.kernel.errors import LimitReached, Unreachable, UsageError
from wavehouse.kernel.ids import EpisodeId, PodcastId
from wavehouse.kernel.limits import Rate
from wavehouse.kernel.money import Money
from wavehouse.store import Analytics, AnyDatabase, Operational, Tx
from wavehouse.web import problems
from wavehouse.web.app import create_app
from wavehouse.web.gate import ApiGate
from wavehouse.web.memory import Memory
from wavehouse.web.page_context import PageContext
from wavehouse.web.services import (
    CampaignFigures,
    Check,
    EpisodeFigures,
    Figures,
    Freshness,
    Grain,
    Metric,
    NewSession,
    PodcastRef,
    Release,
    Series,
    Span,
    Split,
    Windows,
)
from wavehouse.web.site import Site
from wavehouse.workspace import Edge, Workspace

_Period = tuple[date, date] | None


class LiveServices:
    """``Services`` on an open workspace; each call acts for its identity's organization."""

    def __init__(self, workspace: Workspace, *, sample_data: bool = False) -> None:
        self._stores = workspace.stores
        self._sample_data = sample_data
        self._sign_in_rate = accounts.SharedRate(
            self._stores.operational, workspace.settings, Rate("sign-in")
        )
        self._audiences: Memory[dict[Metric, Series]] = Memory()
        self._removals: Memory[Mapping[str, int]] = Memory()
        self._windows: Memory[Windows | None] = Memory()

    @contextmanager
    def _reading(self, identity: Identity) -> Iterator[tuple[Tx[Analytics], Tx[Operational]]]:
        """Transactions on both databases, limited to the identity's organization."""
        with (
            self._stores.analytics.app(identity.organization_id) as analytics,
            self._stores.operational.app(identity.organization_id) as operational,
        ):
            yield analytics, operational

    def data_version(self, identity: Identity) -> str | None:
        """A version that changes with every rollup, feed, campaign and conversion."""
        with self._reading(identity) as (analytics, operational):
            fresh = measurement.freshness(analytics, operational, identity=identity)
            shows = catalog.list_podcasts(operational, identity=identity)
            sold = sponsorship.data_version(operational, identity=identity)
        read = max((s.last_ingested_at for s in shows if s.last_ingested_at), default=None)
        return f"{fresh}|{read}|{sold}"

    def podcasts(self, identity: Identity) -> Sequence[PodcastRef]:
        """The organization's shows, by title."""
        with self._stores.operational.app(identity.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
        return [
            PodcastRef(show.podcast_id, show.title, show.episodes, show.last_ingested_at)
            for show in shows
        ]

    def figures(self, identity: Identity, span: Span, podcast_id: PodcastId | None) -> Figures:
        """Downloads and listeners from the rollups, revenue from attribution credits."""
        first, last = span.first, span.last
        with self._reading(identity) as (analytics, operational):
            episodes = catalog.list_episodes(operational, identity=identity, podcast_id=podcast_id)
            earned = sponsorship.revenue_by_day(
                operational, identity=identity, first=first, last=last, podcast_id=podcast_id
            )
            known = measurement.known_period(analytics, identity=identity)
            fresh = measurement.freshness(analytics, operational, identity=identity)
            audience = self._audiences.get(
                (identity.organization_id, span, podcast_id),
                (fresh, known),
                lambda: _audience(analytics, operational, identity, span, known, podcast_id),
            )

            def figures_by(by: measurement.By) -> list[measurement.Figure]:
                return measurement.figures(
                    analytics,
                    operational,
                    identity=identity,
                    by=by,
                    first=first,
                    last=last,
                    podcast_id=podcast_id,
                )

            by_episode = figures_by("episode")
            splits = [
                Split(each, figures_by(each.name)) for each in measurement.DIMENSIONS if each.card
            ]
        revenue, currency = _revenue(span, earned)
        return Figures(
            span=span,
            series={**audience, Metric.REVENUE: revenue},
            currency=currency,
            episodes=_episode_figures(
                by_episode, {episode.episode_id: episode for episode in episodes}
            ),
            splits=splits,
            covered=known is not None and known[0] <= first,
            releases=[
                Release(episode.publish_date.astimezone(UTC), episode.title)
                for episode in episodes
                if first <= episode.publish_date.astimezone(UTC).date() <= last
            ],
        )

    def campaigns(
        self, identity: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        """Campaigns active within the span, each with its results so far.

        A campaign's figures cover its flight until today, as its report without dates: comparing
        some days' revenue with the whole fee would be meaningless.
        """
        with self._stores.operational.app(identity.organization_id) as tx:
            results = sponsorship.flights_to_date(tx, identity=identity, podcast_id=podcast_id)
        return [
            _campaign(each)
            for each in results
            if each.card.start_date <= span.last and span.first <= each.card.end_date
        ]

    def removed(
        self, identity: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Mapping[str, int]:
        """Requests removed by a filter, for one show or for all."""
        with self._reading(identity) as (analytics, operational):
            return self._removals.get(
                (identity.organization_id, span, podcast_id),
                measurement.freshness(analytics, operational, identity=identity),
                lambda: measurement.filtered(
                    operational,
                    identity=identity,
                    first=span.first,
                    last=span.last,
                    podcast_id=podcast_id,
                ),
            )

    def windows(
        self, identity: Identity, span: Span, podcast_id: PodcastId | None
    ) -> Windows | None:
        """The three windows, counted once per data version."""
        with self._reading(identity) as (analytics, operational):
            return self._windows.get(
                (identity.organization_id, span, podcast_id),
                measurement.freshness(analytics, operational, identity=identity),
                lambda: _windows(operational, identity, span, podcast_id),
            )

    def freshness(self, identity: Identity) -> Freshness:
        """The times of the newest events and rollups."""
        with self._reading(identity) as (analytics, operational):
            known = measurement.freshness(analytics, operational, identity=identity)
        return Freshness(
            events_to=known.newest_request,
            rollup_at=known.newest_rollup,
            dirty_hours=known.dirty_hours,
            quarantined=known.quarantined,
            rule=measurement.RULE_VERSION,
            lists=measurement.list_version().replace(" ", " · ").replace(":", " "),
            sample_data=self._sample_data,
        )

    def slow_down(self, client: str) -> None:
        """TooManyRequests when a client has used up its attempts to sign in."""
        self._sign_in_rate.check(client)

    def sign_in(self, token: str, browser: str) -> NewSession:
        """Consume a one-time link."""
        with self._stores.operational.worker() as tx:
            opened = accounts.sign_in(tx, token=token, browser=browser)
        return NewSession(opened.token, opened.expires_at)

    def session(self, cookie: str) -> Identity | None:
        """The identity of a session cookie, None without a valid session."""
        if not cookie:
            return None
        with self._stores.operational.worker() as tx:
            return accounts.session_of(tx, token=cookie)

    def sign_out(self, cookie: str) -> None:
        """End a session."""
        with self._stores.operational.worker() as tx:
            accounts.sign_out(tx, token=cookie)

    def readiness(self) -> Sequence[Check]:
        """Whether each of the databases responds."""
        return [_answers(database) for database in self._stores.databases]


def _answers(database: AnyDatabase) -> Check:
    try:
        database.answer()
    except Unreachable as error:
        return Check(database.name, False, error.message)
    return Check(database.name, True)


def live_app(
    workspace: Workspace, *, site: Site | None = None, sample_data: bool = False
) -> FastAPI:
    """The complete web application on an open workspace, with the manifests' routers."""
    edge = Edge(workspace, ApiGate(workspace), wiring.readers())
    context = PageContext(workspace, site or Site(), edge.readers)
    pages = [wiring.resolve(page.target)(context) for page in wiring.pages() if page.target]
    app = create_app(
        LiveServices(workspace, sample_data=sample_data), [*wiring.routers(edge), *pages], site
    )

    def limited(request: Request, error: Exception) -> Response:
        if not isinstance(error, LimitReached):
            raise error
        webhooks.announce_limit(workspace.stores.operational, error=error)
        return problems.answer(request, error)

    app.add_exception_handler(LimitReached, limited)
    return app


def _audience(
    analytics: Tx[Analytics],
    operational: Tx[Operational],
    identity: Identity,
    span: Span,
    known: _Period,
    podcast_id: PodcastId | None,
) -> dict[Metric, Series]:
    """Totals and days; a point without data is None, never 0."""
    first, last = span.first, span.last
    if known is None or known[1] < first or last < known[0]:
        return {}
    days = measurement.days(
        analytics, identity=identity, first=first, last=last, podcast_id=podcast_id
    )
    with_data = measurement.days_with_data(
        analytics,
        operational,
        identity=identity,
        first=max(first, known[0]),
        last=min(last, known[1]),
    )
    if not with_data:
        gaps = (None,) * span.buckets
        return {Metric.DOWNLOADS: Series(None, gaps), Metric.LISTENERS: Series(None, gaps)}
    downloads = sum(day.downloads for day in days)
    listeners = measurement.listeners(
        operational, identity=identity, first=first, last=last, podcast_id=podcast_id
    )
    if span.grain is Grain.HOUR:
        hours = measurement.hours(analytics, identity=identity, day=first, podcast_id=podcast_id)
        return {
            Metric.DOWNLOADS: Series(downloads, tuple(hours)),
            Metric.LISTENERS: Series(listeners),
        }
    points = [day if day.day in with_data else None for day in days]
    return {
        Metric.DOWNLOADS: Series(
            downloads, tuple(day.downloads if day else None for day in points)
        ),
        Metric.LISTENERS: Series(
            listeners, tuple(day.listeners if day else None for day in points)
        ),
    }


def _windows(
    operational: Tx[Operational], identity: Identity, span: Span, podcast_id: PodcastId | None
) -> Windows | None:
    """Downloads by every window; None for more than two months (R44)."""
    try:
        counted = measurement.by_window(
            operational,
            identity=identity,
            first=span.first,
            last=span.last,
            podcast_id=podcast_id,
        )
    except (UsageError, LimitReached):
        return None
    return Windows(
        calendar=counted.downloads[measurement.CountWindow.CALENDAR],
        first_touch=counted.downloads[measurement.CountWindow.FIRST_TOUCH],
        last_touch=counted.downloads[measurement.CountWindow.LAST_TOUCH],
        why=measurement.window_differences(counted),
    )


def _episode_figures(
    counted: Sequence[measurement.Figure], known: Mapping[EpisodeId, EpisodeSummary]
) -> list[EpisodeFigures]:
    episodes = []
    for figure in counted:
        episode_id = EpisodeId(UUID(figure.member))
        episode = known.get(episode_id)
        released = episode.publish_date.astimezone(UTC).date() if episode else None
        title = episode.title if episode else figure.label or "Unknown episode"
        episodes.append(EpisodeFigures(episode_id, title, released, figure.downloads))
    return episodes


def _revenue(span: Span, days: Sequence[sponsorship.RevenueDay]) -> tuple[Series, str | None]:
    """Credited revenue per day in its currency; amounts in several currencies have no sum."""
    currencies = {day.currency for day in days}
    if len(currencies) != 1:
        return Series(), None
    by_day = {day.day: day.amount for day in days}
    every = clock.days_between(span.first, span.last)
    points = tuple(by_day.get(day, Decimal(0)) for day in every)
    total = sum(points, Decimal(0))
    return Series(total, points if span.grain is Grain.DAY else ()), currencies.pop()


def _campaign(campaigns: sponsorship.CampaignFigures) -> CampaignFigures:
    earned = campaigns.results.conversions or campaigns.results.revenue
    revenue = Money(campaigns.results.revenue, campaigns.card.currency) if earned else None
    return CampaignFigures(
        campaigns.card.sponsor,
        campaigns.card.name,
        campaigns.card.status,
        campaigns.results.conversions,
        revenue,
        campaigns.roi if earned else None,
    )
