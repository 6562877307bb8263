"""The pages' services, on the databases: the one room of ``web`` that knows the contexts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from wavehouse import accounts, catalog, measurement, sponsorship
from wavehouse.accounts import Workplace
from wavehouse.kernel import clock
from wavehouse.kernel.errors import WavehouseError
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.money import Money
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
)

_EVER = (date(1970, 1, 1), date(2999, 12, 31))
_NOT_FLOWN = frozenset({"draft", "scheduled", "cancelled"})


class DatabaseServices:
    """What the pages ask, answered by the contexts' doors."""

    def __init__(self, place: Workplace, *, sample_data: bool = False) -> None:
        self._place = place
        self._sample_data = sample_data

    def _for(self, who: SignedIn) -> Workplace:
        """The workplace as this visitor may use it: row security follows the organization."""
        place = self._place
        return replace(
            place,
            organization=replace(place.organization, organization_id=who.organization_id),
            identity=replace(place.identity, organization_id=who.organization_id),
        )

    def data_version(self, who: SignedIn) -> str:
        """Changes with every rollup, feed and conversion."""
        place = self._for(who)
        fresh = measurement.freshness(place)
        with place.stores.operational.app(who.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=place.identity)
            changed = sponsorship.data_version(tx, identity=place.identity)
        feeds = max((s.last_ingested_at for s in shows if s.last_ingested_at), default=None)
        return f"{fresh.newest_rollup}|{fresh.dirty_hours}|{feeds}|{len(shows)}|{changed}"

    def podcasts(self, who: SignedIn) -> Sequence[PodcastRef]:
        """The shows, by title."""
        place = self._for(who)
        with place.stores.operational.app(who.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=place.identity)
        return [
            PodcastRef(show.podcast_id, show.title, show.episodes, show.last_ingested_at)
            for show in shows
        ]

    def figures(self, who: SignedIn, span: Span, podcast_id: PodcastId | None) -> Figures:
        """Everything counted in a span."""
        place = self._for(who)
        first, last = span.first, span.last
        revenue, currency = self._revenue(place, span, podcast_id)
        return Figures(
            span,
            {
                Metric.DOWNLOADS: self._downloads(place, span, podcast_id),
                Metric.LISTENERS: self._listeners(place, span, podcast_id),
                Metric.LISTENING: Series(),
                Metric.COMPLETION: Series(),
                Metric.REVENUE: revenue,
            },
            currency=currency,
            episodes=self._episodes(place, first, last, podcast_id),
            apps=self._shares(place, "app", first, last, podcast_id),
            countries=self._shares(place, "country", first, last, podcast_id),
            releases=self._releases(place, span, podcast_id),
            removed=measurement.filtered(place, first=first, last=last),
        )

    def _downloads(self, place: Workplace, span: Span, podcast_id: PodcastId | None) -> Series:
        if span.grain is Grain.HOUR:
            points = measurement.hours(place, day=span.first, podcast_id=podcast_id)
        else:
            days = measurement.days(place, first=span.first, last=span.last, podcast_id=podcast_id)
            points = [day.downloads for day in days]
        return Series(sum(points), tuple(points))

    def _listeners(self, place: Workplace, span: Span, podcast_id: PodcastId | None) -> Series:
        total = measurement.listeners(
            place, first=span.first, last=span.last, podcast_id=podcast_id
        )
        if span.grain is Grain.HOUR:
            return Series(total)
        days = measurement.days(place, first=span.first, last=span.last, podcast_id=podcast_id)
        return Series(total, tuple(day.listeners for day in days))

    def _revenue(
        self, place: Workplace, span: Span, podcast_id: PodcastId | None
    ) -> tuple[Series, str | None]:
        """Credited revenue per day, in the currency that brought most; others are told apart."""
        with place.stores.operational.app(place.organization.organization_id) as tx:
            found = sponsorship.revenue_by_day(
                tx,
                identity=place.identity,
                first=span.first,
                last=span.last,
                podcast_id=podcast_id,
            )
        if not found:
            return Series(), None
        sums: dict[str, Decimal] = {}
        for row in found:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.amount
        currency = max(sums, key=lambda code: (sums[code], code))
        if span.grain is Grain.HOUR:
            return Series(sums[currency]), currency
        by_day = {row.day: row.amount for row in found if row.currency == currency}
        days = clock.days_between(span.first, span.last)
        return Series(sums[currency], tuple(by_day.get(day, Decimal(0)) for day in days)), currency

    def _episodes(
        self, place: Workplace, first: date, last: date, podcast_id: PodcastId | None
    ) -> list[EpisodeFigures]:
        counted = measurement.figures(
            place, "episode", first=first, last=last, podcast_id=podcast_id
        )
        known = {str(e.episode_id): e for e in self._catalogue(place, podcast_id)}
        return [
            EpisodeFigures(
                known[one.member].episode_id,
                known[one.member].title,
                known[one.member].publish_date.date(),
                one.downloads,
            )
            for one in counted
            if one.member in known
        ]

    def _catalogue(
        self, place: Workplace, podcast_id: PodcastId | None
    ) -> list[catalog.EpisodeSummary]:
        with place.stores.operational.app(place.organization.organization_id) as tx:
            return catalog.list_episodes(tx, identity=place.identity, podcast_id=podcast_id)

    def _shares(
        self,
        place: Workplace,
        by: measurement.By,
        first: date,
        last: date,
        podcast_id: PodcastId | None,
    ) -> list[Share]:
        found = measurement.figures(place, by, first=first, last=last, podcast_id=podcast_id)
        return [Share(one.member or None, one.downloads) for one in found]

    def _releases(
        self, place: Workplace, span: Span, podcast_id: PodcastId | None
    ) -> list[Release]:
        start = clock.start_of_day(span.first)
        end = clock.start_of_day(span.last + timedelta(days=1))
        return [
            Release(episode.publish_date, episode.title)
            for episode in self._catalogue(place, podcast_id)
            if start <= episode.publish_date < end
        ]

    def campaigns(
        self, who: SignedIn, span: Span, podcast_id: PodcastId | None
    ) -> Sequence[CampaignFigures]:
        """Campaigns that fly within the span, each with all it has brought so far.

        A campaign's return is that of the whole campaign, as in its report: its fee is not paid
        by the day, so revenue of some days against the whole fee would tell nothing.
        """
        place = self._for(who)
        with place.stores.operational.app(who.organization_id) as tx:
            found = sponsorship.campaign_results(
                tx,
                identity=place.identity,
                first=_EVER[0],
                last=_EVER[1],
                podcast_id=podcast_id,
            )
        return [
            CampaignFigures(
                one.card.sponsor,
                one.card.name,
                one.card.status,
                one.results.conversions,
                Money(one.results.revenue, one.card.currency),
                None if one.card.status in _NOT_FLOWN else one.roi,
            )
            for one in found
            if one.card.start_date <= span.last and span.first <= one.card.end_date
        ]

    def freshness(self, who: SignedIn) -> Freshness:
        """How far the data reaches."""
        place = self._for(who)
        fresh = measurement.freshness(place)
        return Freshness(
            events_to=fresh.newest_request,
            rollup_at=fresh.newest_rollup,
            dirty_hours=fresh.dirty_hours,
            quarantined=fresh.quarantined,
            rule=measurement.RULE_VERSION,
            lists=measurement.list_version(),
            sample_data=self._sample_data,
        )

    def sign_in(self, token: str) -> NewSession:
        """Use up a one-time link."""
        with self._place.stores.operational.worker() as tx:
            session = accounts.sign_in(tx, token=token)
        return NewSession(session.token, session.expires_at)

    def session(self, cookie: str) -> SignedIn | None:
        """Who a session cookie belongs to."""
        with self._place.stores.operational.worker() as tx:
            identity = accounts.session_of(tx, token=cookie)
        if identity is None:
            return None
        return SignedIn(identity.name, identity.organization_id)

    def sign_out(self, cookie: str) -> None:
        """End a session."""
        with self._place.stores.operational.worker() as tx:
            accounts.sign_out(tx, token=cookie)

    def readiness(self) -> Sequence[Check]:
        """Each database answers."""
        stores = self._place.stores
        return [
            _answers(database.name, database)
            for database in (stores.operational, stores.listeners, stores.analytics)
        ]


def _answers(name: str, database: object) -> Check:
    from wavehouse.store import Database

    assert isinstance(database, Database)  # noqa: S101 - one of the three
    try:
        with database.worker() as tx:
            tx.value("SELECT 1")
    except WavehouseError as error:
        return Check(name, ok=False, says=error.message)
    return Check(name, ok=True)
