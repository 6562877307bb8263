"""The alerts page: open and resolved alerts, measurements; acknowledge, silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import alerts
from wavehouse.alerts import Alert, Observation, RuleName
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import UsageError
from wavehouse.web.access import Form
from wavehouse.web.page_context import PageContext, back

_TONES = {"open": "bad", "acknowledged": "warn", "resolved": "good"}
_RESOLVED = 20


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert as the page shows it."""

    alert_id: str
    rule: str
    title: str
    message: str
    state: str
    tone: str
    opened: str
    resolved: str
    can_acknowledge: bool


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A rule's measurement as shown on the page."""

    rule: str
    title: str
    message: str
    state: str
    tone: str
    value: str
    threshold: str
    silent_until: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/alerts`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace
    operational = workspace.stores.operational

    @routes.get("/alerts")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        seen = alerts.observe(workspace.stores, workspace.settings, identity=identity)
        passes = alerts.passes_of_late(workspace.stores, identity=identity)
        with operational.app(identity.organization_id) as tx:
            listed = alerts.list_alerts(tx, identity=identity, resolved=True)
            silences = alerts.list_silences(tx, identity=identity)
        silent = {silence.rule: fmt.instant(silence.until) for silence in silences}
        waited = passes.waited_p99
        return context.page(
            request,
            "alerts",
            identity,
            open=[_line(alert) for alert in listed if alert.resolved_at is None],
            resolved=[_line(alert) for alert in listed if alert.resolved_at][:_RESOLVED],
            measures=[_measure(each, silent) for each in seen],
            passes=fmt.count(passes.passes),
            waited="–" if waited is None else fmt.duration(round(waited.total_seconds())),
        )

    @routes.post("/alerts/acknowledge")
    def acknowledge(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            alerts.acknowledge_alert(tx, identity=identity, alert_id=_alert_id(fields))
        return back("/alerts", "acknowledged_alert")

    @routes.post("/alerts/silence")
    def silence(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            alerts.silence_rule(tx, identity=identity, rule=_rule(fields), length=timedelta(days=1))
        return back("/alerts", "silenced_rule")

    @routes.post("/alerts/unsilence")
    def unsilence(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            alerts.end_silence(tx, identity=identity, rule=_rule(fields))
        return back("/alerts", "unsilenced_rule")

    return routes


def _alert_id(fields: dict[str, str]) -> UUID:
    try:
        return UUID(fields.get("alert_id", ""))
    except ValueError:
        raise UsageError("invalid alert id", hint="Reload the page.") from None


def _rule(fields: dict[str, str]) -> RuleName:
    try:
        return RuleName(fields.get("rule", ""))
    except ValueError:
        raise UsageError("unknown rule", hint="Reload the page.") from None


def _line(alert: Alert) -> AlertLine:
    rule = alerts.RULES[RuleName(alert.rule)]
    return AlertLine(
        str(alert.alert_id),
        alert.rule,
        rule.title,
        alert.message,
        alert.state,
        _TONES[alert.state],
        fmt.instant(alert.opened_at),
        fmt.instant(alert.resolved_at) if alert.resolved_at else "",
        alert.state == "open",
    )


def _measure(seen: Observation, silent: dict[str, str]) -> MeasureLine:
    rule = alerts.RULES[seen.rule]
    return MeasureLine(
        seen.rule.value,
        rule.title,
        seen.message,
        "fires" if seen.firing else "in order",
        "bad" if seen.firing else "good",
        "–" if seen.value is None else f"{seen.value:,.1f} {rule.unit}",
        "–" if seen.threshold is None else f"{seen.threshold:g} {rule.unit}",
        silent.get(seen.rule.value, ""),
    )
