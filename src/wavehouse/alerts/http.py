"""``/api/v1/alerts``: list, measure, acknowledge, silence.

Without ``from __future__ import annotations``: FastAPI must see the dependencies.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.alerts.rules import RULES
from wavehouse.alerts.service import managing
from wavehouse.alerts.service.measuring import observe
from wavehouse.alerts.types import Alert, Observation, RuleName, Silence
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, page_of
from wavehouse.workspace import Edge

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=500)]


@dataclass(frozen=True)
class AlertOut:
    """An alert: open, acknowledged or resolved; value and threshold are in the rule's unit."""

    alert_id: UUID
    rule: str
    title: str
    subject: str
    state: str
    message: str
    unit: str
    value: float | None
    threshold: float | None
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, alert: Alert) -> "AlertOut":
        """The alert as a response."""
        rule = RULES[RuleName(alert.rule)]
        return cls(
            alert.alert_id,
            alert.rule,
            rule.title,
            alert.subject,
            alert.state,
            alert.message,
            rule.unit,
            alert.value,
            alert.threshold,
            alert.opened_at,
            alert.resolved_at,
            alert.acknowledged_at,
        )


@dataclass(frozen=True)
class Observed:
    """A rule's current measurement."""

    observations: list[Observation]


class NewSilence(BaseModel):
    """A request to silence a rule for some hours."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleName
    hours: Annotated[float, Field(gt=0, le=90 * 24)]
    subject: Annotated[Exact, Field(max_length=500)] | None = None


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``alerts``."""
    api = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
    stores, settings, gate = edge.workspace.stores, edge.workspace.settings, edge.gate
    Reader = Annotated[Identity, Depends(gate(Scope.SOURCES_READ))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(Scope.SOURCES_WRITE))]  # noqa: N806 - it is a type

    @api.get("", responses=gate.answers(Scope.SOURCES_READ))
    def alerts(
        identity: Reader, resolved: bool = False, limit: Limit = PAGE, cursor: Cursor = None
    ) -> Page[AlertOut]:
        """Open alerts, and with ``resolved`` also resolved ones; open ones first."""
        with stores.operational.app(identity.organization_id) as tx:
            listed = managing.list_alerts(tx, identity=identity, resolved=resolved)
        return page_of(
            [AlertOut.of(alert) for alert in listed],
            key=lambda a: (str(a.alert_id),),
            cursor=cursor,
            limit=limit,
        )

    @api.get("/observations", responses=gate.answers(Scope.SOURCES_READ))
    def observations(identity: Reader) -> Observed:
        """The current measurement of every rule, including those in order."""
        return Observed(observe(stores, settings, identity=identity))

    @api.post(
        "/{alert_id}/acknowledge",
        status_code=204,
        responses=gate.answers(Scope.SOURCES_WRITE, 404),
    )
    def acknowledge(alert_id: UUID, identity: Writer) -> None:
        """Acknowledge an open alert: note that somebody is handling it."""
        with stores.operational.app(identity.organization_id) as tx:
            managing.acknowledge_alert(tx, identity=identity, alert_id=alert_id)

    @api.post("/silences", status_code=201, responses=gate.answers(Scope.SOURCES_WRITE, 422))
    def silence(new: NewSilence, identity: Writer) -> Silence:
        """Stop notifications about a rule for some hours."""
        with stores.operational.app(identity.organization_id) as tx:
            return managing.silence_rule(
                tx,
                identity=identity,
                rule=new.rule,
                length=timedelta(hours=new.hours),
                subject=new.subject,
            )

    return [api]
