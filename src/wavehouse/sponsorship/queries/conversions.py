"""SQL of conversions, their evidence and the credits derived from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import CampaignId, ConversionId, OrganizationId
from wavehouse.sponsorship.types import (
    AttributionMethod,
    Credit,
    CreditModel,
    CreditSum,
    CreditTotal,
    Evidence,
    ListedConversion,
    PixelSeen,
    RevenueDay,
)
from wavehouse.store import Operational, Tx


def insert_conversions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    rows: Sequence[Evidence],
    source: str,
    source_name: str,
    at: datetime,
    pixel: PixelSeen | None = None,
) -> set[UUID]:
    """Store conversions that are not known yet (AT02); returns the ids of new ones."""
    return set(
        tx.values(
            """
            INSERT INTO sponsorship.conversions
              (conversion_id, organization_id, sponsor_id, occurred_at, conversion_type,
               conversion_value, currency, order_id, source, source_name, ingested_at, pixel_id,
               network_key, network_key_prev)
            SELECT t.conversion_id, %(organization_id)s, t.sponsor_id, t.occurred_at,
                   t.conversion_type, t.value, t.currency, t.order_id, %(source)s,
                   %(source_name)s, %(at)s, %(pixel_id)s, %(network_key)s, %(network_key_prev)s
            FROM unnest(%(ids)s::uuid[], %(sponsors)s::uuid[], %(moments)s::timestamptz[],
                        %(types)s::text[], %(values)s::numeric[], %(currencies)s::text[],
                        %(orders)s::text[]) WITH ORDINALITY
              AS t (conversion_id, sponsor_id, occurred_at, conversion_type, value, currency,
                    order_id, n)
            ORDER BY t.n
            ON CONFLICT DO NOTHING
            RETURNING conversion_id
            """,
            {
                "organization_id": organization_id,
                "source": source,
                "source_name": source_name,
                "at": at,
                "pixel_id": pixel and pixel.pixel_id,
                "network_key": pixel and pixel.network_key,
                "network_key_prev": pixel and pixel.network_key_prev,
                "ids": [r.conversion_id for r in rows],
                "sponsors": [r.sponsor_id for r in rows],
                "moments": [r.occurred_at for r in rows],
                "types": [r.conversion_type for r in rows],
                "values": [r.value for r in rows],
                "currencies": [r.currency for r in rows],
                "orders": [r.order_reference for r in rows],
            },
        )
    )


def insert_evidence(
    tx: Tx[Operational], *, organization_id: OrganizationId, rows: Sequence[Evidence]
) -> set[UUID]:
    """Store the signals of conversions, from which every credit model starts (AT04).

    A signal of an already stored kind is skipped; returns the conversions that got a new one.
    """
    signals = [(row.conversion_id, *signal) for row in rows for signal in _signals(row)]
    return set(
        tx.values(
            """
            INSERT INTO sponsorship.attribution_evidence
              (conversion_id, organization_id, method, campaign_id, detail)
            SELECT t.conversion_id, %(organization_id)s, t.method, t.campaign_id, t.detail
            FROM unnest(%(ids)s::uuid[], %(methods)s::text[], %(campaigns)s::uuid[],
                        %(details)s::jsonb[])
              AS t (conversion_id, method, campaign_id, detail)
            ON CONFLICT DO NOTHING
            RETURNING conversion_id
            """,
            {
                "organization_id": organization_id,
                "ids": [conversion_id for conversion_id, *_ in signals],
                "methods": [method for _, method, _, _ in signals],
                "campaigns": [campaign_id for _, _, campaign_id, _ in signals],
                "details": [Jsonb(detail) for *_, detail in signals],
            },
        )
    )


def _signals(row: Evidence) -> Iterator[tuple[str, CampaignId | None, dict[str, Any]]]:
    if row.promo_code or not row.claims:
        detail = {"promo_code": row.promo_code, "order_id": row.order_id}
        if row.code_reported_by:
            detail["reported_by"] = row.code_reported_by
        yield AttributionMethod.PROMO_CODE.value, row.campaign_id, detail
    for claim in row.claims:
        yield claim.method.value, claim.campaign_id, {**claim.detail, "order_id": row.order_id}


def known_ids(
    tx: Tx[Operational], *, organization_id: OrganizationId, rows: Sequence[Evidence]
) -> list[ConversionId | None]:
    """The stored conversions for the same orders (AT02), in input order; None where unknown."""
    return tx.values(
        """
        SELECT v.conversion_id
        FROM unnest(%(sponsors)s::uuid[], %(orders)s::text[], %(refunds)s::boolean[])
          WITH ORDINALITY AS t (sponsor_id, order_id, refund, n)
        LEFT JOIN sponsorship.conversions v
          ON v.organization_id = %(organization_id)s
          AND v.sponsor_id IS NOT DISTINCT FROM t.sponsor_id
          AND v.order_id = t.order_id AND (v.conversion_value < 0) = t.refund
        ORDER BY t.n
        """,
        {
            "organization_id": organization_id,
            "sponsors": [r.sponsor_id for r in rows],
            "orders": [r.order_reference for r in rows],
            "refunds": [r.value < 0 for r in rows],
        },
    )


def stored_references(
    tx: Tx[Operational], *, organization_id: OrganizationId, references: Sequence[str]
) -> set[tuple[UUID | None, str]]:
    """Those of the references under which a conversion is stored, each with its sponsor."""
    rows = tx.tuples(
        """
        SELECT sponsor_id, order_id FROM sponsorship.conversions
        WHERE organization_id = %(organization_id)s AND order_id = ANY (%(references)s::text[])
        """,
        {"organization_id": organization_id, "references": list(references)},
    )
    return set(rows.fetchall())


def claims(
    tx: Tx[Operational], *, conversion_ids: Sequence[ConversionId]
) -> list[tuple[UUID, str, UUID | None, dict[str, Any]]]:
    """Stored signals other than codes: conversion, method, the campaign named so far, detail."""
    rows = tx.tuples(
        """
        SELECT conversion_id, method, campaign_id, detail FROM sponsorship.attribution_evidence
        WHERE conversion_id = ANY(%(ids)s::uuid[]) AND method <> 'promo_code'
        """,
        {"ids": list(conversion_ids)},
    )
    return rows.fetchall()


def move_claims(tx: Tx[Operational], *, rows: Sequence[tuple[UUID, str, CampaignId | None]]) -> int:
    """Point signals at the campaigns that they name now."""
    return tx.execute(
        """
        UPDATE sponsorship.attribution_evidence e SET campaign_id = t.campaign_id
        FROM unnest(%(ids)s::uuid[], %(methods)s::text[], %(campaigns)s::uuid[])
          AS t (conversion_id, method, campaign_id)
        WHERE e.conversion_id = t.conversion_id AND e.method = t.method
        """,
        {
            "ids": [conversion_id for conversion_id, _, _ in rows],
            "methods": [method for _, method, _ in rows],
            "campaigns": [campaign_id for _, _, campaign_id in rows],
        },
    )


def evidence_of(tx: Tx[Operational], *, conversion_ids: Sequence[ConversionId]) -> list[Evidence]:
    """Stored conversions by id, with the redeemed code, if any."""
    return tx.rows(
        Evidence,
        """
        SELECT v.conversion_id, v.sponsor_id, v.order_id AS order_reference, v.occurred_at,
               v.conversion_type, v.conversion_value AS value, v.currency, e.campaign_id,
               coalesce(e.detail ->> 'promo_code', '') AS promo_code,
               e.detail ->> 'order_id' AS order_id,
               coalesce(e.detail ->> 'reported_by', '') AS code_reported_by
        FROM sponsorship.conversions v
        LEFT JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'promo_code'
        WHERE v.conversion_id = ANY(%(ids)s::uuid[])
        """,
        {"ids": list(conversion_ids)},
    )


def evidence_after(
    tx: Tx[Operational], *, organization_id: OrganizationId, after: UUID | None, limit: int
) -> list[Evidence]:
    """The next stored conversions by id, with the redeemed code, if any."""
    return tx.rows(
        Evidence,
        """
        SELECT v.conversion_id, v.sponsor_id, v.order_id AS order_reference, v.occurred_at,
               v.conversion_type, v.conversion_value AS value, v.currency, e.campaign_id,
               coalesce(e.detail ->> 'promo_code', '') AS promo_code,
               e.detail ->> 'order_id' AS order_id,
               coalesce(e.detail ->> 'reported_by', '') AS code_reported_by
        FROM sponsorship.conversions v
        LEFT JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'promo_code'
        WHERE v.organization_id = %(organization_id)s
          AND (%(after)s::uuid IS NULL OR v.conversion_id > %(after)s)
        ORDER BY v.conversion_id LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "after": after, "limit": limit},
    )


def rename_conversions(tx: Tx[Operational], *, rows: Sequence[Evidence]) -> set[UUID]:
    """Set the now known sponsor of conversions, unless that sponsor already has the order."""
    return set(
        tx.values(
            """
            UPDATE sponsorship.conversions v
            SET sponsor_id = t.sponsor_id, order_id = t.order_id
            FROM unnest(%(ids)s::uuid[], %(sponsors)s::uuid[], %(orders)s::text[])
              AS t (conversion_id, sponsor_id, order_id)
            WHERE v.conversion_id = t.conversion_id
              AND NOT EXISTS (
                SELECT 1 FROM sponsorship.conversions o
                WHERE o.organization_id = v.organization_id
                  AND o.sponsor_id IS NOT DISTINCT FROM t.sponsor_id
                  AND o.order_id = t.order_id
                  AND (o.conversion_value < 0) = (v.conversion_value < 0))
            RETURNING v.conversion_id
            """,
            {
                "ids": [r.conversion_id for r in rows],
                "sponsors": [r.sponsor_id for r in rows],
                "orders": [r.order_reference for r in rows],
            },
        )
    )


def move_evidence(tx: Tx[Operational], *, rows: Sequence[Evidence]) -> int:
    """Point the evidence of conversions at the campaigns that their codes name now."""
    return tx.execute(
        """
        UPDATE sponsorship.attribution_evidence e SET campaign_id = t.campaign_id
        FROM unnest(%(ids)s::uuid[], %(campaigns)s::uuid[]) AS t (conversion_id, campaign_id)
        WHERE e.conversion_id = t.conversion_id AND e.method = 'promo_code'
        """,
        {
            "ids": [r.conversion_id for r in rows],
            "campaigns": [r.campaign_id for r in rows],
        },
    )


def delete_credits(tx: Tx[Operational], *, conversion_ids: Sequence[ConversionId]) -> int:
    """Delete the credits of conversions, to be derived again."""
    return tx.execute(
        "DELETE FROM sponsorship.credits WHERE conversion_id = ANY(%(ids)s::uuid[])",
        {"ids": list(conversion_ids)},
    )


def insert_credits(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    model: CreditModel,
    rows: Sequence[tuple[Evidence, Credit]],
) -> int:
    """Store the credits of conversions under a model, in the currency of the conversion."""
    return tx.execute(
        """
        INSERT INTO sponsorship.credits
          (conversion_id, model, campaign_id, organization_id, method, weight, amount, currency)
        SELECT t.conversion_id, %(model)s, t.campaign_id, %(organization_id)s, t.method,
               t.weight, t.amount, t.currency
        FROM unnest(%(ids)s::uuid[], %(campaigns)s::uuid[], %(methods)s::text[],
                    %(weights)s::numeric[], %(amounts)s::numeric[], %(currencies)s::text[])
          AS t (conversion_id, campaign_id, method, weight, amount, currency)
        """,
        {
            "organization_id": organization_id,
            "model": model.value,
            "ids": [e.conversion_id for e, _ in rows],
            "campaigns": [c.campaign_id for _, c in rows],
            "methods": [c.method.value for _, c in rows],
            "weights": [c.weight for _, c in rows],
            "amounts": [c.amount for _, c in rows],
            "currencies": [e.currency for e, _ in rows],
        },
    )


def credit_sums(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    model: CreditModel,
    first: date,
    last: date,
    campaign_id: CampaignId | None = None,
) -> list[CreditSum]:
    """Credits of conversions on UTC days, by campaign, method and currency."""
    return tx.rows(
        CreditSum,
        """
        SELECT c.campaign_id, c.method, c.currency,
               count(*) FILTER (WHERE v.conversion_value >= 0) AS conversions,
               count(*) FILTER (WHERE v.conversion_value < 0) AS refunds,
               sum(c.amount) AS amount
        FROM sponsorship.credits c JOIN sponsorship.conversions v USING (conversion_id)
        WHERE c.organization_id = %(organization_id)s AND c.model = %(model)s
          AND (%(campaign_id)s::uuid IS NULL OR c.campaign_id = %(campaign_id)s)
          AND v.occurred_at >= %(first)s::date::timestamp AT TIME ZONE 'UTC'
          AND v.occurred_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY c.campaign_id, c.method, c.currency
        ORDER BY c.campaign_id, c.method, c.currency
        """,
        {
            "organization_id": organization_id,
            "model": model.value,
            "campaign_id": campaign_id,
            "first": first,
            "last": last,
        },
    )


def credit_totals(
    tx: Tx[Operational], *, organization_id: OrganizationId, first: date, last: date
) -> list[CreditTotal]:
    """The credit of each model to each campaign and method; conversions count by weight (AT10)."""
    return tx.rows(
        CreditTotal,
        """
        SELECT c.campaign_id, m.name AS campaign, c.model, c.method, c.currency,
               coalesce(sum(c.weight) FILTER (WHERE v.conversion_value >= 0), 0) AS conversions,
               sum(c.amount) AS amount
        FROM sponsorship.credits c
        JOIN sponsorship.conversions v USING (conversion_id)
        JOIN sponsorship.campaigns m USING (campaign_id)
        WHERE c.organization_id = %(organization_id)s
          AND v.occurred_at >= %(first)s::date::timestamp AT TIME ZONE 'UTC'
          AND v.occurred_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY c.campaign_id, m.name, c.model, c.method, c.currency
        ORDER BY m.name, c.campaign_id, c.method, c.currency, c.model
        """,
        {"organization_id": organization_id, "first": first, "last": last},
    )


def revenue_by_day(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    model: CreditModel,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> list[RevenueDay]:
    """Credited revenue per UTC day in the campaigns' currencies, for one show or for all."""
    return tx.rows(
        RevenueDay,
        """
        SELECT (v.occurred_at AT TIME ZONE 'UTC')::date AS day, c.currency, sum(c.amount) AS amount
        FROM sponsorship.credits c
        JOIN sponsorship.conversions v USING (conversion_id)
        JOIN sponsorship.campaigns m
          ON m.campaign_id = c.campaign_id AND m.currency = c.currency
        WHERE c.organization_id = %(organization_id)s AND c.model = %(model)s
          AND (%(podcast_id)s::uuid IS NULL OR m.podcast_id = %(podcast_id)s)
          AND v.occurred_at >= %(first)s::date::timestamp AT TIME ZONE 'UTC'
          AND v.occurred_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {
            "organization_id": organization_id,
            "model": model.value,
            "podcast_id": podcast_id,
            "first": first,
            "last": last,
        },
    )


def newest_conversion(tx: Tx[Operational], *, organization_id: OrganizationId) -> datetime | None:
    """The time of the latest stored conversion: the data-as-of of all credits."""
    at: datetime | None = tx.value(
        """
        SELECT max(ingested_at) FROM sponsorship.conversions
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    return at


def data_version(tx: Tx[Operational], *, organization_id: OrganizationId) -> str:
    """The newest change of campaigns and conversions, and their numbers."""
    return str(
        tx.value(
            """
            SELECT concat_ws('|',
              (SELECT max(updated_at) FROM sponsorship.campaigns
               WHERE organization_id = %(organization_id)s),
              (SELECT count(*) FROM sponsorship.campaigns
               WHERE organization_id = %(organization_id)s),
              (SELECT max(ingested_at) FROM sponsorship.conversions
               WHERE organization_id = %(organization_id)s),
              (SELECT count(*) FROM sponsorship.conversions
               WHERE organization_id = %(organization_id)s))
            """,
            {"organization_id": organization_id},
        )
    )


def listed_conversions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ListedConversion]:
    """Conversions, latest first; ``before`` is the last one of the previous page."""
    at, last = before or (None, None)
    return tx.rows(
        ListedConversion,
        """
        SELECT c.conversion_id, c.occurred_at, c.conversion_type, c.conversion_value,
               c.currency::text, c.order_id, c.source,
               ARRAY(SELECT e.method FROM sponsorship.attribution_evidence e
                     WHERE e.conversion_id = c.conversion_id ORDER BY e.method) AS methods,
               (SELECT k.campaign_id FROM sponsorship.credits k
                WHERE k.conversion_id = c.conversion_id AND k.model = 'last_touch') AS campaign_id
        FROM sponsorship.conversions c
        WHERE c.organization_id = %(organization_id)s
          AND (%(at)s::timestamptz IS NULL
               OR (c.occurred_at, c.conversion_id) < (%(at)s, %(id)s::uuid))
        ORDER BY c.occurred_at DESC, c.conversion_id DESC LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "at": at,
            "id": last,
            "limit": limit,
        },
    )
