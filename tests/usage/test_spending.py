"""Reserve before the call, settle after it (U3 to U6)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from tests.usage.conftest import NOW, Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.usage import BudgetExhausted, BudgetScope, Caller, Unit, Unpriced, Used


def test_u4_a_call_that_could_pass_the_limit_is_refused_with_all_its_figures(
    spender: Spender,
) -> None:
    """The error names the spent, reserved and requested amounts, and the next start."""
    budget = spender.budget("2.5")
    spender.spend(output=1000)
    spender.reserve(output=1000)

    with pytest.raises(BudgetExhausted) as refused:
        spender.reserve(output=501)

    error = refused.value
    assert (Decimal(1), Decimal(1), Decimal("2.5")) == (error.spent, error.reserved, error.limit)
    assert budget.name == error.budget
    assert budget.period_ends_at == error.resets_at
    assert 402 == error.http_status
    assert spender.reserve(output=500).amount == Decimal("0.5")


def test_u4_every_budget_in_scope_is_asked_and_none_is_held_when_one_refuses(
    spender: Spender,
) -> None:
    """Organization, project, key and end user; a refusal leaves all of them unchanged."""
    project = uuid4()
    spender.budget("100")
    spender.project_budget("1", project)
    spender.budget("100", scope=BudgetScope.END_USER, scope_ref="ann")

    with pytest.raises(BudgetExhausted, match="Project"):
        spender.reserve(output=1001, caller=Caller(project, "ann"))
    assert {Decimal(0)} == {b.reserved for b in spender.act(usage.list_budgets)}

    spender.reserve(output=1000, caller=Caller(project, "ann"))
    assert {Decimal(1)} == {b.reserved for b in spender.act(usage.list_budgets)}
    spender.reserve(output=5000, caller=Caller(uuid4(), "bob"))


def test_u4_every_end_user_gets_a_budget_of_its_own_from_the_pattern(spender: Spender) -> None:
    """A limit for people whose names are not known in advance."""
    spender.budget("1", scope=BudgetScope.END_USER, scope_ref="*")

    spender.spend(output=1000, caller=Caller(end_user="ann"))
    with pytest.raises(BudgetExhausted):
        spender.reserve(output=1, caller=Caller(end_user="ann"))
    spender.reserve(output=1000, caller=Caller(end_user="bob"))

    assert ["*", "ann", "bob"] == [b.scope_ref for b in spender.act(usage.list_budgets)]


def test_u4_a_soft_budget_refuses_nothing(spender: Spender) -> None:
    """It counts and warns."""
    spender.budget("1", hard=False)

    spender.spend(output=5000)

    assert Decimal(5) == spender.only_budget().settled


def test_u5_settling_moves_the_held_amount_to_what_was_spent(spender: Spender) -> None:
    """The rest of the reservation is free again."""
    spender.budget("2")

    settled = spender.settle(spender.reserve(output=2000), output=300)

    budget = spender.only_budget()
    assert (Decimal("0.3"), Decimal("0.3"), Decimal(0)) == (
        settled.cost,
        budget.settled,
        budget.reserved,
    )


def test_u5_settling_again_changes_nothing_and_returns_the_first_event(spender: Spender) -> None:
    """A caller that did not get the answer repeats the call."""
    spender.budget("2")
    reservation = spender.reserve()
    first = spender.settle(reservation, output=400)

    again = spender.settle(reservation, output=900)

    assert again.repeated
    assert (first.event_id, first.cost) == (again.event_id, again.cost)
    assert Decimal("0.4") == spender.only_budget().settled


def test_u3_a_request_id_is_one_call_for_ever(spender: Spender) -> None:
    """While it is open the same reservation is returned; afterwards it is refused."""
    first = spender.reserve(request_id="r1")
    assert first == spender.reserve(request_id="r1")
    with pytest.raises(Conflict):
        spender.reserve(request_id="r1", output=7)

    spender.settle(first)
    with pytest.raises(Conflict):
        spender.reserve(request_id="r1")


def test_u6_an_expired_reservation_is_freed_and_its_call_is_still_recorded(
    spender: Spender,
) -> None:
    """The event is marked late; its cost is spent, even beyond the limit."""
    with clock.frozen(NOW):
        spender.budget("1")
        reservation = spender.reserve(output=1000)
    with clock.frozen(NOW + timedelta(minutes=11)):
        assert 1 == usage.sweep(spender.workspace.stores.operational)
        assert Decimal(0) == spender.only_budget().reserved
        spender.spend(output=1000)

        late = spender.settle(reservation, output=1000)

        assert late.late
        assert (Decimal(2), Decimal(0)) == (
            spender.only_budget().settled,
            spender.only_budget().reserved,
        )


def test_u6_a_released_reservation_leaves_nothing_behind(spender: Spender) -> None:
    """The call never used anything."""
    spender.budget("1")
    reservation = spender.reserve()

    assert spender.act(usage.release, reservation_id=reservation.reservation_id)
    assert not spender.act(usage.release, reservation_id=reservation.reservation_id)

    assert Decimal(0) == spender.only_budget().reserved
    with pytest.raises(NotFound):
        spender.settle(reservation)


def test_u4_a_model_without_a_price_is_refused_unless_every_budget_allows_it(
    spender: Spender,
) -> None:
    """Without a budget there is nothing that could allow it."""
    spender.model("mystery")
    with pytest.raises(Unpriced, match="no price for output in EUR"):
        spender.reserve("mystery")

    spender.budget("1")
    with pytest.raises(Unpriced):
        spender.reserve("mystery")
    spender.budget("1", allow_unpriced=True)

    assert Decimal(0) == spender.spend("mystery").cost


def test_u4_a_model_with_a_price_for_other_units_only_is_not_priced(spender: Spender) -> None:
    """The unit without a price is named."""
    spender.model("half", input="0.1")

    with pytest.raises(Unpriced, match="output"):
        spender.reserve("half")


def test_u4_a_free_model_is_never_blocked(spender: Spender) -> None:
    """An overspent budget does not block it either."""
    spender.model("free", input="0", output="0")
    spender.budget("0")

    with pytest.raises(BudgetExhausted):
        spender.reserve(output=1)
    assert Decimal(0) == spender.spend("free").cost


def test_u1_the_price_is_that_of_the_moment_of_the_call(spender: Spender) -> None:
    """A price changed between reserving and settling does not apply to the call."""
    with clock.frozen(NOW):
        reservation = spender.reserve()
    spender.operator(
        usage.add_price,
        model="writer",
        unit=Unit.OUTPUT,
        price="5",
        currency="EUR",
        effective_from=NOW + timedelta(seconds=1),
    )
    with clock.frozen(NOW + timedelta(seconds=5)):
        assert Decimal(1) == spender.settle(reservation).cost
        assert Decimal(5000) == spender.reserve().amount


def test_u4_a_price_in_another_currency_is_no_price(spender: Spender) -> None:
    """The organization counts in EUR; dollars are not added."""
    spender.budget("1")
    spender.model("american", currency="USD", output="0.001")

    with pytest.raises(Unpriced, match="it has prices in USD"):
        spender.reserve("american")


def test_u2_floats_and_negative_quantities_are_refused(spender: Spender) -> None:
    """They are refused at the boundary, with a sentence."""
    for bad in (1.5, -1, float("nan")):
        with pytest.raises(InvalidInput, match=r"float|negative"):
            spender.act(usage.reserve, model="writer", bound={Unit.OUTPUT: bad}, operation="x")
    reservation = spender.reserve()
    with pytest.raises(InvalidInput, match="float"):
        spender.act(
            usage.settle,
            reservation_id=reservation.reservation_id,
            used=Used({Unit.OUTPUT: 1.0}),  # type: ignore[dict-item]
        )
