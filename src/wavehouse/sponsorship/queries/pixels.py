"""SQL of pixels, landings of tracked links, and recent reports of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import CampaignId, OrganizationId
from wavehouse.sponsorship.types import Click, Pixel
from wavehouse.store import Operational, Tx


def pixel_by_key(tx: Tx[Operational], *, public_key: str) -> Pixel | None:
    """The pixel with the key used in a page, of any organization."""
    return tx.maybe(
        Pixel,
        """
        SELECT p.pixel_id, p.organization_id, c.user_id, p.campaign_id, c.name AS campaign,
               c.currency, p.public_key, p.name, p.conversion_type, p.allowed_origins, p.is_active
        FROM sponsorship.pixels p JOIN sponsorship.campaigns c USING (campaign_id)
        WHERE p.public_key = %(public_key)s
        """,
        {"public_key": public_key},
    )


def pixels(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Pixel]:
    """An organization's pixels by campaign and name."""
    return tx.rows(
        Pixel,
        """
        SELECT p.pixel_id, p.organization_id, c.user_id, p.campaign_id, c.name AS campaign,
               c.currency, p.public_key, p.name, p.conversion_type, p.allowed_origins, p.is_active
        FROM sponsorship.pixels p JOIN sponsorship.campaigns c USING (campaign_id)
        WHERE p.organization_id = %(organization_id)s ORDER BY c.name, p.name, p.pixel_id
        """,
        {"organization_id": organization_id},
    )


def insert_pixel(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    campaign_id: CampaignId,
    public_key: str,
    name: str,
    conversion_type: str,
    origins: Sequence[str],
) -> UUID:
    """Create a pixel."""
    return UUID(
        str(
            tx.value(
                """
                INSERT INTO sponsorship.pixels
                  (organization_id, campaign_id, public_key, name, conversion_type, allowed_origins)
                VALUES (%(organization_id)s, %(campaign_id)s, %(public_key)s, %(name)s,
                        %(conversion_type)s, %(origins)s)
                RETURNING pixel_id
                """,
                {
                    "organization_id": organization_id,
                    "campaign_id": campaign_id,
                    "public_key": public_key,
                    "name": name,
                    "conversion_type": conversion_type,
                    "origins": list(origins),
                },
            )
        )
    )


def set_pixel_active(tx: Tx[Operational], *, pixel_id: UUID, is_active: bool) -> int:
    """Activate or deactivate a pixel."""
    return tx.execute(
        "UPDATE sponsorship.pixels SET is_active = %(active)s WHERE pixel_id = %(id)s",
        {"id": pixel_id, "active": is_active},
    )


def lock_visitor(tx: Tx[Operational], *, pixel_id: UUID, visitor: str) -> None:
    """Lock a visitor, as two loads of one page could both find that they are the first (AT02)."""
    tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('sponsorship.pixel ' || %(key)s, 0))",
        {"key": f"{pixel_id} {visitor}"},
    )


def reported_lately(
    tx: Tx[Operational],
    *,
    pixel_id: UUID,
    visitor: str,
    conversion_type: str,
    since: datetime,
    until: datetime,
) -> UUID | None:
    """A conversion without an order id that this visitor's page reported in a period (AT02)."""
    conversion_id: UUID | None = tx.value(
        """
        SELECT v.conversion_id
        FROM sponsorship.conversions v
        JOIN sponsorship.attribution_evidence e
          ON e.conversion_id = v.conversion_id AND e.method = 'pixel'
        WHERE v.pixel_id = %(pixel_id)s AND v.conversion_type = %(type)s
          AND v.occurred_at > %(since)s AND v.occurred_at <= %(until)s
          AND e.detail ->> 'visitor' = %(visitor)s AND e.detail ->> 'order_id' IS NULL
        ORDER BY v.occurred_at LIMIT 1
        """,
        {
            "pixel_id": pixel_id,
            "type": conversion_type,
            "since": since,
            "until": until,
            "visitor": visitor,
        },
    )
    return conversion_id


def ensure_month(tx: Tx[Operational], *, at: datetime) -> None:
    """Create the partition for a landing."""
    tx.execute(
        """
        SELECT schema_ops.ensure_partition('sponsorship.attribution_events'::regclass,
          (%(at)s::timestamptz AT TIME ZONE 'UTC')::date, 'month')
        """,
        {"at": at},
    )


def insert_landing(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    campaign_id: CampaignId,
    at: datetime,
    session: str,
    fields: dict[str, str],
) -> int:
    """Record that a tracked link was followed to a sponsor's page."""
    return tx.execute(
        """
        INSERT INTO sponsorship.attribution_events
          (podcast_id, "timestamp", organization_id, campaign_id, attribution_method,
           attribution_data, session_id)
        SELECT podcast_id, %(at)s, organization_id, campaign_id, 'utm', %(fields)s, %(session)s
        FROM sponsorship.campaigns
        WHERE campaign_id = %(campaign_id)s AND organization_id = %(organization_id)s
        """,
        {
            "organization_id": organization_id,
            "campaign_id": campaign_id,
            "at": at,
            "session": session,
            "fields": Jsonb(fields),
        },
    )


def clicks_of(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    session: str,
    since: datetime,
    until: datetime,
) -> list[Click]:
    """The links that a visitor followed in a period, oldest first."""
    rows = tx.tuples(
        """
        SELECT "timestamp", attribution_data FROM sponsorship.attribution_events
        WHERE organization_id = %(organization_id)s AND session_id = %(session)s
          AND attribution_method = 'utm' AND "timestamp" >= %(since)s AND "timestamp" < %(until)s
        ORDER BY "timestamp", event_id
        """,
        {
            "organization_id": organization_id,
            "session": session,
            "since": since,
            "until": until,
        },
    )
    clicks: list[tuple[datetime, dict[str, Any]]] = rows.fetchall()
    return [Click(at, {name: str(value) for name, value in data.items()}) for at, data in clicks]
