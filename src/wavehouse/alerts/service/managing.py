"""Use cases: list, acknowledge, silence; and the emails about an alert."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.alerts import queries
from wavehouse.alerts.rules import RULES, email_text
from wavehouse.alerts.types import Alert, AlertEmail, RuleName, Silence
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx

LONGEST_SILENCE = timedelta(days=90)
MOST = 200


def list_alerts(tx: Tx[Operational], *, identity: Identity, resolved: bool = False) -> list[Alert]:
    """Open alerts, and with ``resolved`` also resolved ones; open ones first."""
    return queries.alerts(
        tx, organization_id=identity.organization_id, resolved=resolved, limit=MOST
    )


def acknowledge_alert(tx: Tx[Operational], *, identity: Identity, alert_id: UUID) -> None:
    """Acknowledge an open alert. NotFound for any other."""
    if not queries.acknowledge(tx, identity=identity, alert_id=alert_id, at=clock.now()):
        raise NotFound("no such open alert", where=str(alert_id), command="wavehouse alerts list")
    _record(tx, identity, "alert.acknowledged", ("alert", alert_id))


def silence_rule(
    tx: Tx[Operational],
    *,
    identity: Identity,
    rule: RuleName,
    length: timedelta,
    subject: str | None = None,
) -> Silence:
    """Stop notifications about a rule, for at most 90 days. InvalidInput beyond that."""
    if not timedelta(0) < length <= LONGEST_SILENCE:
        raise InvalidInput(
            "a silence must last from one minute to 90 days",
            hint="To change it permanently, change the rule's threshold setting.",
        )
    at = clock.now()
    silence = queries.put_silence(
        tx, identity=identity, rule=rule, subject=subject, until=at + length, at=at
    )
    _record(tx, identity, "alert.silenced", ("alert_rule", rule.value))
    return silence


def end_silence(tx: Tx[Operational], *, identity: Identity, rule: RuleName) -> int:
    """Resume notifications about a rule; returns how many silences were removed."""
    ended = queries.end_silences(tx, organization_id=identity.organization_id, rule=rule)
    if ended:
        _record(tx, identity, "alert.unsilenced", ("alert_rule", rule.value))
    return ended


def list_silences(tx: Tx[Operational], *, identity: Identity) -> list[Silence]:
    """The active silences."""
    return queries.silences(tx, organization_id=identity.organization_id, at=clock.now())


def emails_of(
    tx: Tx[Operational],
    *,
    identity: Identity,
    alert_id: UUID,
    resolved: bool,
    to: tuple[str, ...],
    address: str,
) -> list[AlertEmail]:
    """The emails about an alert: to ``to``, otherwise to the administrators.

    Addresses ending in ``.invalid`` are skipped.
    """
    alert = queries.alert(tx, organization_id=identity.organization_id, alert_id=alert_id)
    if alert is None:
        return []
    receivers = to or tuple(queries.administrators(tx, organization_id=identity.organization_id))
    subject, text = email_text(
        alert.message, RULES[RuleName(alert.rule)], resolved=resolved, address=address
    )
    return [AlertEmail(each, subject, text) for each in receivers if not each.endswith(".invalid")]


def _record(
    tx: Tx[Operational], identity: Identity, action: str, resource: tuple[str, UUID | str]
) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=resource,
        organization_id=identity.organization_id,
        metadata={},
    )
