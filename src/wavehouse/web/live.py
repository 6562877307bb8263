"""The dashboard's services on the contexts' doors: figures become what the pages show.

Each method opens its own transactions and returns plain data, so that no transaction is open
while a page is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, FastAPI

from wavehouse import accounts, catalog, measurement, sponsorship
from wavehouse.app import reread_conversions
from wavehouse.catalog import EpisodeSummary
from wavehouse.catalog.http import router as catalog_router
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused, Unreachable, UsageError
from wavehouse.kernel.ids import EpisodeId, PodcastId
from wavehouse.kernel.money import Money
from wavehouse.listeners.http import routers as listener_routers
from wavehouse.measurement.http import router as measurement_router
from wavehouse.sponsorship.http import pixels_router
from wavehouse.sponsorship.http import router as sponsorship_router
from wavehouse.store import Analytics, Database, Listeners, Operational
from wavehouse.web import campaigns, reports, sources, tokens
from wavehouse.web.app import create_app
from wavehouse.web.desk import Desk
from wavehouse.web.gate import ApiGate
from wavehouse.web.memory import Memory
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
    Share,
    SignedIn,
    Span,
    Split,
    Windows,
)
from wavehouse.web.site import Site
from wavehouse.workspace import Workspace

_READERS = {"conversions": reread_conversions}
_EVER = (date(1970, 1, 1), date(2999, 12, 31))
_Period = tuple[date, date] | None


class LiveServices:
    """``Services`` on an open workspace, for the one organization it belongs to."""

    def __init__(self, workspace: Workspace, *, sample_data: bool = False) -> None:
        self._workspace = workspace
        self._sample_data = sample_data
        self._audiences: Memory[dict[Metric, Series]] = Memory()
        self._removals: Memory[Mapping[str, int]] = Memory()
        self._windows: Memory[Windows | None] = Memory()

    def _own(self, who: SignedIn) -> Workspace:
        if who.organization_id != self._workspace.organization.organization_id:
            raise Refused("these figures belong to another organization")
        return self._workspace

    def data_version(self, who: SignedIn) -> str | None:
        """Changes with every rollup, feed, campaign and conversion."""
        workspace = self._own(who)
        fresh = measurement.freshness(workspace)
        with workspace.stores.operational.app(who.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=workspace.identity)
            sold = sponsorship.data_version(tx, identity=workspace.identity)
        read = max((s.last_ingested_at for s in shows if s.last_ingested_at), default=None)
        return f"{fresh}|{read}|{sold}"

    def podcasts(self, who: SignedIn) -> Sequence[PodcastRef]:
        """The organization's shows, by title."""
        workspace = self._own(who)
        with workspace.stores.operational.app(who.organization_id) as tx:
            found = catalog.list_podcasts(tx, identity=workspace.identity)
        return [
            PodcastRef(show.podcast_id, show.title, show.episodes, show.last_ingested_at)
            for show in found
        ]

    def figures(self, who: SignedIn, span: Span, podcast_id: PodcastId | None) -> Figures:
        """Downloads and listeners from the rollups, revenue from the credits."""
        workspace = self._own(who)
        episodes = self._episodes(who, podcast_id)
        first, last = span.first, span.last
        with workspace.stores.operational.app(who.organization_id) as tx:
            earned = sponsorship.revenue_by_day(
                tx, identity=workspace.identity, first=first, last=last, podcast_id=podcast_id
            )
        revenue, currency = _revenue(span, earned)
        known = measurement.known_period(workspace)
        audience = self._audiences.get(
            (measurement.freshness(workspace), known),
            (span, podcast_id),
            lambda: self._audience(workspace, span, known, podcast_id),
        )
        return Figures(
            span=span,
            series={**audience, Metric.REVENUE: revenue},
            currency=currency,
            episodes=_episode_figures(
                measurement.figures(
                    workspace, "episode", first=first, last=last, podcast_id=podcast_id
                ),
                {episode.episode_id: episode for episode in episodes},
            ),
            splits=[
                _split(
                    each,
                    measurement.figures(
                        workspace, each.name, first=first, last=last, podcast_id=podcast_id
                    ),
                )
                for each in measurement.DIMENSIONS
                if each.card is not None
            ],
            covered=known is not None and known[0] <= first,
            releases=[
                Release(episode.publish_date.astimezone(UTC), episode.title)
                for episode in episodes
                if first <= episode.publish_date.astimezone(UTC).date() <= last
            ],
        )

    def _episodes(self, who: SignedIn, podcast_id: PodcastId | None) -> list[EpisodeSummary]:
        workspace = self._own(who)
        with workspace.stores.operational.app(who.organization_id) as tx:
            return catalog.list_episodes(tx, identity=workspace.identity, podcast_id=podcast_id)

    def _audience(
        self, workspace: Workspace, span: Span, known: _Period, podcast_id: PodcastId | None
    ) -> dict[Metric, Series]:
        """Totals and days; what lies outside the known days is not known, never a bare 0."""
        first, last = span.first, span.last
        if known is None or known[1] < first or last < known[0]:
            return {}
        days = measurement.days(workspace, first=first, last=last, podcast_id=podcast_id)
        downloads = sum(day.downloads for day in days)
        listeners = measurement.listeners(workspace, first=first, last=last, podcast_id=podcast_id)
        if span.grain is Grain.HOUR:
            hours = measurement.hours(workspace, day=first, podcast_id=podcast_id)
            return {
                Metric.DOWNLOADS: Series(downloads, tuple(hours)),
                Metric.LISTENERS: Series(listeners),
            }
        told = [day if known[0] <= day.day <= known[1] else None for day in days]
        return {
            Metric.DOWNLOADS: Series(
                downloads, tuple(day.downloads if day else None for day in told)
            ),
            Metric.LISTENERS: Series(
                listeners, tuple(day.listeners if day else None for day in told)
            ),
        }

    def campaigns(
        self, who: SignedIn, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        """Campaigns that fly within the span, each with all it has brought so far.

        A campaign's return is that of the whole campaign, as in its report: its fee is not paid
        by the day, so some days' revenue against the whole fee would tell nothing.
        """
        workspace = self._own(who)
        with workspace.stores.operational.app(who.organization_id) as tx:
            found = sponsorship.campaign_results(
                tx,
                identity=workspace.identity,
                first=_EVER[0],
                last=_EVER[1],
                podcast_id=podcast_id,
            )
        return [
            _campaign(each)
            for each in found
            if each.card.start_date <= span.last and span.first <= each.card.end_date
        ]

    def removed(self, who: SignedIn, span: Span) -> Mapping[str, int]:
        """Requests that a filter stopped."""
        workspace = self._own(who)
        return self._removals.get(
            measurement.freshness(workspace),
            span,
            lambda: measurement.filtered(workspace, first=span.first, last=span.last),
        )

    def windows(self, who: SignedIn, span: Span, podcast_id: PodcastId | None) -> Windows | None:
        """The three windows, counted once for each version of the data."""
        workspace = self._own(who)

        def counted() -> Windows | None:
            try:
                found = measurement.by_window(
                    workspace, first=span.first, last=span.last, podcast_id=podcast_id
                )
            except UsageError:
                return None
            return Windows(
                calendar=found.downloads[measurement.CountWindow.CALENDAR],
                first_touch=found.downloads[measurement.CountWindow.FIRST_TOUCH],
                last_touch=found.downloads[measurement.CountWindow.LAST_TOUCH],
                why=measurement.window_differences(found),
            )

        return self._windows.get(measurement.freshness(workspace), (span, podcast_id), counted)

    def freshness(self, who: SignedIn) -> Freshness:
        """How far the events and the rollups go."""
        found = measurement.freshness(self._own(who))
        return Freshness(
            events_to=found.newest_request,
            rollup_at=found.newest_rollup,
            dirty_hours=found.dirty_hours,
            quarantined=found.quarantined,
            rule=measurement.RULE_VERSION,
            lists=measurement.list_version().replace(" ", " · ").replace(":", " "),
            sample_data=self._sample_data,
        )

    def sign_in(self, token: str) -> NewSession:
        """Use up a one-time link."""
        with self._workspace.stores.operational.worker() as tx:
            opened = accounts.sign_in(tx, token=token)
        return NewSession(opened.token, opened.expires_at)

    def session(self, cookie: str) -> SignedIn | None:
        """Who a session cookie belongs to."""
        if not cookie:
            return None
        with self._workspace.stores.operational.worker() as tx:
            identity = accounts.session_of(tx, token=cookie)
        return SignedIn(identity.name, identity.organization_id) if identity else None

    def sign_out(self, cookie: str) -> None:
        """End a session."""
        with self._workspace.stores.operational.worker() as tx:
            accounts.sign_out(tx, token=cookie)

    def readiness(self) -> Sequence[Check]:
        """Each of the three databases answers."""
        stores = self._workspace.stores
        return [
            _answers(stores.operational),
            _answers(stores.listeners),
            _answers(stores.analytics),
        ]


def _answers(
    database: Database[Operational] | Database[Listeners] | Database[Analytics],
) -> Check:
    try:
        database.answer()
    except Unreachable as error:
        return Check(database.name, False, error.message)
    return Check(database.name, True)


def live_app(
    workspace: Workspace, *, site: Site | None = None, sample_data: bool = False
) -> FastAPI:
    """The whole web application on an open workspace, the contexts' entrances included."""
    gate = ApiGate(workspace.stores.operational)
    return create_app(
        LiveServices(workspace, sample_data=sample_data),
        [
            *listener_routers(workspace.stores.listeners, workspace.settings),
            catalog_router(workspace.stores.operational, gate),
            measurement_router(workspace, gate, _READERS),
            sponsorship_router(workspace, gate),
            pixels_router(workspace),
            *_desks(workspace, site or Site()),
        ],
        site,
    )


def _desks(workspace: Workspace, site: Site) -> list[APIRouter]:
    """The pages on which something can be done."""
    desk = Desk(workspace, site)
    return [
        sources.router(desk, _READERS),
        campaigns.router(desk),
        reports.router(desk),
        tokens.router(desk),
    ]


def _episode_figures(
    counted: Sequence[measurement.Figure], known: Mapping[EpisodeId, EpisodeSummary]
) -> list[EpisodeFigures]:
    found = []
    for figure in counted:
        episode_id = EpisodeId(UUID(figure.member))
        episode = known.get(episode_id)
        released = episode.publish_date.astimezone(UTC).date() if episode else None
        title = episode.title if episode else figure.label or "Unknown episode"
        found.append(EpisodeFigures(episode_id, title, released, figure.downloads))
    return found


def _split(dimension: measurement.Dimension, counted: Sequence[measurement.Figure]) -> Split:
    """The figures of a dimension's card. An empty member is one that is not known."""
    card = dimension.card or measurement.Card(dimension.label, 7, "")
    shares = [Share(figure.member or None, figure.downloads) for figure in counted]
    return Split(dimension.name, card.title, shares, card.rows, dimension.names, card.empty)


def _revenue(span: Span, days: Sequence[sponsorship.RevenueDay]) -> tuple[Series, str | None]:
    """Credited revenue per day in its currency; amounts of several currencies have no sum."""
    currencies = {day.currency for day in days}
    if len(currencies) != 1:
        return Series(), None
    by_day = {day.day: day.amount for day in days}
    every = clock.days_between(span.first, span.last)
    points = tuple(by_day.get(day, Decimal(0)) for day in every)
    total = sum(points, Decimal(0))
    return Series(total, points if span.grain is Grain.DAY else ()), currencies.pop()


def _campaign(found: sponsorship.CampaignFigures) -> CampaignFigures:
    earned = found.results.conversions or found.results.revenue
    revenue = Money(found.results.revenue, found.card.currency) if earned else None
    return CampaignFigures(
        found.card.sponsor,
        found.card.name,
        found.card.status,
        found.results.conversions,
        revenue,
        found.roi if earned else None,
    )
