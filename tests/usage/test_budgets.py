"""Budgets: limits in the organization's periods, top-ups, thresholds (U4, U7, U8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from tests.usage.conftest import NOW, Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.queue import list_jobs
from wavehouse.usage import BudgetExhausted, BudgetPeriod, BudgetScope, NewBudget
from wavehouse.webhooks import Sealer, add_endpoint, deliver, list_deliveries
from wavehouse.webhooks.types import Sent

ROME = "Europe/Rome"


class Kept:
    """A sender that records what it is given."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []

    def post(self, url: str, body: bytes, headers: object) -> Sent:
        """Accept everything."""
        self.bodies.append(json.loads(body))
        return Sent(200)


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (1.5, "limit is a float; money is exact decimals"),
        ("-1", "limit is negative"),
        ("NaN", "limit is not a decimal number"),
        ("1e3", "limit is not a decimal number"),
        ("1.0000000000001", "limit has more than 12 decimals"),
        ("100000000", "limit is too large"),
    ],
)
def test_u2_a_limit_that_is_no_exact_amount_is_refused(
    spender: Spender, limit: object, sentence: str
) -> None:
    """Each gets a specific sentence."""
    with pytest.raises(InvalidInput, match=sentence):
        spender.act(usage.set_budget, new=NewBudget(limit=limit, currency="EUR"))  # type: ignore[arg-type]


def test_a_budget_in_another_currency_is_refused(spender: Spender) -> None:
    """Amounts in EUR cannot be compared with dollars; nor can a top-up."""
    budget = spender.budget("1")

    with pytest.raises(InvalidInput, match="counted in EUR; a budget in USD"):
        spender.budget("1", currency="USD", period=BudgetPeriod.DAY)
    with pytest.raises(InvalidInput, match="invalid currency code"):
        spender.budget("1", currency="EURO")
    with pytest.raises(InvalidInput, match="the budget is in EUR"):
        spender.act(usage.grant, budget_id=budget.budget_id, amount="1", currency="USD")


def test_a_budget_needs_the_id_of_its_scope(spender: Spender) -> None:
    """The organization's budget has none."""
    for scope, ref, sentence in (
        (BudgetScope.PROJECT, None, "needs its id"),
        (BudgetScope.API_KEY, "key", "invalid id"),
        (BudgetScope.ORGANIZATION, "x", "takes no id"),
        (BudgetScope.END_USER, " ", "needs its id"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            spender.budget("1", scope=scope, scope_ref=ref)


def test_a_budget_that_is_set_later_counts_what_was_spent_before(spender: Spender) -> None:
    """In the current period; setting it again changes only the limit."""
    project = uuid4()
    spender.spend(caller=usage.Caller(project))
    spender.spend()

    budget = spender.project_budget("3", project)
    assert Decimal(1) == budget.settled

    again = spender.project_budget("4", project)
    assert (budget.budget_id, Decimal(1), Decimal(4)) == (
        again.budget_id,
        again.settled,
        again.hard_limit,
    )


def test_u8_a_period_ends_at_the_organizations_midnight(spender: Spender) -> None:
    """In Rome a November day ends at 23:00 UTC; the ended period stays in the history."""
    with clock.frozen(datetime(2026, 10, 20, 12, tzinfo=UTC)):
        spender.act(usage.change_timezone, timezone=ROME)
    with clock.frozen(datetime(2026, 11, 20, 22, 59, tzinfo=UTC)):
        budget = spender.budget("1", period=BudgetPeriod.DAY)
        assert datetime(2026, 11, 20, 23, 0, tzinfo=UTC) == budget.period_ends_at
        spender.spend()
        with pytest.raises(BudgetExhausted):
            spender.reserve(output=1)
    with clock.frozen(datetime(2026, 11, 20, 23, 0, tzinfo=UTC)):
        spender.spend(output=250)
        assert Decimal("0.25") == spender.only_budget().settled
        (past,) = spender.act(usage.history)
        assert (Decimal(1), budget.period_ends_at) == (past.settled, past.period_ends_at)


def test_u9_a_call_that_spans_the_end_of_a_period_counts_where_it_began(spender: Spender) -> None:
    """The ended period gets the cost; the current one only loses the reservation."""
    with clock.frozen(datetime(2026, 11, 20, 23, 59, tzinfo=UTC)):
        spender.budget("3", period=BudgetPeriod.DAY)
        spender.spend()
        reservation = spender.reserve()
    with clock.frozen(datetime(2026, 11, 21, 0, 1, tzinfo=UTC)):
        spender.spend(output=100)
        spender.settle(reservation)

        assert (Decimal("0.1"), Decimal(0)) == (
            spender.only_budget().settled,
            spender.only_budget().reserved,
        )
        (past,) = spender.act(usage.history)
        assert Decimal(2) == past.settled


def test_a_prepaid_budget_lasts_until_it_is_spent_and_topped_up(spender: Spender) -> None:
    """Limit zero, grants, no end; the grants are listed."""
    budget = spender.budget("0", period=BudgetPeriod.TOTAL)
    with pytest.raises(BudgetExhausted, match="never automatically: top it up"):
        spender.reserve()

    spender.act(usage.grant, budget_id=budget.budget_id, amount="1.5", note="Invoice 1")
    spender.spend()
    with pytest.raises(BudgetExhausted):
        spender.reserve()
    spender.act(usage.grant, budget_id=budget.budget_id, amount="0.5")
    spender.spend()

    assert [Decimal("0.5"), Decimal("1.5")] == [
        each.amount for each in spender.act(usage.list_grants)
    ]
    for bad, sentence in (("0", "zero"), ("-1", "negative"), (1.0, "float")):
        with pytest.raises(InvalidInput, match=sentence):
            spender.act(usage.grant, budget_id=budget.budget_id, amount=bad)


def test_a_top_up_of_a_month_ends_with_the_month(spender: Spender) -> None:
    """The next month has only its own limit."""
    with clock.frozen(NOW):
        budget = spender.budget("1")
        spender.act(usage.grant, budget_id=budget.budget_id, amount="1")
        spender.spend(output=2000)
    with clock.frozen(NOW + timedelta(days=20)):
        with pytest.raises(BudgetExhausted):
            spender.reserve(output=1001)
        (past,) = spender.act(usage.history)
        assert (Decimal(1), Decimal(2)) == (past.granted, past.settled)


def test_u7_each_threshold_is_announced_once_a_period(spender: Spender) -> None:
    """By a webhook event and an email job; the next period announces again."""
    sealer = Sealer.of(spender.workspace.stores.operational.place)
    spender.act(add_endpoint, sealer=sealer, url="https://shop.example/hooks")
    with clock.frozen(NOW):
        spender.budget("1", period=BudgetPeriod.DAY, notify_emails=["ops@shop.example"])
        for output in (400, 100, 10, 490):
            spender.spend(output=output)
    with clock.frozen(NOW + timedelta(days=1)):
        spender.spend(output=500)

    sender = Kept()
    deliver(spender.workspace.stores.operational, sealer=sealer, sender=sender)
    sent = [body["data"] for body in sender.bodies]
    assert {"budget.threshold_reached"} == {body["type"] for body in sender.bodies}
    assert [50, 50, 80, 100] == sorted(data["threshold"] for data in sent)  # type: ignore[index]
    assert 4 == len(spender.act(list_deliveries))
    assert 4 == len(spender.act(list_jobs, kind="usage.budget_email"))


def test_a_removed_budget_refuses_nothing_and_its_usage_stays(spender: Spender) -> None:
    """The next call is allowed; removing it again finds nothing."""
    budget = spender.budget("0")
    with pytest.raises(BudgetExhausted):
        spender.reserve()

    spender.act(usage.delete_budget, budget_id=budget.budget_id)

    spender.spend()
    with pytest.raises(NotFound):
        spender.act(usage.delete_budget, budget_id=budget.budget_id)
