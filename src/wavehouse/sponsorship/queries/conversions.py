"""SQL of conversions, the evidence for them and the credits derived from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import CampaignId, ConversionId, OrganizationId
from wavehouse.sponsorship.types import Credit, CreditModel, CreditSum, Evidence, RevenueDay
from wavehouse.store import Operational, Tx


def insert_conversions(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    rows: Sequence[Evidence],
    source: str,
    source_name: str,
    at: datetime,
) -> set[UUID]:
    """Store conversions that are not known yet (AT02); the ids of those that were new."""
    return set(
        tx.values(
            """
            INSERT INTO sponsorship.conversions
              (conversion_id, organization_id, sponsor_id, occurred_at, conversion_type,
               conversion_value, currency, order_id, source, source_name, ingested_at)
            SELECT t.conversion_id, %(organization_id)s, t.sponsor_id, t.occurred_at,
                   t.conversion_type, t.value, t.currency, t.order_id, %(source)s,
                   %(source_name)s, %(at)s
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
) -> int:
    """Store the redeemed code of each conversion: what any model of credit starts from."""
    return tx.execute(
        """
        INSERT INTO sponsorship.attribution_evidence
          (conversion_id, organization_id, method, campaign_id, detail)
        SELECT t.conversion_id, %(organization_id)s, 'promo_code', t.campaign_id, t.detail
        FROM unnest(%(ids)s::uuid[], %(campaigns)s::uuid[], %(details)s::jsonb[])
          AS t (conversion_id, campaign_id, detail)
        """,
        {
            "organization_id": organization_id,
            "ids": [r.conversion_id for r in rows],
            "campaigns": [r.campaign_id for r in rows],
            "details": [Jsonb({"promo_code": r.promo_code, "order_id": r.order_id}) for r in rows],
        },
    )


def evidence_after(
    tx: Tx[Operational], *, organization_id: OrganizationId, after: UUID | None, limit: int
) -> list[Evidence]:
    """The next stored conversions by id, with the code that was redeemed."""
    return tx.rows(
        Evidence,
        """
        SELECT v.conversion_id, v.sponsor_id, v.order_id AS order_reference, v.occurred_at,
               v.conversion_type, v.conversion_value AS value, v.currency, e.campaign_id,
               e.detail ->> 'promo_code' AS promo_code, e.detail ->> 'order_id' AS order_id
        FROM sponsorship.conversions v
        JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'promo_code'
        WHERE v.organization_id = %(organization_id)s
          AND (%(after)s::uuid IS NULL OR v.conversion_id > %(after)s)
        ORDER BY v.conversion_id LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "after": after, "limit": limit},
    )


def rename_conversions(tx: Tx[Operational], *, rows: Sequence[Evidence]) -> set[UUID]:
    """Give conversions the sponsor that is known now; not where that order is already there."""
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


def delete_credits(
    tx: Tx[Operational], *, conversion_ids: Sequence[ConversionId], model: CreditModel
) -> int:
    """Take a model's credits of conversions back, to be derived anew."""
    return tx.execute(
        """
        DELETE FROM sponsorship.credits
        WHERE conversion_id = ANY(%(ids)s::uuid[]) AND model = %(model)s
        """,
        {"ids": list(conversion_ids), "model": model.value},
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


def known_conversion(
    tx: Tx[Operational], *, organization_id: OrganizationId, row: Evidence
) -> Evidence | None:
    """The stored conversion that is the same order (AT02), with the campaign it names."""
    return tx.maybe(
        Evidence,
        """
        SELECT v.conversion_id, v.sponsor_id, v.order_id AS order_reference, v.occurred_at,
               v.conversion_type, v.conversion_value AS value, v.currency, e.campaign_id,
               e.detail ->> 'promo_code' AS promo_code, e.detail ->> 'order_id' AS order_id
        FROM sponsorship.conversions v
        JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'promo_code'
        WHERE v.organization_id = %(organization_id)s
          AND v.sponsor_id IS NOT DISTINCT FROM %(sponsor_id)s::uuid
          AND v.order_id = %(order_id)s AND (v.conversion_value < 0) = %(refund)s
        """,
        {
            "organization_id": organization_id,
            "sponsor_id": row.sponsor_id,
            "order_id": row.order_reference,
            "refund": row.value < 0,
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
    """When the latest conversion was taken in: the data-as-of of everything credited."""
    found: datetime | None = tx.value(
        """
        SELECT max(ingested_at) FROM sponsorship.conversions
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id},
    )
    return found


def data_version(tx: Tx[Operational], *, organization_id: OrganizationId) -> str:
    """The newest change of campaigns and conversions, and how many there are."""
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
