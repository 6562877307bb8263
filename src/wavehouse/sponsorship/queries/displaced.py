"""SQL of order reports that do not count: outranked, or above the limit of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ConversionId, OrganizationId
from wavehouse.sponsorship.types import DisplacedReport, Evidence
from wavehouse.store import Operational, Tx


def outranked(
    tx: Tx[Operational], *, organization_id: OrganizationId, conversion_ids: Sequence[ConversionId]
) -> set[UUID]:
    """The conversions among these known only from a page's report, locked until the commit."""
    return set(
        tx.values(
            """
            SELECT conversion_id FROM sponsorship.conversions
            WHERE organization_id = %(organization_id)s
              AND conversion_id = ANY(%(ids)s::uuid[]) AND source IN ('pixel', 'landing')
            ORDER BY conversion_id FOR UPDATE
            """,
            {"organization_id": organization_id, "ids": list(conversion_ids)},
        )
    )


def displace(
    tx: Tx[Operational], *, organization_id: OrganizationId, rows: Sequence[Evidence], at: datetime
) -> int:
    """Store the current data of these orders as displaced reports; returns how many."""
    return tx.execute(
        """
        INSERT INTO sponsorship.displaced_conversions
          (organization_id, conversion_id, source, source_name, occurred_at, conversion_value,
           currency, promo_code, reason, displaced_at)
        SELECT v.organization_id, v.conversion_id, v.source, v.source_name, v.occurred_at,
               v.conversion_value, v.currency, coalesce(e.detail ->> 'promo_code', ''),
               'outranked', %(at)s
        FROM sponsorship.conversions v
        LEFT JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'promo_code'
        WHERE v.organization_id = %(organization_id)s AND v.conversion_id = ANY(%(ids)s::uuid[])
        """,
        {
            "organization_id": organization_id,
            "ids": [row.conversion_id for row in rows],
            "at": at,
        },
    )


def replace_conversions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    rows: Sequence[Evidence],
    source: str,
    source_name: str,
) -> int:
    """Update orders from a more trusted report; the pixel's code is removed."""
    tx.execute(
        """
        DELETE FROM sponsorship.attribution_evidence
        WHERE organization_id = %(organization_id)s AND method = 'promo_code'
          AND conversion_id = ANY(%(ids)s::uuid[])
        """,
        {
            "organization_id": organization_id,
            "ids": [row.conversion_id for row in rows if row.promo_code],
        },
    )
    return tx.execute(
        """
        UPDATE sponsorship.conversions v
        SET occurred_at = t.occurred_at, conversion_type = t.conversion_type,
            conversion_value = t.value, currency = t.currency, source = %(source)s,
            source_name = %(source_name)s
        FROM unnest(%(ids)s::uuid[], %(moments)s::timestamptz[], %(types)s::text[],
                    %(values)s::numeric[], %(currencies)s::text[])
          AS t (conversion_id, occurred_at, conversion_type, value, currency)
        WHERE v.organization_id = %(organization_id)s AND v.conversion_id = t.conversion_id
        """,
        {
            "organization_id": organization_id,
            "source": source,
            "source_name": source_name,
            "ids": [row.conversion_id for row in rows],
            "moments": [row.occurred_at for row in rows],
            "types": [row.conversion_type for row in rows],
            "values": [row.value for row in rows],
            "currencies": [row.currency for row in rows],
        },
    )


def keep_report(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    row: Evidence,
    source: str,
    source_name: str,
    reason: str,
    at: datetime,
) -> int:
    """Store a report of an order that does not count, unless it equals the order."""
    return tx.execute(
        """
        INSERT INTO sponsorship.displaced_conversions
          (organization_id, conversion_id, source, source_name, occurred_at, conversion_value,
           currency, promo_code, reason, displaced_at)
        SELECT v.organization_id, v.conversion_id, %(source)s, %(source_name)s, %(occurred_at)s,
               %(value)s, %(currency)s, %(promo_code)s, %(reason)s, %(at)s
        FROM sponsorship.conversions v
        WHERE v.organization_id = %(organization_id)s AND v.conversion_id = %(conversion_id)s
          AND (v.conversion_value <> %(value)s OR v.currency <> %(currency)s)
          AND NOT EXISTS (
            SELECT 1 FROM sponsorship.displaced_conversions d
            WHERE d.organization_id = v.organization_id AND d.conversion_id = v.conversion_id
              AND (d.source, d.source_name, d.conversion_value, d.currency, d.reason)
                = (%(source)s, %(source_name)s, %(value)s, %(currency)s, %(reason)s))
        """,
        {
            "organization_id": organization_id,
            "conversion_id": row.conversion_id,
            "source": source,
            "source_name": source_name,
            "occurred_at": row.occurred_at,
            "value": row.value,
            "currency": row.currency,
            "promo_code": row.promo_code,
            "reason": reason,
            "at": at,
        },
    )


def displaced(
    tx: Tx[Operational], *, organization_id: OrganizationId, limit: int
) -> list[DisplacedReport]:
    """Displaced reports beside the orders as they count, latest first."""
    return tx.rows(
        DisplacedReport,
        """
        SELECT d.displaced_id, d.conversion_id, v.order_id, d.source, d.source_name,
               d.occurred_at, d.conversion_value, d.currency, d.promo_code, d.reason,
               d.displaced_at, v.source AS counted_source, v.conversion_value AS counted_value,
               v.currency AS counted_currency
        FROM sponsorship.displaced_conversions d JOIN sponsorship.conversions v
          ON v.organization_id = d.organization_id AND v.conversion_id = d.conversion_id
        WHERE d.organization_id = %(organization_id)s
        ORDER BY d.displaced_at DESC, d.displaced_id DESC LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "limit": limit},
    )
