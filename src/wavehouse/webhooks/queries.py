"""SQL for the outbox, endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.webhooks.types import Delivery, Due, Endpoint, EndpointId, EventId, Secrets


def insert_event(
    tx: Tx[Operational],
    *,
    event_id: EventId,
    organization_id: OrganizationId,
    event_type: str,
    subject: tuple[str, str],
    payload: dict[str, Any],
    at: datetime,
) -> None:
    """Append an event to the outbox."""
    tx.execute(
        """
        INSERT INTO queue.outbox
          (outbox_id, organization_id, event_type, subject_type, subject_id, payload, occurred_at)
        VALUES (%(event_id)s, %(organization_id)s, %(event_type)s, %(subject_type)s,
                %(subject_id)s, %(payload)s, %(at)s)
        """,
        {
            "event_id": event_id,
            "organization_id": organization_id,
            "event_type": event_type,
            "subject_type": subject[0],
            "subject_id": subject[1],
            "payload": Jsonb(payload),
            "at": at,
        },
    )


def event_since(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    event_type: str,
    subject: tuple[str, str],
    since: datetime,
) -> bool:
    """Whether an event with a type and subject occurred since a given time."""
    return bool(
        tx.value(
            """
            SELECT EXISTS (
              SELECT FROM queue.outbox
              WHERE organization_id = %(organization_id)s AND event_type = %(event_type)s
                AND subject_type = %(subject_type)s AND subject_id = %(subject_id)s
                AND occurred_at > %(since)s
            )
            """,
            {
                "organization_id": organization_id,
                "event_type": event_type,
                "subject_type": subject[0],
                "subject_id": subject[1],
                "since": since,
            },
        )
    )


def dispatch(tx: Tx[Operational], *, at: datetime, limit: int) -> int:
    """Make the first attempt of every open event for each subscribed endpoint; returns how many.

    A test goes to the endpoint that is its subject, other events to those that subscribe.
    """
    return int(
        tx.value(
            """
            WITH open AS MATERIALIZED (
              SELECT outbox_id, organization_id, event_type, subject_id FROM queue.outbox
              WHERE dispatched_at IS NULL ORDER BY outbox_id LIMIT %(limit)s
              FOR UPDATE SKIP LOCKED
            ), made AS (
              INSERT INTO queue.webhook_deliveries
                (organization_id, webhook_endpoint_id, outbox_id, attempt, next_attempt_at)
              SELECT o.organization_id, e.webhook_endpoint_id, o.outbox_id, 1, %(at)s
              FROM open o JOIN queue.webhook_endpoints e USING (organization_id)
              WHERE e.status = 'active' AND CASE o.event_type
                WHEN 'webhook.test' THEN o.subject_id = e.webhook_endpoint_id::text
                ELSE o.event_type = ANY (e.event_types) END
            ), done AS (
              UPDATE queue.outbox q SET dispatched_at = %(at)s FROM open o
              WHERE q.outbox_id = o.outbox_id
            )
            SELECT count(*) FROM open
            """,
            {"at": at, "limit": limit},
        )
    )


def claim_due(tx: Tx[Operational], *, at: datetime, until: datetime, limit: int) -> list[Due]:
    """Claim due deliveries; one not finished by ``until`` becomes due again."""
    return tx.rows(
        Due,
        """
        WITH due AS MATERIALIZED (
          SELECT d.webhook_delivery_id FROM queue.webhook_deliveries d
          JOIN queue.webhook_endpoints e USING (organization_id, webhook_endpoint_id)
          WHERE d.status = 'pending' AND d.next_attempt_at <= %(at)s AND e.status = 'active'
          ORDER BY d.next_attempt_at LIMIT %(limit)s
          FOR UPDATE OF d SKIP LOCKED
        )
        UPDATE queue.webhook_deliveries d SET next_attempt_at = %(until)s
        FROM due, queue.webhook_endpoints e, queue.outbox o
        WHERE d.webhook_delivery_id = due.webhook_delivery_id
          AND e.webhook_endpoint_id = d.webhook_endpoint_id AND o.outbox_id = d.outbox_id
        RETURNING d.webhook_delivery_id AS delivery_id, d.organization_id,
          d.webhook_endpoint_id AS endpoint_id, d.outbox_id AS event_id, d.series, d.attempt,
          e.url, e.secret_sealed, e.previous_secret_sealed, e.previous_secret_expires_at,
          o.event_type, o.payload, o.occurred_at
        """,
        {"at": at, "until": until, "limit": limit},
    )


def finish_delivery(
    tx: Tx[Operational],
    *,
    delivery_id: UUID,
    status: str,
    at: datetime,
    response_status: int | None,
    excerpt: str | None,
    error: str | None,
) -> bool:
    """Record the outcome of an attempt; False when another process already has."""
    return bool(
        tx.execute(
            """
            UPDATE queue.webhook_deliveries
            SET status = %(status)s, attempted_at = %(at)s, next_attempt_at = NULL,
                response_status = %(response_status)s, response_excerpt = %(excerpt)s,
                error = %(error)s
            WHERE webhook_delivery_id = %(delivery_id)s AND status = 'pending'
            """,
            {
                "delivery_id": delivery_id,
                "status": status,
                "at": at,
                "response_status": response_status,
                "excerpt": excerpt,
                "error": error,
            },
        )
    )


def insert_attempt(tx: Tx[Operational], *, due: Due, next_attempt_at: datetime) -> None:
    """Insert the attempt after a failed one."""
    tx.execute(
        """
        INSERT INTO queue.webhook_deliveries (organization_id, webhook_endpoint_id, outbox_id,
          series, attempt, next_attempt_at)
        VALUES (%(organization_id)s, %(endpoint_id)s, %(event_id)s, %(series)s, %(attempt)s,
                %(next_attempt_at)s)
        """,
        {
            "organization_id": due.organization_id,
            "endpoint_id": due.endpoint_id,
            "event_id": due.event_id,
            "series": due.series,
            "attempt": due.attempt + 1,
            "next_attempt_at": next_attempt_at,
        },
    )


def endpoint_works(tx: Tx[Operational], *, endpoint_id: EndpointId) -> None:
    """Clear the time since which an endpoint has been failing."""
    tx.execute(
        """
        UPDATE queue.webhook_endpoints SET failing_since = NULL
        WHERE webhook_endpoint_id = %(endpoint_id)s AND failing_since IS NOT NULL
        """,
        {"endpoint_id": endpoint_id},
    )


def endpoint_fails(tx: Tx[Operational], *, endpoint_id: EndpointId, at: datetime) -> datetime:
    """Record that an endpoint is failing; returns since when."""
    since: datetime = tx.value(
        """
        UPDATE queue.webhook_endpoints SET failing_since = coalesce(failing_since, %(at)s)
        WHERE webhook_endpoint_id = %(endpoint_id)s RETURNING failing_since
        """,
        {"endpoint_id": endpoint_id, "at": at},
    )
    return since


def disable_endpoint(
    tx: Tx[Operational], *, organization_id: OrganizationId, endpoint_id: EndpointId, reason: str
) -> bool:
    """Stop sending to an endpoint; False when it is not active."""
    return bool(
        tx.execute(
            """
            UPDATE queue.webhook_endpoints SET status = 'disabled', disabled_reason = %(reason)s
            WHERE organization_id = %(organization_id)s
              AND webhook_endpoint_id = %(endpoint_id)s AND status = 'active'
            """,
            {"organization_id": organization_id, "endpoint_id": endpoint_id, "reason": reason},
        )
    )


def enable_endpoint(
    tx: Tx[Operational], *, organization_id: OrganizationId, endpoint_id: EndpointId
) -> bool:
    """Resume sending to an endpoint, including pending deliveries."""
    return bool(
        tx.execute(
            """
            UPDATE queue.webhook_endpoints
            SET status = 'active', disabled_reason = NULL, failing_since = NULL
            WHERE organization_id = %(organization_id)s
              AND webhook_endpoint_id = %(endpoint_id)s AND status = 'disabled'
            """,
            {"organization_id": organization_id, "endpoint_id": endpoint_id},
        )
    )


def delete_endpoint(
    tx: Tx[Operational], *, organization_id: OrganizationId, endpoint_id: EndpointId
) -> bool:
    """Delete an endpoint with its deliveries."""
    return bool(
        tx.execute(
            """
            DELETE FROM queue.webhook_endpoints
            WHERE organization_id = %(organization_id)s AND webhook_endpoint_id = %(endpoint_id)s
            """,
            {"organization_id": organization_id, "endpoint_id": endpoint_id},
        )
    )


def insert_endpoint(
    tx: Tx[Operational],
    *,
    endpoint_id: EndpointId,
    organization_id: OrganizationId,
    url: str,
    description: str | None,
    event_types: Sequence[str],
    secret_sealed: bytes,
) -> None:
    """Add an endpoint."""
    tx.execute(
        """
        INSERT INTO queue.webhook_endpoints
          (webhook_endpoint_id, organization_id, url, description, event_types, secret_sealed)
        VALUES (%(endpoint_id)s, %(organization_id)s, %(url)s, %(description)s, %(event_types)s,
                %(secret_sealed)s)
        """,
        {
            "endpoint_id": endpoint_id,
            "organization_id": organization_id,
            "url": url,
            "description": description,
            "event_types": list(event_types),
            "secret_sealed": secret_sealed,
        },
    )


def endpoints(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Endpoint]:
    """The endpoints of an organization, oldest first."""
    return tx.rows(
        Endpoint,
        """
        SELECT webhook_endpoint_id AS endpoint_id, url, description, event_types, status,
               disabled_reason, failing_since, created_at
        FROM queue.webhook_endpoints WHERE organization_id = %(organization_id)s
        ORDER BY webhook_endpoint_id
        """,
        {"organization_id": organization_id},
    )


def lock_secrets(
    tx: Tx[Operational], *, organization_id: OrganizationId, endpoint_id: EndpointId
) -> Secrets | None:
    """The encrypted secrets of an endpoint, locked; None when it does not exist."""
    return tx.maybe(
        Secrets,
        """
        SELECT secret_sealed AS current, previous_secret_sealed AS previous,
               previous_secret_expires_at AS previous_expires_at
        FROM queue.webhook_endpoints
        WHERE organization_id = %(organization_id)s AND webhook_endpoint_id = %(endpoint_id)s
        FOR UPDATE
        """,
        {"organization_id": organization_id, "endpoint_id": endpoint_id},
    )


def replace_secret(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    endpoint_id: EndpointId,
    secret_sealed: bytes,
    previous_expires_at: datetime | None,
) -> None:
    """Store a new secret; the current one stays valid until ``previous_expires_at``."""
    tx.execute(
        """
        UPDATE queue.webhook_endpoints SET secret_sealed = %(secret_sealed)s,
          previous_secret_sealed =
            CASE WHEN %(expires)s::timestamptz IS NOT NULL THEN secret_sealed END,
          previous_secret_expires_at = %(expires)s
        WHERE organization_id = %(organization_id)s AND webhook_endpoint_id = %(endpoint_id)s
        """,
        {
            "organization_id": organization_id,
            "endpoint_id": endpoint_id,
            "secret_sealed": secret_sealed,
            "expires": previous_expires_at,
        },
    )


def deliveries(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    endpoint_id: EndpointId | None,
    limit: int,
) -> list[Delivery]:
    """The attempts of an organization, newest first."""
    return tx.rows(
        Delivery,
        """
        SELECT d.webhook_delivery_id AS delivery_id, d.webhook_endpoint_id AS endpoint_id,
               d.outbox_id AS event_id, o.event_type, o.occurred_at, d.series, d.attempt,
               d.status, d.next_attempt_at, d.attempted_at, d.response_status,
               d.response_excerpt, d.error
        FROM queue.webhook_deliveries d JOIN queue.outbox o USING (organization_id, outbox_id)
        WHERE d.organization_id = %(organization_id)s
          AND (%(endpoint_id)s::uuid IS NULL OR d.webhook_endpoint_id = %(endpoint_id)s)
        ORDER BY d.webhook_delivery_id DESC LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "endpoint_id": endpoint_id, "limit": limit},
    )


def replay(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    endpoint_id: EndpointId,
    event_id: EventId | None,
    since: datetime | None,
    until: datetime | None,
    at: datetime,
) -> int:
    """Start a new series of attempts for one event or a range of them; returns how many.

    Covers the events that the endpoint subscribes to now, delivered or not; skips those with a
    pending attempt.
    """
    return tx.execute(
        """
        INSERT INTO queue.webhook_deliveries
          (organization_id, webhook_endpoint_id, outbox_id, series, attempt, next_attempt_at)
        SELECT o.organization_id, e.webhook_endpoint_id, o.outbox_id,
               coalesce(last.series, 0) + 1, 1, %(at)s
        FROM queue.outbox o JOIN queue.webhook_endpoints e USING (organization_id)
        CROSS JOIN LATERAL (
          SELECT max(d.series) AS series, bool_or(d.status = 'pending') AS is_pending
          FROM queue.webhook_deliveries d
          WHERE d.organization_id = o.organization_id AND d.outbox_id = o.outbox_id
            AND d.webhook_endpoint_id = e.webhook_endpoint_id) AS last
        WHERE o.organization_id = %(organization_id)s
          AND e.webhook_endpoint_id = %(endpoint_id)s AND e.status = 'active'
          AND (o.event_type = ANY (e.event_types) OR last.series IS NOT NULL)
          AND o.dispatched_at IS NOT NULL AND last.is_pending IS NOT TRUE
          AND (%(event_id)s::uuid IS NULL OR o.outbox_id = %(event_id)s)
          AND (%(since)s::timestamptz IS NULL OR o.occurred_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR o.occurred_at < %(until)s)
        """,
        {
            "organization_id": organization_id,
            "endpoint_id": endpoint_id,
            "event_id": event_id,
            "since": since,
            "until": until,
            "at": at,
        },
    )
