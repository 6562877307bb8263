"""Use case: announce thresholds reached by a settlement, once each (U7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from wavehouse import queue, webhooks
from wavehouse.accounts import Identity
from wavehouse.store import Operational, Tx

EMAIL_KIND = "usage.budget_email"


def announce(
    tx: Tx[Operational], *, identity: Identity, alerts: Sequence[Mapping[str, Any]]
) -> None:
    """Emit a webhook event for each threshold, and an email to the budget's addresses."""
    for alert in alerts:
        webhooks.emit(
            tx,
            identity=identity,
            event_type=webhooks.EventType.BUDGET_THRESHOLD_REACHED,
            subject=("budget", UUID(alert["budget_id"])),
            data={
                "threshold": alert["threshold"],
                "settled": alert["settled"],
                "limit": alert["limit"],
                "currency": alert["currency"],
                "resets_at": alert["resets_at"],
            },
        )
    mailed = [dict(alert) for alert in alerts if alert["emails"]]
    if mailed:
        jobs = [queue.NewJob(kind=EMAIL_KIND, payload=alert) for alert in mailed]
        queue.enqueue(tx, *jobs, identity=identity)
