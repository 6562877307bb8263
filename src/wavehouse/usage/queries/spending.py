"""Calls of reserve, settle, release and sweep, and related queries (U4 to U6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import (
    Caller,
    ModelId,
    ReservationId,
    ReservationRow,
    ReserveAnswer,
    SettleAnswer,
)


def reserve(
    tx: Tx[Operational],
    *,
    reservation_id: ReservationId,
    organization_id: OrganizationId,
    request_id: str,
    model_id: ModelId,
    amount: Decimal,
    currency: str,
    priced: bool,
    caller: Caller,
    api_key_id: UUID | None,
    user_id: UUID | None,
    operation: str,
    lifetime: timedelta,
    now: datetime,
) -> ReserveAnswer:
    """Reserve an amount on every budget in scope."""
    return tx.one(
        ReserveAnswer,
        """
        SELECT outcome, reservation_id, created_at, expires_at, budget_id, budget_name,
               hard_limit, settled, reserved, resets_at
        FROM usage.reserve(%(reservation_id)s::uuid, %(organization_id)s::uuid,
          %(request_id)s::text, %(model_id)s::uuid, %(amount)s::numeric, %(currency)s::text,
          %(priced)s::boolean, %(project_id)s::uuid, %(api_key_id)s::uuid, %(user_id)s::uuid,
          %(end_user)s::text, %(operation)s::text, %(lifetime)s::interval, %(now)s::timestamptz)
        """,
        {
            "reservation_id": reservation_id,
            "organization_id": organization_id,
            "request_id": request_id,
            "model_id": model_id,
            "amount": amount,
            "currency": currency,
            "priced": priced,
            "project_id": caller.project_id,
            "api_key_id": api_key_id,
            "user_id": user_id,
            "end_user": caller.end_user,
            "operation": operation,
            "lifetime": lifetime,
            "now": now,
        },
    )


def reservation(
    tx: Tx[Operational], *, organization_id: OrganizationId, reservation_id: ReservationId
) -> ReservationRow | None:
    """An open reservation."""
    return tx.maybe(
        ReservationRow,
        """
        SELECT r.reservation_id, r.request_id, r.model_id, m.name AS model, r.project_id,
               r.end_user, r.operation, r.amount, r.currency, r.status, r.created_at, r.expires_at
        FROM usage.reservations r JOIN usage.models m USING (model_id)
        WHERE r.organization_id = %(organization_id)s AND r.reservation_id = %(reservation_id)s
        """,
        {"organization_id": organization_id, "reservation_id": reservation_id},
    )


def prices_at(
    tx: Tx[Operational], *, model_id: UUID, currency: str, tier: str, at: datetime
) -> list[Any]:
    """A model's prices valid at a given time, as JSON with decimal text."""
    rows: list[Any] = tx.values(
        """
        SELECT jsonb_build_object('unit', p.unit, 'tier', p.tier, 'price', p.price::text,
          'currency', p.currency, 'revision', p.revision, 'effective_from', p.effective_from,
          'source', p.source)
        FROM (
          SELECT DISTINCT ON (q.unit) q.* FROM usage.model_prices q
          WHERE q.model_id = %(model_id)s AND q.tier = %(tier)s AND q.currency = %(currency)s
            AND q.effective_from <= %(at)s
          ORDER BY q.unit, q.effective_from DESC, q.revision DESC
        ) p
        """,
        {"model_id": model_id, "currency": currency, "tier": tier, "at": at},
    )
    return rows


def settle(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    reservation_id: ReservationId,
    cost: Decimal,
    lines: Sequence[Mapping[str, Any]],
    tokens: tuple[int, int, int],
    priced_from: datetime | None,
    status: str,
    error_code: str | None,
    latency_ms: int | None,
    metadata: Mapping[str, Any],
    now: datetime,
) -> SettleAnswer | None:
    """Turn a reservation into an event; None when it does not exist."""
    return tx.maybe(
        SettleAnswer,
        """
        SELECT outcome, event_id, occurred_at, late, alerts
        FROM usage.settle(%(organization_id)s::uuid, %(reservation_id)s::uuid, %(cost)s::numeric,
          %(lines)s::jsonb, %(input)s::bigint, %(output)s::bigint, %(cached)s::bigint,
          %(priced_from)s::timestamptz, %(status)s::text, %(error_code)s::text,
          %(latency_ms)s::integer, %(metadata)s::jsonb, %(now)s::timestamptz)
        """,
        {
            "organization_id": organization_id,
            "reservation_id": reservation_id,
            "cost": cost,
            "lines": Jsonb(list(lines)),
            "input": tokens[0],
            "output": tokens[1],
            "cached": tokens[2],
            "priced_from": priced_from,
            "status": status,
            "error_code": error_code,
            "latency_ms": latency_ms,
            "metadata": Jsonb(dict(metadata)),
            "now": now,
        },
    )


def event_cost(
    tx: Tx[Operational], *, organization_id: OrganizationId, occurred_at: datetime, event_id: UUID
) -> Decimal:
    """The cost of an event."""
    cost: Decimal = tx.value(
        """
        SELECT cost FROM usage.usage_events
        WHERE organization_id = %(organization_id)s AND occurred_at = %(occurred_at)s
          AND event_id = %(event_id)s
        """,
        {
            "organization_id": organization_id,
            "occurred_at": occurred_at,
            "event_id": event_id,
        },
    )
    return cost


def release(
    tx: Tx[Operational], *, organization_id: OrganizationId, reservation_id: ReservationId
) -> bool:
    """Release a reservation; False when it does not exist."""
    return bool(
        tx.value(
            "SELECT usage.release(%(organization_id)s, %(reservation_id)s)",
            {"organization_id": organization_id, "reservation_id": reservation_id},
        )
    )


def sweep(
    tx: Tx[Operational], *, limit: int, organization_id: OrganizationId | None, now: datetime
) -> int:
    """Release expired reservations, of one organization or of all; returns how many."""
    return int(
        tx.value(
            "SELECT usage.sweep(%(limit)s, %(organization_id)s::uuid, %(now)s)",
            {"limit": limit, "organization_id": organization_id, "now": now},
        )
    )


def delete_expired(tx: Tx[Operational], *, before: datetime) -> int:
    """Delete reservations that expired long ago without being settled; returns how many."""
    return tx.execute(
        """
        DELETE FROM usage.reservations WHERE status = 'expired' AND expires_at < %(before)s
        """,
        {"before": before},
    )


def insert_ledger(
    tx: Tx[Operational], *, organization_id: OrganizationId, currency: str, at: datetime
) -> str:
    """Set the organization's currency unless it is already set; returns the current one."""
    tx.execute(
        """
        INSERT INTO usage.organization_ledgers (organization_id, currency, created_at)
        VALUES (%(organization_id)s, %(currency)s, %(at)s)
        ON CONFLICT (organization_id) DO NOTHING
        """,
        {"organization_id": organization_id, "currency": currency, "at": at},
    )
    return str(
        tx.value(
            """
            SELECT currency FROM usage.organization_ledgers
            WHERE organization_id = %(organization_id)s
            """,
            {"organization_id": organization_id},
        )
    )


def unblock(tx: Tx[Operational], *, organization_id: OrganizationId) -> int:
    """Let jobs and slots that wait for budget run; returns how many (Q18)."""
    return int(
        tx.value(
            """
            SELECT queue.unblock(%(organization_id)s) + studio.unblock_slots(%(organization_id)s)
            """,
            {"organization_id": organization_id},
        )
    )
