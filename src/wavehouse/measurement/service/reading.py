"""Use cases that read counted figures of the caller's organization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from wavehouse.accounts import Identity, require_retained, retained_from
from wavehouse.kernel import clock
from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.queries import freshness as freshness_queries
from wavehouse.measurement.queries import reading, removals, sealing, tracing
from wavehouse.measurement.queries import titles as title_queries
from wavehouse.measurement.queries.raw_tables import HOT
from wavehouse.measurement.rules.dimensions import dimension, names
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.service.distinct import distinct_listeners
from wavehouse.measurement.service.whole import raw_tables, sealed_days_with_requests, sealed_sums
from wavehouse.measurement.types import (
    NO_PODCAST,
    Backlog,
    DayTotal,
    EpisodeDay,
    Figure,
    Freshness,
    HourFigure,
    TracedRequest,
)
from wavehouse.store import Analytics, Operational, Tx

MOST_DAYS_BY_HOUR = 31
"""A month of hours by every app and country is about 100,000 rows."""

if TYPE_CHECKING:
    By = str
else:  # the API's page lists the values
    By = Literal[names()]


def days(
    analytics: Tx[Analytics],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> list[DayTotal]:
    """Every day of a period, including days without downloads."""
    totals = reading.downloads_by_day(
        analytics,
        organization_id=identity.organization_id,
        first=first,
        last=last,
        podcast_id=podcast_id or NO_PODCAST,
    )
    known = {total.day: total for total in totals}
    return [known.get(day, DayTotal(day, 0, 0)) for day in clock.days_between(first, last)]


def days_with_data(
    analytics: Tx[Analytics],
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
) -> frozenset[date]:
    """The days of a period on which the organization has downloads or requests of any show.

    A day is missing when no log of it was read, and when retention removed an unsealed log without
    downloads. Its figures are unknown, not zero.
    """
    totals = days(analytics, identity=identity, first=first, last=last)
    counted = {total.day for total in totals if total.downloads}
    others = [total.day for total in totals if total.day not in counted]
    requested = freshness_queries.days_with_requests(
        operational, organization_id=identity.organization_id, days=others
    )
    return frozenset(
        counted.union(
            requested, sealed_days_with_requests(operational, identity=identity, days=others)
        )
    )


def days_without_data(
    analytics: Tx[Analytics],
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
) -> tuple[date, ...]:
    """The other days of a period, oldest first."""
    known = days_with_data(analytics, operational, identity=identity, first=first, last=last)
    return tuple(day for day in clock.days_between(first, last) if day not in known)


def hours(
    analytics: Tx[Analytics], *, identity: Identity, day: date, podcast_id: UUID | None = None
) -> list[int]:
    """Downloads of the 24 hours of a UTC day."""
    start = clock.start_of_day(day)
    totals = reading.downloads_by_hour(
        analytics,
        organization_id=identity.organization_id,
        start=start,
        end=start + clock.DAY,
        podcast_id=podcast_id,
    )
    known = {total.hour: total.downloads for total in totals}
    return [known.get(start + n * clock.HOUR, 0) for n in range(24)]


def figures(
    analytics: Tx[Analytics],
    operational: Tx[Operational],
    *,
    identity: Identity,
    by: By,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> list[Figure]:
    """Downloads of a period by day or by a dimension; episodes with their titles."""
    if by == "day":
        return [
            Figure(total.day.isoformat(), total.downloads)
            for total in days(
                analytics, identity=identity, first=first, last=last, podcast_id=podcast_id
            )
        ]
    rows = reading.downloads_by(
        analytics,
        dimension(by),
        organization_id=identity.organization_id,
        first=first,
        last=last,
        podcast_id=podcast_id,
    )
    if by != "episode":
        return rows
    titles = title_queries.episode_titles(
        operational,
        organization_id=identity.organization_id,
        episode_ids=[row.member for row in rows],
    )
    return [replace(row, label=titles.get(row.member, "")) for row in rows]


def hour_figures(
    analytics: Tx[Analytics],
    *,
    identity: Identity,
    by: By,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> list[HourFigure]:
    """Downloads of each UTC hour that has any, by day or by a dimension, oldest first.

    At most ``MOST_DAYS_BY_HOUR`` days: UsageError for more.
    """
    if (last - first).days >= MOST_DAYS_BY_HOUR:
        raise UsageError(
            f"figures by the hour cover at most {MOST_DAYS_BY_HOUR} days",
            hint="Use a shorter period, or figures by day.",
        )
    start, end = _instants(first, last)
    organization_id = identity.organization_id
    if by != "day":
        return reading.hours_by(
            analytics,
            dimension(by),
            organization_id=organization_id,
            start=start,
            end=end,
            podcast_id=podcast_id,
        )
    totals = reading.downloads_by_hour(
        analytics, organization_id=organization_id, start=start, end=end, podcast_id=podcast_id
    )
    return [
        HourFigure(total.hour, total.hour.astimezone(UTC).date().isoformat(), total.downloads)
        for total in totals
    ]


def episode_days(
    analytics: Tx[Analytics],
    *,
    identity: Identity,
    first: date,
    last: date,
    episode_ids: Sequence[UUID],
) -> list[EpisodeDay]:
    """Downloads of given episodes on each day of a period."""
    return reading.downloads_by_episode_day(
        analytics,
        organization_id=identity.organization_id,
        first=first,
        last=last,
        episode_ids=episode_ids,
    )


def listeners(
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> int | None:
    """Distinct listeners of a period; None when it spans more than two months (R44).

    None also when raw downloads of the period cannot be read: rollups do not add up (R43).
    """
    if months_spanned(first, last) > 2 or dropped_until(
        operational, identity=identity, first=first
    ):
        return None
    return distinct_listeners(
        operational, identity=identity, first=first, last=last, podcast_id=podcast_id
    )


def estimates(
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> int:
    """Downloads known only from our redirect (R30): reported separately, never added."""
    start, end = _raw_span(operational, identity, first, last)
    with sealed_sums(operational, identity=identity, start=start, end=end) as (sealed, spans):
        number = 0 if sealed is None else sealed.estimates(podcast_id)
    for first_at, last_at in spans:
        number += removals.prefix_estimates(
            operational,
            organization_id=identity.organization_id,
            podcast_id=podcast_id,
            start=first_at,
            end=last_at,
        )
    return number


def filtered(
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> dict[str, int]:
    """Requests of a period stopped by a filter, by reason; of one show or of all.

    A request for an unknown file belongs to no show.
    """
    start, end = _raw_span(operational, identity, first, last)
    with sealed_sums(operational, identity=identity, start=start, end=end) as (sealed, spans):
        counts = {} if sealed is None else sealed.filtered(podcast_id)
    for first_at, last_at in spans:
        rows = removals.filtered_requests(
            operational,
            organization_id=identity.organization_id,
            podcast_id=podcast_id,
            start=first_at,
            end=last_at,
        )
        counts = _added({row.member: row.downloads for row in rows}, counts)
    return _added(counts, {})


def flagged(
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> dict[str, int]:
    """Requests of a period by their flags (R19, R23, R25, R32)."""
    start, end = _raw_span(operational, identity, first, last)
    organization_id = identity.organization_id
    with sealed_sums(operational, identity=identity, start=start, end=end) as (sealed, spans):
        flags = {} if sealed is None else sealed.flagged(podcast_id)
        several = sealed is not None and sealed.has_several_renditions()
    duplicates = 0
    if several:  # only PostgreSQL has the thresholds and the union of their bytes
        spans_of_duplicates = [(start, end)]
        tables = raw_tables(operational, identity=identity, start=start, end=end)
    else:
        spans_of_duplicates, tables = spans, HOT
    for first_at, last_at in spans:
        rows = removals.flagged_requests(
            operational,
            organization_id=organization_id,
            podcast_id=podcast_id,
            start=first_at,
            end=last_at,
        )
        flags = _added({row.member: row.downloads for row in rows}, flags)
    for first_at, last_at in spans_of_duplicates:
        duplicates += removals.duplicate_renditions(
            operational,
            organization_id=organization_id,
            podcast_id=podcast_id,
            start=first_at,
            end=last_at,
            tables=tables,
        )
    flags = _added(flags, {})
    return flags | ({"rendition_dup": duplicates} if duplicates else {})


def outcomes(
    operational: Tx[Operational], *, identity: Identity, first: date, last: date
) -> dict[str, int]:
    """Candidate requests of a period by outcome: counted, below the threshold, an estimate."""
    start, end = _raw_span(operational, identity, first, last)
    rows = removals.outcomes(
        operational,
        organization_id=identity.organization_id,
        start=start,
        end=end,
        tables=raw_tables(operational, identity=identity, start=start, end=end),
    )
    return {row.member: row.downloads for row in rows}


def trace(
    operational: Tx[Operational], *, identity: Identity, first: date, last: date, limit: int
) -> list[TracedRequest]:
    """Stored requests of a period with the outcome of each."""
    start, end = _raw_span(operational, identity, first, last)
    return tracing.traced_requests(
        operational,
        organization_id=identity.organization_id,
        start=start,
        end=end,
        limit=limit,
        tables=raw_tables(operational, identity=identity, start=start, end=end),
    )


def dropped_until(operational: Tx[Operational], *, identity: Identity, first: date) -> date | None:
    """The first day whose raw data can be read, when a period begins before it; else None.

    Raw data is complete in partitions, or in partitions and sealed files together, and is read as
    far back as the organization's plan includes (decision 1110).
    """
    ends = (_removed_until(operational, first=first), retained_from(operational, identity=identity))
    return max((end for end in ends if end is not None and end > first), default=None)


def _removed_until(operational: Tx[Operational], *, first: date) -> date | None:
    """The first day with complete raw data, when retention has removed some from ``first`` on."""
    complete = sealing.complete_from(operational)
    if complete is None or clock.start_of_day(first) >= complete:
        return None
    return complete.astimezone(UTC).date()


def require_raw(operational: Tx[Operational], *, identity: Identity, first: date) -> None:
    """Refuse a period that begins on ``first`` when its raw data cannot all be read.

    UsageError when retention has removed raw data; LimitReached when the plan does not include it.
    """
    complete = _removed_until(operational, first=first)
    if complete is not None:
        raise UsageError(
            f"retention has removed the raw data before {complete}",
            hint=f"Choose a period that begins on or after {complete}; downloads by day remain.",
            command="wavehouse retention policies",
        )
    require_retained(operational, identity=identity, first=first)


def freshness(
    analytics: Tx[Analytics], operational: Tx[Operational], *, identity: Identity
) -> Freshness:
    """The state of the organization's data: newest events, batch and rollup, and dirty hours."""
    read = freshness_queries.freshness(operational, organization_id=identity.organization_id)
    return replace(read, newest_rollup=data_as_of(analytics, identity=identity))


def data_as_of(analytics: Tx[Analytics], *, identity: Identity) -> datetime | None:
    """When the organization's rollups were last computed; None before the first time."""
    return reading.newest_rollup(analytics, organization_id=identity.organization_id)


def backlog(operational: Tx[Operational]) -> Backlog:
    """Pending work of all organizations. Needs a worker's transaction."""
    return freshness_queries.backlog(operational)


def known_period(analytics: Tx[Analytics], *, identity: Identity) -> tuple[date, date] | None:
    """The first and last day with downloads."""
    return reading.first_and_last_day(analytics, organization_id=identity.organization_id)


def _added(counts: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """The sums of two counts, the largest first."""
    sums = {member: counts.get(member, 0) + before.get(member, 0) for member in counts | before}
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    """The half-open span of instants from the first day to the last, both included."""
    return clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))


def _raw_span(
    operational: Tx[Operational], identity: Identity, first: date, last: date
) -> tuple[datetime, datetime]:
    """The instants of a period, from the first day on whose raw data the plan includes."""
    start, end = _instants(first, last)
    earliest = retained_from(operational, identity=identity)
    return (start if earliest is None else min(max(start, clock.start_of_day(earliest)), end)), end
