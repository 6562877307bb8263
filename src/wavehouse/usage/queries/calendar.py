"""SQL of an organization's days, weeks and months (U8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import LastPeriod, Period


def timezone(tx: Tx[Operational], *, organization_id: OrganizationId) -> str:
    """The organization's time zone; locks the row so that periods are only created once."""
    return str(
        tx.value(
            """
            SELECT timezone FROM accounts.organizations
            WHERE organization_id = %(organization_id)s
            """,
            {"organization_id": organization_id},
        )
    )


def last_period(
    tx: Tx[Operational], *, organization_id: OrganizationId, kind: str
) -> LastPeriod | None:
    """The last stored period of a kind."""
    return tx.maybe(
        LastPeriod,
        """
        SELECT kind, local_date, starts_at, ends_at, timezone FROM usage.organization_periods
        WHERE organization_id = %(organization_id)s AND kind = %(kind)s
        ORDER BY starts_at DESC LIMIT 1
        """,
        {"organization_id": organization_id, "kind": kind},
    )


def delete_future(
    tx: Tx[Operational], *, organization_id: OrganizationId, kind: str, now: datetime
) -> int:
    """Delete periods that have not begun, after a change of time zone."""
    return tx.execute(
        """
        DELETE FROM usage.organization_periods
        WHERE organization_id = %(organization_id)s AND kind = %(kind)s AND starts_at > %(now)s
        """,
        {"organization_id": organization_id, "kind": kind, "now": now},
    )


def insert_periods(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    periods: Sequence[Period],
    timezone: str,
    tzdata_version: str,
) -> int:
    """Add periods; existing ones are kept."""
    return tx.execute(
        """
        INSERT INTO usage.organization_periods
          (organization_id, kind, local_date, starts_at, ends_at, timezone, tzdata_version)
        SELECT %(organization_id)s, p.kind, p.local_date, p.starts_at, p.ends_at, %(timezone)s,
               %(tzdata_version)s
        FROM unnest(%(kinds)s::text[], %(dates)s::date[], %(starts)s::timestamptz[],
                    %(ends)s::timestamptz[]) AS p (kind, local_date, starts_at, ends_at)
        ON CONFLICT DO NOTHING
        """,
        {
            "organization_id": organization_id,
            "kinds": [period.kind.value for period in periods],
            "dates": [period.local_date for period in periods],
            "starts": [period.starts_at for period in periods],
            "ends": [period.ends_at for period in periods],
            "timezone": timezone,
            "tzdata_version": tzdata_version,
        },
    )


def present_period(
    tx: Tx[Operational], *, organization_id: OrganizationId, kind: str, at: datetime
) -> LastPeriod | None:
    """The period that contains a given time."""
    return tx.maybe(
        LastPeriod,
        """
        SELECT kind, local_date, starts_at, ends_at, timezone FROM usage.organization_periods
        WHERE organization_id = %(organization_id)s AND kind = %(kind)s
          AND starts_at <= %(at)s AND ends_at > %(at)s
        """,
        {"organization_id": organization_id, "kind": kind, "at": at},
    )


def close_months(tx: Tx[Operational], *, ended_before: datetime, now: datetime) -> int:
    """Close the months that ended before a given time; returns how many (U9)."""
    return tx.execute(
        """
        UPDATE usage.organization_periods SET closed_at = %(now)s
        WHERE kind = 'month' AND closed_at IS NULL AND ends_at <= %(ended_before)s
        """,
        {"ended_before": ended_before, "now": now},
    )


def organizations(tx: Tx[Operational]) -> list[OrganizationId]:
    """The organizations with usage or budgets."""
    return tx.values(
        "SELECT organization_id FROM usage.organization_ledgers ORDER BY organization_id"
    )
