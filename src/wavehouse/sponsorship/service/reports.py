"""Make a sponsor report: gather data, build, render, write the files, record them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

from wavehouse import accounts, audit, measurement, webhooks
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, ids, reference, telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import EpisodeId, ReportId
from wavehouse.sponsorship.adapters import report_files
from wavehouse.sponsorship.queries import conversions, parties
from wavehouse.sponsorship.queries import reports as queries
from wavehouse.sponsorship.rules import reporting, states
from wavehouse.sponsorship.rules.figures import ATTRIBUTION_VERSION
from wavehouse.sponsorship.service.rendering import FORMATS, missing_in_pdf, render
from wavehouse.sponsorship.service.results import after_flight, results_of
from wavehouse.sponsorship.types import (
    CampaignCard,
    Delivery,
    DeliverySource,
    EpisodeDay,
    EpisodeLine,
    Provenance,
    ReportData,
    ReportInputs,
    ReportType,
    StoredReport,
)
from wavehouse.store import Analytics, Operational, Tx
from wavehouse.webhooks import EventType

_LONGEST_URL = 1000


def from_rollups(
    analytics: Tx[Analytics], operational: Tx[Operational], *, identity: Identity
) -> DeliverySource:
    """Counted downloads from the daily rollup of ``measurement``, up to the last event."""

    def delivered(*, episode_ids: Sequence[EpisodeId], first: date, last: date) -> Delivery:
        days = measurement.episode_days(
            analytics, identity=identity, first=first, last=last, episode_ids=episode_ids
        )
        with_data = measurement.days_with_data(
            analytics, operational, identity=identity, first=first, last=last
        )
        known = measurement.freshness(analytics, operational, identity=identity)
        return Delivery(
            tuple(EpisodeDay(EpisodeId(row.episode_id), row.day, row.downloads) for row in days),
            _counting(known.newest_request),
            with_data,
        )

    return delivered


def _counting(as_of: datetime | None) -> Provenance:
    return Provenance(measurement.RULE_VERSION, reference.versions(), as_of)


def report_data(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    first: date,
    last: date,
    delivery: DeliverySource,
    report_type: ReportType = ReportType.SPONSOR,
) -> ReportData:
    """The data of a campaign's report between two UTC days, both included."""
    if last < first:
        raise InvalidInput("the report's end date is before its start date", hint="Swap the dates.")
    states.check_period(card.campaign, first=first, last=last)
    now = clock.now()
    carrying = queries.carrying_episodes(
        tx, podcast_id=card.podcast_id, episode_ids=card.episode_ids or None
    )
    counted = _delivered(card, [row.episode_id for row in carrying], first, last, delivery)
    seen = conversions.newest_conversion(tx, organization_id=identity.organization_id)
    history = parties.campaign_states(tx, campaign_id=card.campaign_id)
    days = reporting.by_day(counted, card.campaign, history, first=first, last=last, now=now)
    return reporting.build(
        ReportInputs(
            sponsor=parties.sponsor(tx, sponsor_id=card.sponsor_id),
            campaign=card.campaign,
            podcast_title=card.podcast,
            whole_show=not card.episode_ids,
            first_day=first,
            last_day=last,
            days=days,
            episodes=_episodes(carrying, counted, {day.day for day in days if not day.paused}),
            results=results_of(
                tx,
                identity=identity,
                campaign_id=card.campaign_id,
                currency=card.currency,
                first=first,
                last=last,
            ),
            counting=counted.provenance,
            attribution=Provenance(ATTRIBUTION_VERSION, {}, seen),
            generated_at=now,
            report_type=report_type,
            after_flight=after_flight(tx, identity=identity, card=card, last=last),
        )
    )


def delivered_to_date(
    analytics: Tx[Analytics],
    operational: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
) -> int:
    """The impressions of a campaign's flight until today, as its report counts them."""
    delivery = from_rollups(analytics, operational, identity=identity)
    now = clock.now()
    first, last = states.report_period(card.start_date, card.end_date, now.date())
    if first > now.date():
        return 0
    carrying = queries.carrying_episodes(
        operational, podcast_id=card.podcast_id, episode_ids=card.episode_ids or None
    )
    counted = _delivered(card, [row.episode_id for row in carrying], first, last, delivery)
    history = parties.campaign_states(operational, campaign_id=card.campaign_id)
    days = reporting.by_day(counted, card.campaign, history, first=first, last=last, now=now)
    return sum(day.impressions or 0 for day in days)


def make_report(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    delivery: DeliverySource,
    formats: Sequence[str],
    folder: Path,
    first: date | None = None,
    last: date | None = None,
    report_type: ReportType = ReportType.SPONSOR,
) -> list[StoredReport]:
    """Write a campaign's report to a folder in every requested format, from one object.

    Without dates it covers the flight, until today.
    """
    first, last = states.report_period(
        card.start_date, card.end_date, clock.today(), first=first, last=last
    )
    unknown = [format_ for format_ in formats if format_ not in FORMATS]
    if unknown or not formats:
        raise InvalidInput(f"a report's format must be one of {', '.join(FORMATS)}")
    with telemetry.span("report.make"):
        data = report_data(
            tx,
            identity=identity,
            card=card,
            first=first,
            last=last,
            delivery=delivery,
            report_type=report_type,
        )
        made = _issued(tx, identity, data, formats, folder)
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action="report.made",
        resource=("campaign", card.campaign_id),
        organization_id=identity.organization_id,
        metadata={
            "number": data.number,
            "type": data.report_type.value,
            "formats": list(dict.fromkeys(formats)),
        },
    )
    for report in made:
        webhooks.emit(
            tx,
            identity=identity,
            event_type=EventType.REPORT_GENERATED,
            subject=("report", report.report_id),
            data={"campaign_id": str(card.campaign_id), "format": report.format},
        )
    return made


def _delivered(
    card: CampaignCard,
    episode_ids: Sequence[EpisodeId],
    first: date,
    last: date,
    delivery: DeliverySource,
) -> Delivery:
    """Downloads on days that are in both the flight and the report."""
    start, end = max(first, card.start_date), min(last, card.end_date)
    if end < start:
        return delivery(episode_ids=(), first=first, last=last)
    return delivery(episode_ids=episode_ids, first=start, last=end)


def _episodes(
    carrying: Sequence[queries.EpisodeRow], counted: Delivery, active: Set[date]
) -> tuple[EpisodeLine, ...]:
    """The carrying episodes with their downloads on active days, including those without any."""
    totals: dict[EpisodeId, int] = {}
    for row in counted.days:
        if row.day in active:
            totals[row.episode_id] = totals.get(row.episode_id, 0) + row.downloads
    return tuple(
        EpisodeLine(
            row.episode_id,
            None if row.number is None else int(row.number),
            row.title,
            row.released,
            totals.get(row.episode_id, 0),
        )
        for row in carrying
        if row.is_named or row.episode_id in totals
    )


def _issued(
    tx: Tx[Operational],
    identity: Identity,
    data: ReportData,
    formats: Sequence[str],
    folder: Path,
) -> list[StoredReport]:
    """All formats written and recorded, or none: files without a record are removed."""
    with ExitStack() as undo:
        made = [
            _stored(tx, identity, data, format_, folder, undo) for format_ in dict.fromkeys(formats)
        ]
        undo.pop_all()
    return made


def _stored(
    tx: Tx[Operational],
    identity: Identity,
    data: ReportData,
    format_: str,
    folder: Path,
    undo: ExitStack,
) -> StoredReport:
    content = render(data, format_)
    report_id = ReportId(ids.uuid7())
    path = folder.resolve() / report_files.file_name(data, format_, report_id)
    if len(path.as_uri()) > _LONGEST_URL:
        raise InvalidInput(
            "the report's path is too long", where=str(folder), hint="Choose another folder."
        )
    report_files.write_report(path, content)
    undo.callback(path.unlink, missing_ok=True)
    digest = hashlib.sha256(content).digest()
    queries.insert_report(
        tx,
        report_id=report_id,
        organization_id=identity.organization_id,
        user_id=identity.user_id,
        data=data,
        format_=format_,
        file_url=path.as_uri(),
        file_size=len(content),
        content_hash=digest,
        rule_versions={figure.rule: figure.rule_version for figure in data.figures},
    )
    missing = missing_in_pdf(data) if format_ == "pdf" else ""
    return StoredReport(report_id, format_, path, len(content), digest, missing)
