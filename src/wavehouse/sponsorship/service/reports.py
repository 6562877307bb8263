"""Make a sponsor report: gather, build, render, write the files, remember them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from wavehouse import accounts, audit, measurement
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, reference, telemetry
from wavehouse.kernel.errors import InvalidInput, WavehouseError
from wavehouse.kernel.ids import EpisodeId
from wavehouse.sponsorship.queries import conversions, parties
from wavehouse.sponsorship.queries import reports as queries
from wavehouse.sponsorship.rules import reporting
from wavehouse.sponsorship.rules.figures import ATTRIBUTION_VERSION
from wavehouse.sponsorship.service.rendering import ENDINGS, FORMATS, render
from wavehouse.sponsorship.service.results import results_of
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


def from_rollups(analytics: Tx[Analytics], *, identity: Identity) -> DeliverySource:
    """Counted downloads from the daily rollup of ``measurement``, as of its latest computation."""

    def delivered(*, episode_ids: Sequence[EpisodeId], first: date, last: date) -> Delivery:
        days = measurement.episode_days(
            analytics, identity=identity, first=first, last=last, episode_ids=episode_ids
        )
        return Delivery(
            tuple(EpisodeDay(EpisodeId(row.episode_id), row.day, row.downloads) for row in days),
            _counting(measurement.data_as_of(analytics, identity=identity)),
        )

    return delivered


def _counting(as_of: datetime | None) -> Provenance:
    return Provenance(measurement.RULE_VERSION, reference.versions(), as_of or clock.now())


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
        raise InvalidInput("the report's last day lies before its first", hint="Swap the dates.")
    now = clock.now()
    counted = _delivered(card, first, last, delivery, now)
    seen = conversions.newest_conversion(tx, organization_id=identity.organization_id)
    return reporting.build(
        ReportInputs(
            sponsor=parties.sponsor(tx, sponsor_id=card.sponsor_id),
            campaign=card.campaign,
            podcast_title=card.podcast,
            first_day=first,
            last_day=last,
            days=reporting.by_day(counted.days, card.campaign, first, last, now),
            episodes=_episodes(tx, card, counted),
            results=results_of(
                tx,
                identity=identity,
                campaign_id=card.campaign_id,
                currency=card.currency,
                first=first,
                last=last,
            ),
            counting=counted.provenance,
            attribution=Provenance(ATTRIBUTION_VERSION, {}, seen or now),
            generated_at=now,
            report_type=report_type,
        )
    )


def make_report(
    tx: Tx[Operational],
    *,
    identity: Identity,
    card: CampaignCard,
    first: date,
    last: date,
    delivery: DeliverySource,
    formats: Sequence[str],
    folder: Path,
    report_type: ReportType = ReportType.SPONSOR,
) -> list[StoredReport]:
    """Write a campaign's report into a folder in every format asked for, from one object."""
    unknown = [one for one in formats if one not in FORMATS]
    if unknown or not formats:
        raise InvalidInput(f"a report's format is one of {', '.join(FORMATS)}")
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
        made = [_stored(tx, identity, data, one, folder) for one in dict.fromkeys(formats)]
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
    return made


def _delivered(
    card: CampaignCard, first: date, last: date, delivery: DeliverySource, now: datetime
) -> Delivery:
    """Downloads on the days that lie both in the flight and in the report."""
    start, end = max(first, card.start_date), min(last, card.end_date)
    if not card.episode_ids or end < start:
        return Delivery((), _counting(now))
    return delivery(episode_ids=card.episode_ids, first=start, last=end)


def _episodes(
    tx: Tx[Operational], card: CampaignCard, counted: Delivery
) -> tuple[EpisodeLine, ...]:
    totals: dict[EpisodeId, int] = {}
    for row in counted.days:
        totals[row.episode_id] = totals.get(row.episode_id, 0) + row.downloads
    return tuple(
        EpisodeLine(
            row.episode_id,
            None if row.number is None else int(row.number),
            row.title,
            row.released,
            totals.get(row.episode_id, 0),
        )
        for row in queries.carrying_episodes(tx, episode_ids=card.episode_ids)
    )


def _stored(
    tx: Tx[Operational], identity: Identity, data: ReportData, format_: str, folder: Path
) -> StoredReport:
    content = render(data, format_)
    path = folder.resolve() / file_name(data, format_)
    _write(path, content)
    digest = hashlib.sha256(content).digest()
    report_id = queries.insert_report(
        tx,
        organization_id=identity.organization_id,
        user_id=identity.user_id,
        data=data,
        format_=format_,
        file_url=path.as_uri()[:1000],
        file_size=len(content),
        content_hash=digest,
        rule_versions={figure.rule: figure.rule_version for figure in data.figures},
    )
    return StoredReport(report_id, format_, path, len(content), digest)


def file_name(data: ReportData, format_: str) -> str:
    """A name that sorts and tells: sponsor, campaign, dates, and what kind when not the usual."""
    words = re.findall(r"\w+", f"{data.sponsor} {data.campaign}".casefold())
    stem = "-".join(words)[:80].strip("-") or "report"
    kind = "" if data.report_type is ReportType.SPONSOR else f"-{data.report_type.split('_')[0]}"
    return f"{stem}-{data.first_day}-{data.last_day}{kind}.{ENDINGS.get(format_, format_)}"


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: a reader never sees half a report."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
        _clear(path)
    except OSError as error:
        raise WavehouseError(
            f"the report cannot be written: {error.strerror}",
            where=str(path),
            hint="Choose another folder with --out",
        ) from None


def _clear(path: Path) -> None:
    """Remove halves of this report that killed programs left behind."""
    for half in path.parent.glob(f".{path.name}.*"):
        pid = half.name.rpartition(".")[2]
        if pid.isdecimal() and not _runs(int(pid)):
            half.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
