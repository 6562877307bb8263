"""Use cases of the calendar: create an organization's periods, change its time zone (U8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from wavehouse import accounts
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.store import Operational, Tx
from wavehouse.usage.adapters import tzdata_version
from wavehouse.usage.queries import calendar
from wavehouse.usage.rules import periods as rules
from wavehouse.usage.types import LastPeriod, PeriodKind

HISTORY = timedelta(days=100)
"""How far back an organization's first periods reach, for late events."""


def ensure_periods(tx: Tx[Operational], *, identity: Identity) -> int:
    """Create the organization's periods some weeks ahead; returns how many were added.

    When its time zone has changed, periods that have not begun are recomputed: current ones are
    kept, and the next ones start where they end.
    """
    organization_id, now = identity.organization_id, clock.now()
    name = calendar.timezone(tx, organization_id=organization_id)
    zone = rules.zone_of(name)
    added = 0
    for kind in PeriodKind:
        last = calendar.last_period(tx, organization_id=organization_id, kind=kind)
        if last is not None and last.timezone != name:
            calendar.delete_future(tx, organization_id=organization_id, kind=kind, now=now)
            last = calendar.last_period(tx, organization_id=organization_id, kind=kind)
        missing = rules.missing_periods(kind, zone, last, now, now - HISTORY)
        if missing:
            added += calendar.insert_periods(
                tx,
                organization_id=organization_id,
                periods=missing,
                timezone=name,
                tzdata_version=tzdata_version(),
            )
    return added


def change_timezone(tx: Tx[Operational], *, identity: Identity, timezone: str) -> datetime:
    """Set the organization's time zone; returns the end of the current day, when it takes effect.

    InvalidInput for a zone that does not exist.
    """
    rules.zone_of(timezone)
    ensure_periods(tx, identity=identity)
    accounts.set_timezone(tx, identity=identity, timezone=timezone)
    ensure_periods(tx, identity=identity)
    return period_at(tx, identity=identity, kind=PeriodKind.DAY, at=clock.now()).ends_at


def period_at(
    tx: Tx[Operational], *, identity: Identity, kind: PeriodKind, at: datetime
) -> LastPeriod:
    """The organization's period that contains a given time.

    InvalidInput when it is too far away.
    """
    period = calendar.present_period(tx, organization_id=identity.organization_id, kind=kind, at=at)
    if period is None:
        raise InvalidInput(
            f"there is no {kind} of the organization's calendar at {at.isoformat()}",
            where="at",
            hint="Its periods begin 100 days before its first use.",
        )
    return period
