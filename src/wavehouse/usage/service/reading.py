"""Use cases of reporting: usage by day, cost by day, events (CRE-2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.store import Operational, Tx
from wavehouse.usage.queries import calendar, reading
from wavehouse.usage.rules import periods
from wavehouse.usage.types import Daily, EventRow, Spent

_LONGEST = timedelta(days=400)


def local_today(tx: Tx[Operational], *, identity: Identity) -> date:
    """The organization's current date."""
    zone = periods.zone_of(calendar.timezone(tx, organization_id=identity.organization_id))
    return clock.now().astimezone(zone).date()


def usage_by_day(
    tx: Tx[Operational],
    *,
    identity: Identity,
    first: date | None = None,
    last: date | None = None,
    project_id: UUID | None = None,
) -> list[Daily]:
    """Usage by day, project, model and unit, in the organization's time zone; both ends included.

    Default: the last 30 days. InvalidInput when the end is before the start, or the range is
    longer than 400 days.
    """
    first, last = _range(tx, identity, first, last)
    return reading.daily(
        tx,
        organization_id=identity.organization_id,
        first=first,
        last=last,
        project_id=project_id,
    )


def spent_by_day(
    tx: Tx[Operational],
    *,
    identity: Identity,
    first: date | None = None,
    last: date | None = None,
) -> list[Spent]:
    """Cost per day; days without usage are left out."""
    first, last = _range(tx, identity, first, last)
    return reading.spent_by_day(
        tx, organization_id=identity.organization_id, first=first, last=last
    )


def list_events(
    tx: Tx[Operational],
    *,
    identity: Identity,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[EventRow]:
    """Usage events, latest first."""
    return reading.events(tx, organization_id=identity.organization_id, before=before, limit=limit)


def _range(
    tx: Tx[Operational], identity: Identity, first: date | None, last: date | None
) -> tuple[date, date]:
    last = last or local_today(tx, identity=identity)
    first = first or last - timedelta(days=29)
    if last < first:
        raise InvalidInput("the end date is before the start date", where="to")
    if last - first > _LONGEST:
        raise InvalidInput("the range is longer than 400 days", where="from")
    return first, last
