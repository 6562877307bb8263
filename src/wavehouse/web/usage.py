"""The usage page: budgets and their burn-down, cost of models, totals that differ."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from wavehouse import usage
from wavehouse.accounts import Identity
from wavehouse.charts import MEDIUM, NARROW, WEB, WIDE, Mark, Timeseries, timeseries
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import NotFound
from wavehouse.usage import Budget, BudgetId, BudgetPeriod, BurnDown, Daily
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back

_FIELDS = ("limit", "currency", "scope_ref", "amount")
_SCOPES = ("organization", "project", "api_key", "end_user")
_PERIODS = ("month", "week", "day", "total")


def router(context: PageContext) -> APIRouter:
    """Routes of ``/usage`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    operational = context.workspace.stores.operational

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with operational.app(identity.organization_id) as tx:
            budgets = usage.list_budgets(tx, identity=identity)
            burning = usage.burn_down(tx, identity=identity)
            days = usage.usage_by_day(tx, identity=identity)
            compared = usage.last_reconciliation(tx, identity=identity)
        return context.page(
            request,
            "usage",
            identity,
            budgets=[_budget(each) for each in budgets[:200]],
            charts=_charts(burning),
            burning=burning.budget.name if burning.budget else "",
            models=_models(days),
            differences=compared.differences if compared else [],
            compared=fmt.instant(compared.checked_at) if compared else "",
            scopes=_SCOPES,
            periods=_PERIODS,
            entered=entered,
        )

    @routes.get("/usage")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    @routes.post("/usage/budgets")
    def set_budget(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            with operational.app(identity.organization_id) as tx:
                usage.set_budget(tx, identity=identity, new=_new(fields))
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        return back("/usage", "set_budget")

    @routes.post("/usage/grants")
    def grant(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            with operational.app(identity.organization_id) as tx:
                usage.grant(
                    tx,
                    identity=identity,
                    budget_id=_id(fields),
                    amount=fields.get("amount", ""),
                    note=fields.get("note", ""),
                )
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        return back("/usage", "granted_budget")

    @routes.post("/usage/delete")
    def delete(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            usage.delete_budget(tx, identity=identity, budget_id=_id(fields))
        return back("/usage", "deleted_budget")

    @routes.post("/usage/repair")
    def repair(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        usage.reconcile(operational, identity=identity, repair=True)
        return back("/usage", "repaired_usage")

    return routes


def _new(fields: dict[str, str]) -> usage.NewBudget:
    scope, period = fields.get("scope", ""), fields.get("period", "")
    return usage.NewBudget(
        limit=fields.get("limit", ""),
        currency=fields.get("currency", ""),
        scope=usage.BudgetScope(scope if scope in _SCOPES else "organization"),
        scope_ref=fields.get("scope_ref") or None,
        period=BudgetPeriod(period if period in _PERIODS else "month"),
        name=fields.get("name", ""),
        hard="soft" not in fields,
    )


def _id(fields: dict[str, str]) -> BudgetId:
    try:
        return BudgetId(UUID(fields.get("budget", "")))
    except ValueError:
        raise NotFound("there is no such budget") from None


def _budget(budget: Budget) -> dict[str, object]:
    limit = budget.hard_limit + budget.granted
    share = int(budget.settled * 100 / limit) if limit else (100 if budget.settled else 0)
    tone = "bad" if share >= 100 else "warn" if share >= 80 else "good"
    return {
        "id": budget.budget_id,
        "name": budget.name,
        "scope": budget.scope.replace("_", " "),
        "ref": budget.scope_ref or budget.scope_id or "",
        "limit": _money(limit, budget.currency),
        "spent": _money(budget.settled, budget.currency),
        "reserved": _money(budget.reserved, budget.currency),
        "share": f"{share} %",
        "tone": tone,
        "soft": not budget.is_hard,
        "resets": "never" if budget.period == "total" else fmt.instant(budget.period_ends_at),
    }


def _money(amount: Decimal, currency: str) -> str:
    return f"{usage.plain(amount)} {currency}"


def _models(days: list[Daily]) -> list[dict[str, str]]:
    cost: dict[str, Decimal] = defaultdict(Decimal)
    requests: dict[str, int] = defaultdict(int)
    tokens: dict[str, Decimal] = defaultdict(Decimal)
    currency = ""
    for row in days:
        cost[row.model] += row.cost
        currency = row.currency
        if row.unit == "request":
            requests[row.model] += int(row.quantity)
        else:
            tokens[row.model] += row.quantity
    return [
        {
            "model": name,
            "requests": fmt.count(requests[name]),
            "units": fmt.count(int(tokens[name])),
            "cost": _money(cost[name], currency),
        }
        for name in sorted(cost, key=lambda each: (-cost[each], each))
    ]


def _charts(burning: BurnDown) -> dict[str, Markup]:
    """The budget left beside an even burn-down, or daily costs without a budget: in three sizes.

    Empty without a budget and without costs: the page has an empty state then.
    """
    if burning.budget is None and not any(value for _, value in burning.days):
        return {}
    number = len(burning.days)
    marks = []
    for index, (day, value) in enumerate(burning.days):
        even = float(burning.limit) * (number - 1 - index) / max(number - 1, 1)
        label = f"{day.day} {day:%b}"
        text = "no figure yet" if value is None else _money(value, burning.currency)
        marks.append(
            Mark(
                label,
                f"{label}\n{text}",
                None if value is None else float(value),
                even if burning.budget else None,
            )
        )
    name = "Remaining budget" if burning.budget else "Cost per day"
    data = Timeseries(name, tuple(marks), lambda level: f"{level:g}", whole=False)
    return {
        name: Markup(timeseries(data, theme=WEB, size=size, chart_id=f"burn-{name}"))  # noqa: S704
        for name, size in (("wide", WIDE), ("medium", MEDIUM), ("narrow", NARROW))
    }
