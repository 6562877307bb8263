"""Corrections: prices, closed months, totals compared with their events (U9, U10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.usage.conftest import LONG_AGO, NOW, Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.usage import BudgetExhausted, BudgetPeriod, Caller, Unit
from wavehouse.usage.checks import totals
from wavehouse.usage.service import correcting, reading


def _corrected(spender: Spender, price: str) -> None:
    spender.operator(
        usage.add_price,
        model="writer",
        unit=Unit.OUTPUT,
        price=price,
        currency="EUR",
        effective_from=LONG_AGO,
    )


def _repriced(spender: Spender, **more: object) -> usage.Repriced:
    return correcting.reprice(
        spender.workspace.stores.operational,
        identity=spender.identity,
        model="writer",
        since=LONG_AGO,
        **more,  # type: ignore[arg-type]
    )


def _compared(spender: Spender, *, repair: bool = False) -> list[tuple[str, Decimal, Decimal]]:
    rows = correcting.reconcile(
        spender.workspace.stores.operational, identity=spender.identity, repair=repair
    )
    return [(row.total, row.expected, row.actual) for row in rows]


def test_u9_a_corrected_price_adjusts_what_was_charged_and_unblocks(spender: Spender) -> None:
    """With additional events; the first event is unchanged; a second run does nothing."""
    with clock.frozen(NOW):
        spender.budget("1.5")
        spender.spend()
        with pytest.raises(BudgetExhausted):
            spender.reserve()
        _corrected(spender, "0.0005")
        assert 1 == _repriced(spender, dry_run=True).adjusted

    with clock.frozen(NOW + timedelta(minutes=1)):
        done = _repriced(spender)
        assert (1, Decimal("-0.5")) == (done.adjusted, done.difference)
        assert 0 == _repriced(spender).adjusted
        assert Decimal("0.5") == spender.only_budget().settled
        spender.reserve(output=2000)

        adjustment, first = spender.act(reading.list_events)[-2:]
        assert {Decimal(1), Decimal("-0.5")} == {adjustment.cost, first.cost}
        assert [] == _compared(spender)


def test_u9_a_closed_month_is_not_changed_by_what_comes_later(spender: Spender) -> None:
    """The adjustment counts today; October's day and budget keep their figures."""
    october = datetime(2026, 10, 31, 12, tzinfo=UTC)
    with clock.frozen(october):
        spender.budget("10")
        spender.spend()
    with clock.frozen(NOW):
        operational = spender.workspace.stores.operational
        correcting.nightly(operational, identity=spender.identity)
        _corrected(spender, "0.003")
        assert Decimal(2) == _repriced(spender).difference

        (past,) = spender.act(usage.history)
        assert (Decimal(1), Decimal(2)) == (past.settled, spender.only_budget().settled)
        spent = spender.act(reading.spent_by_day, first=october.date(), last=NOW.date())
        assert [(october.date(), Decimal(1)), (NOW.date(), Decimal(2))] == [
            (row.usage_date, row.cost) for row in spent
        ]
        assert [] == _compared(spender)


def test_u10_totals_equal_their_events_to_the_last_digit_and_a_difference_is_repaired(
    spender: Spender,
) -> None:
    """Doctor reports it with the repairing command."""
    spender.model("odd", input="0.000000000001", output="0.000000333333")
    spender.budget("100")
    spender.budget("100", period=BudgetPeriod.DAY)
    for number in range(1, 8):
        spender.spend("odd", output=number, caller=Caller(end_user=f"u{number % 3}"))
    assert [] == _compared(spender)
    assert totals(spender.workspace).ok

    with spender.workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE usage.token_usage_daily SET cost = cost + 0.000000000001 "
                   "WHERE unit = 'output'")  # fmt: skip
        tx.execute("UPDATE usage.budgets SET settled = 5, reserved = 1 WHERE period = 'day'")
    assert ["budget reserved", "budget spent", "daily cost"] == [
        total for total, _, _ in _compared(spender)
    ]
    finding = totals(spender.workspace)
    assert not finding.ok
    assert "wavehouse usage reconcile --repair" == finding.command

    assert 3 == len(_compared(spender, repair=True))
    assert [] == _compared(spender)
    assert totals(spender.workspace).ok


def test_u8_ended_budgets_begin_their_present_period_without_a_call(spender: Spender) -> None:
    """The schedule begins it, so that jobs waiting for budget run."""
    with clock.frozen(NOW):
        spender.budget("1", period=BudgetPeriod.DAY)
        spender.spend()
    with clock.frozen(NOW + timedelta(days=3)):
        operational = spender.workspace.stores.operational
        assert 1 == correcting.roll_budgets(operational, identity=spender.identity)
        assert 0 == correcting.roll_budgets(operational, identity=spender.identity)
        assert Decimal(0) == spender.only_budget().settled
