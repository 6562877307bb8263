"""SQL for user events and the registry of their types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.events import EventType, NewEvent, UserEvent


def event_types(tx: Tx[Operational]) -> list[EventType]:
    """Every registered version of every type, latest version first."""
    return tx.rows(
        EventType,
        """
        SELECT event_type, version, description, json_schema, retired_at
        FROM studio.user_event_types ORDER BY event_type, version DESC
        """,
    )


def insert_event_type(
    tx: Tx[Operational], *, event_type: str, description: str, json_schema: Mapping[str, Any]
) -> EventType:
    """Register the next version of a type."""
    return tx.one(
        EventType,
        """
        INSERT INTO studio.user_event_types (event_type, version, description, json_schema)
        SELECT %(event_type)s, coalesce(max(version), 0) + 1, %(description)s, %(json_schema)s
        FROM studio.user_event_types WHERE event_type = %(event_type)s
        RETURNING event_type, version, description, json_schema, retired_at
        """,
        {
            "event_type": event_type,
            "description": description,
            "json_schema": Jsonb(dict(json_schema)),
        },
    )


def retire_event_type(tx: Tx[Operational], *, event_type: str, at: datetime) -> int:
    """Stop accepting a type; returns the number of retired versions."""
    return tx.execute(
        """
        UPDATE studio.user_event_types SET retired_at = %(at)s
        WHERE event_type = %(event_type)s AND retired_at IS NULL
        """,
        {"event_type": event_type, "at": at},
    )


def insert_event(
    tx: Tx[Operational], *, identity: Identity, event: NewEvent, status: str, reason: str | None
) -> bool:
    """Add an event; False when the client sent one with this id on this day."""
    inserted = tx.execute(
        """
        INSERT INTO studio.user_events (organization_id, user_id, event_type, event_data,
          client_event_id, occurred_at, status, reason)
        VALUES (%(organization_id)s, %(user_id)s, %(event_type)s, %(event_data)s,
          %(client_event_id)s, %(occurred_at)s, %(status)s, %(reason)s)
        ON CONFLICT DO NOTHING
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "event_type": event.event_type,
            "event_data": Jsonb(dict(event.event_data)),
            "client_event_id": event.client_event_id,
            "occurred_at": event.occurred_at,
            "status": status,
            "reason": reason,
        },
    )
    return inserted == 1


def events(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    status: str | None,
    event_type: str | None,
    limit: int,
) -> list[UserEvent]:
    """The latest matching events, latest first."""
    return tx.rows(
        UserEvent,
        """
        SELECT event_id, user_id, event_type, event_data, client_event_id, occurred_at, status,
          reason
        FROM studio.user_events
        WHERE organization_id = %(organization_id)s
          AND (%(status)s::text IS NULL OR status = %(status)s)
          AND (%(event_type)s::text IS NULL OR event_type = %(event_type)s)
        ORDER BY occurred_at DESC, event_id DESC LIMIT %(limit)s
        """,
        {
            "organization_id": organization_id,
            "status": status,
            "event_type": event_type,
            "limit": limit,
        },
    )


def set_event_status(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    event_id: UUID,
    status: str,
    reason: str | None,
) -> None:
    """Accept a quarantined event, or store the reason for keeping it quarantined."""
    tx.execute(
        """
        UPDATE studio.user_events SET status = %(status)s, reason = %(reason)s
        WHERE organization_id = %(organization_id)s AND event_id = %(event_id)s
        """,
        {
            "organization_id": organization_id,
            "event_id": event_id,
            "status": status,
            "reason": reason,
        },
    )
