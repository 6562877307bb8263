"""Use cases that read counted figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.measurement.queries import reading
from wavehouse.measurement.rules.dimensions import dimension, names
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.types import (
    NO_PODCAST,
    DayTotal,
    EpisodeDay,
    Figure,
    Freshness,
    TracedRequest,
)
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    By = str
else:  # the API's page lists the values
    By = Literal[names()]


def days(
    workspace: Workspace, *, first: date, last: date, podcast_id: UUID | None = None
) -> list[DayTotal]:
    """Every day of a period, days without a download included."""
    with workspace.stores.analytics.app(workspace.organization.organization_id) as tx:
        found = reading.downloads_by_day(
            tx, first=first, last=last, podcast_id=podcast_id or NO_PODCAST
        )
    known = {total.day: total for total in found}
    return [known.get(day, DayTotal(day, 0, 0)) for day in clock.days_between(first, last)]


def hours(workspace: Workspace, *, day: date, podcast_id: UUID | None = None) -> list[int]:
    """Downloads of a UTC day's 24 hours."""
    start = clock.start_of_day(day)
    with workspace.stores.analytics.app(workspace.organization.organization_id) as tx:
        found = reading.downloads_by_hour(
            tx, start=start, end=start + clock.DAY, podcast_id=podcast_id
        )
    known = {total.hour: total.downloads for total in found}
    return [known.get(start + n * clock.HOUR, 0) for n in range(24)]


def figures(
    workspace: Workspace, by: By, *, first: date, last: date, podcast_id: UUID | None = None
) -> list[Figure]:
    """Downloads of a period by day, or by a dimension."""
    if by == "day":
        return [
            Figure(total.day.isoformat(), total.downloads)
            for total in days(workspace, first=first, last=last, podcast_id=podcast_id)
        ]
    organization_id = workspace.organization.organization_id
    with workspace.stores.analytics.app(organization_id) as tx:
        found = reading.downloads_by(
            tx, dimension(by), first=first, last=last, podcast_id=podcast_id
        )
    if by != "episode":
        return found
    with workspace.stores.operational.app(organization_id) as operational:
        titles = reading.episode_titles(
            operational, episode_ids=[figure.member for figure in found]
        )
    return [replace(figure, label=titles.get(figure.member, "")) for figure in found]


def episode_days(
    workspace: Workspace, *, first: date, last: date, episode_ids: Sequence[UUID]
) -> list[EpisodeDay]:
    """Downloads of given episodes on each day of a period."""
    with workspace.stores.analytics.app(workspace.organization.organization_id) as tx:
        return reading.downloads_by_episode_day(tx, first=first, last=last, episode_ids=episode_ids)


def listeners(
    workspace: Workspace, *, first: date, last: date, podcast_id: UUID | None = None
) -> int | None:
    """Distinct listeners of a period; None when it spans more than two months (R44)."""
    if months_spanned(first, last) > 2:
        return None
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return reading.distinct_listeners(
            tx,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last + timedelta(days=1)),
            podcast_id=podcast_id,
        )


def estimates(workspace: Workspace, *, first: date, last: date) -> int:
    """Downloads known only by our redirect (R30): shown apart, never added."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return reading.prefix_estimates(
            tx,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last + timedelta(days=1)),
        )


def filtered(workspace: Workspace, *, first: date, last: date) -> dict[str, int]:
    """Requests of a period that a filter stopped, by reason."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        found = reading.filtered_requests(
            tx,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last + timedelta(days=1)),
        )
    return {figure.member: figure.downloads for figure in found}


def flagged(workspace: Workspace, *, first: date, last: date) -> dict[str, int]:
    """Requests of a period by the flags they have (R19, R23, R25, R32)."""
    start, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        found = reading.flagged_requests(tx, start=start, end=end)
        again = reading.duplicate_renditions(tx, start=start, end=end)
    told = {figure.member: figure.downloads for figure in found}
    return told | ({"rendition_dup": again} if again else {})


def outcomes(workspace: Workspace, *, first: date, last: date) -> dict[str, int]:
    """Candidate requests of a period by what became of them."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        found = reading.outcomes(
            tx,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last + timedelta(days=1)),
        )
    return {figure.member: figure.downloads for figure in found}


def trace(workspace: Workspace, *, first: date, last: date, limit: int) -> list[TracedRequest]:
    """Stored requests and what became of each."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return reading.traced_requests(
            tx,
            start=clock.start_of_day(first),
            end=clock.start_of_day(last + timedelta(days=1)),
            limit=limit,
        )


def freshness(workspace: Workspace) -> Freshness:
    """How far the data goes."""
    with workspace.stores.operational.worker() as tx:
        found = reading.freshness(tx)
    with workspace.stores.analytics.worker() as analytics:
        return replace(found, newest_rollup=reading.newest_rollup(analytics))


def known_period(workspace: Workspace) -> tuple[date, date] | None:
    """The first and last day with downloads."""
    with workspace.stores.analytics.app(workspace.organization.organization_id) as tx:
        return reading.first_and_last_day(tx)
