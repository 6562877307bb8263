"""Use case: open and resolve alerts from the observations; notify once each."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse import webhooks
from wavehouse.accounts import Identity, acting_for
from wavehouse.alerts import queries
from wavehouse.alerts.rules import CLEAR_FOR
from wavehouse.alerts.service.measuring import observe
from wavehouse.alerts.types import Alert, Evaluated, Observation, Silence
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Refused
from wavehouse.queue import NewJob, enqueue
from wavehouse.store import Database, Operational, Stores, Tx
from wavehouse.webhooks import EventType

NOTIFY = "alerts.notify"


def evaluate_all(stores: Stores, settings: Settings) -> Evaluated:
    """Evaluate the rules for every organization that has an administrator."""
    opened: list[Alert] = []
    resolved: list[Alert] = []
    for identity in _everybody(stores.operational):
        observations = observe(stores, settings, identity=identity)
        with stores.operational.app(identity.organization_id) as tx:
            done = evaluate(tx, identity=identity, observations=observations)
        opened += done.opened
        resolved += done.resolved
    return Evaluated(tuple(opened), tuple(resolved))


def _everybody(operational: Database[Operational]) -> list[Identity]:
    acting = []
    with operational.worker() as tx:
        for organization_id in queries.organizations(tx):
            try:
                acting.append(acting_for(tx, organization_id=organization_id))
            except Refused:  # no administrator: nobody to notify
                continue
    return acting


def evaluate(
    tx: Tx[Operational], *, identity: Identity, observations: Sequence[Observation]
) -> Evaluated:
    """Open an alert for each firing rule that has none, resolve those clear for ten minutes.

    Each opening and each resolution emits one webhook event and one job that sends the email, in
    this transaction; silenced rules emit none.
    """
    at, organization_id = clock.now(), identity.organization_id
    silenced = queries.silences(tx, organization_id=organization_id, at=at)
    firing = [_row(seen, silenced) for seen in observations if seen.firing]
    queries.update_alerts(tx, organization_id=organization_id, rows=firing, at=at)
    queries.mark_clear(tx, organization_id=organization_id, firing=firing, at=at)
    opened = queries.open_alerts(tx, organization_id=organization_id, rows=firing, at=at)
    resolved = queries.resolve_clear(
        tx, organization_id=organization_id, clear_before=at - CLEAR_FOR, at=at
    )
    for event_type, alerts in (
        (EventType.ALERT_OPENED, opened),
        (EventType.ALERT_RESOLVED, resolved),
    ):
        for alert in alerts:
            if not alert.muted:
                _announce(tx, identity, event_type, alert)
    return Evaluated(tuple(opened), tuple(resolved))


def _row(seen: Observation, silenced: Sequence[Silence]) -> dict[str, object]:
    return {
        "rule": seen.rule.value,
        "subject": seen.subject,
        "message": seen.message,
        "value": seen.value,
        "threshold": seen.threshold,
        "muted": any(
            silence.rule == seen.rule and silence.subject in {None, seen.subject}
            for silence in silenced
        ),
    }


def _announce(tx: Tx[Operational], identity: Identity, event_type: EventType, alert: Alert) -> None:
    webhooks.emit(
        tx,
        identity=identity,
        event_type=event_type,
        subject=("alert", alert.alert_id),
        data={"rule": alert.rule, "subject": alert.subject, "message": alert.message},
    )
    resolved = event_type is EventType.ALERT_RESOLVED
    enqueue(
        tx,
        NewJob(
            NOTIFY,
            payload={"alert_id": str(alert.alert_id), "resolved": resolved},
            unique_key=f"{alert.alert_id} {event_type.value}",
        ),
        identity=identity,
    )
