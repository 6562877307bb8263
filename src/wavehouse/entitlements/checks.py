"""Checks of ``wavehouse doctor``: payments that wait for a listener, anomalies (E10)."""

from __future__ import annotations

from wavehouse.entitlements.service import reading
from wavehouse.entitlements.types import EventStatus
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace


def payments(workspace: Workspace) -> Finding:
    """Events that have waited for more than a day, and events that cannot be folded."""
    with workspace.stores.listeners.worker() as tx:
        late = reading.waiting_too_long(tx, before=clock.now() - reading.WAITS_TOO_LONG)
        anomalies = reading.list_events(
            tx, identity=workspace.identity, status=EventStatus.ANOMALY, limit=1
        )
    message = f"{late} payment events have waited for more than a day"
    if anomalies:
        message += f"; the newest anomaly is {anomalies[0].event_id}"
    command = "wavehouse entitlements events --status " + ("pending_parent" if late else "anomaly")
    is_fine = not late and not anomalies
    return Finding("payment events", is_fine, message, "" if is_fine else command)
