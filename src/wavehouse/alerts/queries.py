"""SQL for alerts and silences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.alerts.types import Alert, Silence
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


def organizations(tx: Tx[Operational]) -> list[OrganizationId]:
    """Every organization."""
    return tx.values("SELECT organization_id FROM accounts.organizations ORDER BY organization_id")


def administrators(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[str]:
    """The addresses of an organization's active administrators."""
    return tx.values(
        """
        SELECT email FROM accounts.users
        WHERE organization_id = %(organization_id)s AND role = 'admin' AND is_active
        ORDER BY created_at, user_id
        """,
        {"organization_id": organization_id},
    )


def open_alerts(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    rows: Sequence[dict[str, Any]],
    at: datetime,
) -> list[Alert]:
    """Open an alert for each row that has no open one; returns the opened alerts."""
    return tx.rows(
        Alert,
        """
        INSERT INTO alerts.alerts (organization_id, rule, subject, message, value, threshold, muted,
                                   opened_at, seen_at)
        SELECT %(organization_id)s, r.rule, r.subject, r.message, r.value, r.threshold, r.muted,
               %(at)s, %(at)s
        FROM jsonb_to_recordset(%(rows)s) AS r
          (rule text, subject text, message text, value float8, threshold float8, muted boolean)
        ON CONFLICT (organization_id, rule, subject) WHERE resolved_at IS NULL DO NOTHING
        RETURNING alert_id, rule, subject, message, value, threshold, muted, opened_at, seen_at,
                  clear_since, resolved_at, acknowledged_at
        """,
        {"organization_id": organization_id, "rows": Jsonb(list(rows)), "at": at},
    )


def update_alerts(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    rows: Sequence[dict[str, Any]],
    at: datetime,
) -> int:
    """Update open alerts: message, value, and that they are firing."""
    return tx.execute(
        """
        UPDATE alerts.alerts a
        SET message = r.message, value = r.value, threshold = r.threshold, seen_at = %(at)s,
            clear_since = NULL
        FROM jsonb_to_recordset(%(rows)s) AS r
          (rule text, subject text, message text, value float8, threshold float8)
        WHERE a.organization_id = %(organization_id)s AND a.resolved_at IS NULL
          AND a.rule = r.rule AND a.subject = r.subject
        """,
        {"organization_id": organization_id, "rows": Jsonb(list(rows)), "at": at},
    )


def mark_clear(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    firing: Sequence[dict[str, Any]],
    at: datetime,
) -> int:
    """Record since when open alerts that no longer fire have been clear; returns how many."""
    return tx.execute(
        """
        UPDATE alerts.alerts a SET clear_since = coalesce(a.clear_since, %(at)s), seen_at = %(at)s
        WHERE a.organization_id = %(organization_id)s AND a.resolved_at IS NULL
          AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(%(firing)s) AS r (rule text, subject text)
            WHERE r.rule = a.rule AND r.subject = a.subject)
        """,
        {"organization_id": organization_id, "firing": Jsonb(list(firing)), "at": at},
    )


def resolve_clear(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    clear_before: datetime,
    at: datetime,
) -> list[Alert]:
    """Resolve alerts that have been clear since a given time."""
    return tx.rows(
        Alert,
        """
        UPDATE alerts.alerts SET resolved_at = greatest(%(at)s, opened_at)
        WHERE organization_id = %(organization_id)s AND resolved_at IS NULL
          AND clear_since <= %(clear_before)s
        RETURNING alert_id, rule, subject, message, value, threshold, muted, opened_at, seen_at,
                  clear_since, resolved_at, acknowledged_at
        """,
        {"organization_id": organization_id, "clear_before": clear_before, "at": at},
    )


def alerts(
    tx: Tx[Operational], *, organization_id: OrganizationId, resolved: bool, limit: int
) -> list[Alert]:
    """Open alerts, and with ``resolved`` also resolved ones; open and latest first."""
    return tx.rows(
        Alert,
        """
        SELECT alert_id, rule, subject, message, value, threshold, muted, opened_at, seen_at,
               clear_since, resolved_at, acknowledged_at
        FROM alerts.alerts
        WHERE organization_id = %(organization_id)s AND (resolved_at IS NULL OR %(resolved)s)
        ORDER BY resolved_at IS NOT NULL, opened_at DESC, alert_id DESC LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "resolved": resolved, "limit": limit},
    )


def alert(tx: Tx[Operational], *, organization_id: OrganizationId, alert_id: UUID) -> Alert | None:
    """One alert."""
    return tx.maybe(
        Alert,
        """
        SELECT alert_id, rule, subject, message, value, threshold, muted, opened_at, seen_at,
               clear_since, resolved_at, acknowledged_at
        FROM alerts.alerts
        WHERE organization_id = %(organization_id)s AND alert_id = %(alert_id)s
        """,
        {"organization_id": organization_id, "alert_id": alert_id},
    )


def acknowledge(tx: Tx[Operational], *, identity: Identity, alert_id: UUID, at: datetime) -> int:
    """Record who acknowledged an open alert first; returns how many there were."""
    return tx.execute(
        """
        UPDATE alerts.alerts
        SET acknowledged_at = coalesce(acknowledged_at, %(at)s),
            acknowledged_by = coalesce(acknowledged_by, %(user_id)s)
        WHERE organization_id = %(organization_id)s AND alert_id = %(alert_id)s
          AND resolved_at IS NULL
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "alert_id": alert_id,
            "at": at,
        },
    )


def put_silence(
    tx: Tx[Operational],
    *,
    identity: Identity,
    rule: str,
    subject: str | None,
    until: datetime,
    at: datetime,
) -> Silence:
    """Add a silence."""
    return tx.one(
        Silence,
        """
        INSERT INTO alerts.silences (organization_id, rule, subject, until, created_by, created_at)
        VALUES (%(organization_id)s, %(rule)s, %(subject)s, %(until)s, %(user_id)s, %(at)s)
        RETURNING silence_id, rule, subject, until, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "rule": rule,
            "subject": subject,
            "until": until,
            "at": at,
        },
    )


def end_silences(tx: Tx[Operational], *, organization_id: OrganizationId, rule: str) -> int:
    """Remove the silences of a rule; returns how many."""
    return tx.execute(
        "DELETE FROM alerts.silences "
        "WHERE organization_id = %(organization_id)s AND rule = %(rule)s",
        {"organization_id": organization_id, "rule": rule},
    )


def silences(
    tx: Tx[Operational], *, organization_id: OrganizationId, at: datetime
) -> list[Silence]:
    """The active silences."""
    return tx.rows(
        Silence,
        """
        SELECT silence_id, rule, subject, until, created_at FROM alerts.silences
        WHERE organization_id = %(organization_id)s AND until > %(at)s ORDER BY rule, until
        """,
        {"organization_id": organization_id, "at": at},
    )
