"""``wavehouse budgets``: what may be spent."""

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
    """Budgets: limits, what is spent and reserved of them, top-ups, ended periods."""


@budgets.command("set")
@click.option("--limit", required=True, help="A decimal number, such as 100 or 2.50.")
@CURRENCY
@click.option("--period", type=click.Choice(_PERIODS), default="month", show_default=True)
@click.option("--scope", type=click.Choice(_SCOPES), default="organization", show_default=True)
@click.option("--id", "ref", help="Project or key id, or the end user; * for every end user.")
@click.option("--name", default="", help="Name for people.")
@click.option("--soft", is_flag=True, help="Warn only; refuse nothing.")
@click.option("--allow-unpriced", is_flag=True, help="Allow models without a price.")
@click.option("--threshold", "thresholds", type=click.IntRange(1, 100), multiple=True,
              help="Per cent at which to warn; repeatable. Default: 50, 80, 100.")  # fmt: skip
@click.option("--notify", "emails", multiple=True, help="Address that is emailed; repeatable.")
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
    """Set the budget of a scope and period; what was spent in the period already counts."""
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
    """The budgets in their present periods."""
    from wavehouse.usage.service import budgets as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_budgets(tx, identity=identity)
    _show(rows, as_json=as_json)


@budgets.command()
@BUDGET
@click.option("--amount", required=True, help="A decimal number, such as 10 or 2.50.")
@click.option("--currency", help="Must be the budget's, if given.")
@click.option("--note", default="", help="Note for people, such as the invoice.")
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
    """Top a budget up: for its present period; for ever when its period is total."""
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
@click.option("--budget", type=click.UUID, help="Of this budget only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def history(open_workspace: OpenWorkspace, budget: UUID | None, limit: int, as_json: bool) -> None:
    """Ended periods, and the grants."""
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
    """Remove a budget with its history; the usage stays."""
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
