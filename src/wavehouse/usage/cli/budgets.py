"""``wavehouse budgets``: spending limits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.usage.cli.options import AS_JSON, CURRENCY, organization

if TYPE_CHECKING:
    from wavehouse.usage.types import Budget
    from wavehouse.workspace import OpenWorkspace

_SCOPES = ["organization", "project", "api_key", "end_user"]
_PERIODS = ["day", "week", "month", "total"]
BUDGET = click.argument("budget", type=click.UUID)


@click.group()
def budgets() -> None:
    """Budgets: limits, amounts spent and reserved, top-ups, past periods."""


@budgets.command("set")
@click.option("--limit", required=True, help="A decimal number, such as 100 or 2.50.")
@CURRENCY
@click.option("--period", type=click.Choice(_PERIODS), default="month", show_default=True)
@click.option("--scope", type=click.Choice(_SCOPES), default="organization", show_default=True)
@click.option("--id", "ref", help="Project id, key id or end user; * for every end user.")
@click.option("--name", default="", help="Display name.")
@click.option("--soft", is_flag=True, help="Warn only; refuse nothing.")
@click.option("--allow-unpriced", is_flag=True, help="Allow models without a price.")
@click.option("--threshold", "thresholds", type=click.IntRange(1, 100), multiple=True,
              help="Percentage at which to warn; repeatable. Default: 50, 80, 100.")  # fmt: skip
@click.option("--notify", "emails", multiple=True, help="Email address to notify; repeatable.")
@AS_JSON
@click.pass_obj
def set_budget(
    open_workspace: OpenWorkspace,
    limit: str,
    currency: str,
    period: str,
    scope: str,
    ref: str | None,
    name: str,
    soft: bool,
    allow_unpriced: bool,
    thresholds: tuple[int, ...],
    emails: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set the budget of a scope and period; spending in the current period already counts."""
    from wavehouse.usage.service import budgets as service
    from wavehouse.usage.types import BudgetPeriod, BudgetScope

    new = service.NewBudget(
        limit=limit,
        currency=currency,
        scope=BudgetScope(scope),
        scope_ref=ref,
        period=BudgetPeriod(period),
        name=name,
        hard=not soft,
        allow_unpriced=allow_unpriced,
        thresholds=thresholds or service.THRESHOLDS,
        notify_emails=emails,
    )
    with organization(open_workspace) as (tx, identity):
        budget = service.set_budget(tx, identity=identity, new=new)
    _show([budget], as_json=as_json, key="budget")


@budgets.command("list")
@AS_JSON
@click.pass_obj
def list_budgets(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the budgets with their current periods."""
    from wavehouse.usage.service import budgets as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_budgets(tx, identity=identity)
    _show(rows, as_json=as_json)


@budgets.command()
@BUDGET
@click.option("--amount", required=True, help="A decimal number, such as 10 or 2.50.")
@click.option("--currency", help="If given, must be the budget's currency.")
@click.option("--note", default="", help="Note, such as the invoice number.")
@AS_JSON
@click.pass_obj
def grant(
    open_workspace: OpenWorkspace,
    budget: UUID,
    amount: str,
    currency: str | None,
    note: str,
    as_json: bool,
) -> None:
    """Top up a budget: for its current period, or permanently when its period is total."""
    from wavehouse.usage.service import budgets as service
    from wavehouse.usage.types import BudgetId

    with organization(open_workspace) as (tx, identity):
        changed = service.grant(
            tx,
            identity=identity,
            budget_id=BudgetId(budget),
            amount=amount,
            currency=currency,
            note=note,
        )
    _show([changed], as_json=as_json, key="budget")


@budgets.command()
@click.option("--budget", type=click.UUID, help="Only this budget.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def history(open_workspace: OpenWorkspace, budget: UUID | None, limit: int, as_json: bool) -> None:
    """Show past periods and grants."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import budgets as service
    from wavehouse.usage.service.refusals import plain
    from wavehouse.usage.types import BudgetId

    with organization(open_workspace) as (tx, identity):
        periods = service.history(
            tx, identity=identity, budget_id=None if budget is None else BudgetId(budget),
            limit=limit,
        )  # fmt: skip
        grants = service.list_grants(tx, identity=identity, limit=limit)
    if budget is not None:
        grants = [each for each in grants if each.budget_id == budget]
    if as_json:
        terminal.print_json(
            {"periods": [asdict(p) for p in periods], "grants": [asdict(g) for g in grants]}
        )
        return
    terminal.print_table(
        ("budget", "from", "to", "limit", "granted", "spent"),
        [
            (p.name, p.period_starts_at, p.period_ends_at, f"{plain(p.hard_limit)} {p.currency}",
             plain(p.granted), plain(p.settled))
            for p in periods
        ],
    )  # fmt: skip
    terminal.print_table(
        ("granted", "budget", "amount", "note"),
        [(g.granted_at, g.budget, f"{plain(g.amount)} {g.currency}", g.note) for g in grants],
    )


@budgets.command()
@BUDGET
@click.pass_obj
def delete(open_workspace: OpenWorkspace, budget: UUID) -> None:
    """Remove a budget with its history; usage is kept."""
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import budgets as service
    from wavehouse.usage.types import BudgetId

    with organization(open_workspace) as (tx, identity):
        service.delete_budget(tx, identity=identity, budget_id=BudgetId(budget))
    terminal.say("The budget is removed.")


def _show(rows: list[Budget], *, as_json: bool, key: str = "budgets") -> None:
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service.refusals import plain

    if as_json:
        data = [asdict(row) for row in rows]
        terminal.print_json({key: data[0] if key == "budget" else data})
        return
    terminal.print_table(
        ("budget", "name", "limit", "granted", "spent", "reserved", "resets", ""),
        [
            (b.budget_id, b.name, f"{plain(b.hard_limit)} {b.currency}", plain(b.granted),
             plain(b.settled), plain(b.reserved),
             "never" if b.period == "total" else b.period_ends_at, "" if b.is_hard else "soft")
            for b in rows
        ],
    )  # fmt: skip
