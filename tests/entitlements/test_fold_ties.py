"""The fold where events disagree or coincide: ties, failed refunds, reopened disputes (E7-E22)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from tests.entitlements.provider import DAY, MONTH, OTHER_PRICE, PRICE, START, Subscriber
from tests.entitlements.test_fold import ANNA, at, folded, grant

from wavehouse.entitlements.types import EventStatus, Policy


@pytest.fixture
def anna() -> Subscriber:
    """A customer whose subscription has begun and is paid."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.created()
    someone.charged(1, START + 1)
    someone.paid(1, START + 2)
    return someone


def refunds(someone: Subscriber) -> int:
    """The refunded money of the ledger, in cents."""
    moved = (m.amount for m in folded(someone).movements if m.kind == "refund")
    return int(sum(moved) * 100)


@pytest.mark.parametrize("ids", list(permutations("abc")))
def test_e7_an_update_of_other_fields_does_not_come_after_a_refund_of_the_same_second(
    ids: tuple[str, ...],
) -> None:
    """Charge, its update and its refund in one second: refunded, whatever their ids are."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.created()
    made = [someone.charged(1, START + 1), someone.charged(1, START + 1, kind="updated")]
    made.append(someone.charged(1, START + 1, refunded=490, kind="refunded"))
    made[2]["data"]["previous_attributes"] = {"amount_refunded": 0, "refunded": False}
    someone.paid(1, START + 2)
    for event, name in zip(made, ids, strict=True):
        event["id"] = f"evt_{name}"
    assert ("revoked", -490) == (grant(someone).state.status, refunds(someone))


@pytest.mark.parametrize("ids", list(permutations("abc")))
def test_e7_plans_changed_within_a_second_are_in_the_order_of_their_items(
    anna: Subscriber, ids: tuple[str, ...]
) -> None:
    """From plus to basic, to both, and to plus: plus is left."""
    made = []
    for prices in ((OTHER_PRICE,), (PRICE, OTHER_PRICE), (PRICE,)):
        before = anna.body()["items"]
        made.append(anna.updated(START + DAY, prices=prices))
        made[-1]["data"]["previous_attributes"] = {"items": before}
    for event, name in zip(made, ids, strict=True):
        event["id"] = f"evt_{name}"
    states = {g.key.resource: str(g.state.status) for g in folded(anna).grants}
    assert {"plus": "active", "basic": "revoked"} == states


def test_e19_a_refund_that_fails_later_gives_the_access_back(anna: Subscriber) -> None:
    """The charge reported it as refunded; the bank sent the money back."""
    anna.charged(1, START + DAY, refunded=490, kind="refunded")
    anna.refunded(1, START + DAY)
    assert ("revoked", -490) == (grant(anna).state.status, refunds(anna))
    anna.refunded(1, START + 3 * DAY, status="failed")
    assert ("active", 0) == (grant(anna).state.status, refunds(anna))
    anna.charged(1, START + 4 * DAY, refunded=0, kind="updated")
    assert ("active", 0) == (grant(anna).state.status, refunds(anna))
    anna.refunded(1, START + 5 * DAY, name="again")
    anna.charged(1, START + 5 * DAY, refunded=490, kind="refunded")
    assert ("revoked", -490) == (grant(anna).state.status, refunds(anna))


def change_of_plan(someone: Subscriber, name: str, amount: int) -> None:
    """The invoice of a change of plan, which ends with the same period."""
    made: dict[str, Any] = someone.paid(1, START + DAY, amount=amount)
    payments = [{"payment": {"payment_intent": "pi_change"}}] if amount else []
    made["data"]["object"].update(id=name, payments={"data": payments})


@pytest.mark.parametrize("name", ["in_0", "in_z"])
def test_e19_the_latest_period_may_have_several_invoices(anna: Subscriber, name: str) -> None:
    """A change of plan that cost nothing is no payment, whatever its invoice is called."""
    change_of_plan(anna, name, 0)
    anna.charged(1, START + 2 * DAY, refunded=490, kind="refunded")
    assert "revoked" == grant(anna).state.status


@pytest.mark.parametrize("name", ["in_0", "in_z"])
def test_e19_e20_one_of_two_payments_of_a_period_is_a_part_of_it(
    anna: Subscriber, name: str
) -> None:
    """The refund of one of them changes nothing; that of both revokes."""
    change_of_plan(anna, name, 200)
    anna.charged(1, START + 2 * DAY, refunded=490, kind="refunded")
    assert "active" == grant(anna).state.status
    second = anna.refunded(1, START + 3 * DAY, amount=200, name="2")
    second["data"]["object"].update(charge="ch_change", payment_intent="pi_change")
    assert ("revoked", at(START + 3 * DAY)) == (
        grant(anna).state.status, grant(anna).state.revoked_at,
    )  # fmt: skip


def test_e19_without_events_of_paid_invoices_the_last_charge_is_the_latest_period() -> None:
    """Their ids are random: the time decides."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.created()
    for number, invoice in ((1, "in_z"), (2, "in_a")):
        draft = someone.paid(number, START + (number - 1) * MONTH, amount=0)
        draft["type"] = "invoice.created"
        draft["data"]["object"].update(id=invoice, status="draft", payments={"data": []})
        someone.charged(number, START + (number - 1) * MONTH + 1)["data"]["object"].update(
            invoice=invoice
        )
    someone.refunded(1, START + MONTH + DAY)
    assert "active" == grant(someone).state.status
    someone.refunded(2, START + MONTH + DAY)
    assert "revoked" == grant(someone).state.status


def test_e21_an_inquiry_that_becomes_a_dispute_gives_back_the_time_of_the_dispute(
    anna: Subscriber,
) -> None:
    """Ten days of inquiry with access, five days of dispute without: five days are added."""
    anna.disputed(1, START + DAY, "warning_needs_response")
    anna.disputed(1, START + 10 * DAY)
    anna.disputed(1, START + 15 * DAY, "won")
    assert at(START + MONTH + 5 * DAY) == grant(anna).state.expires_at


def test_e21_no_time_is_lost_when_a_dispute_is_won_in_the_next_period(anna: Subscriber) -> None:
    """Ten days without access, five of each period, are added at the end."""
    anna.disputed(1, START + 25 * DAY)
    anna.updated(START + MONTH, period_start=START + MONTH, period_end=START + 2 * MONTH)
    anna.disputed(1, START + 35 * DAY, "won")
    assert at(START + 2 * MONTH + 10 * DAY) == grant(anna).state.expires_at


@pytest.mark.parametrize(
    ("ends", "last"),
    [(START + MONTH, START + MONTH + 10 * DAY), (START + 20 * DAY, START + 20 * DAY)],
)
def test_e21_the_time_lost_in_a_dispute_outlives_the_end_of_the_period(
    anna: Subscriber, ends: int, last: int
) -> None:
    """Not a cancellation at once, which ends the access (E17)."""
    anna.disputed(1, START + 5 * DAY)
    anna.disputed(1, START + 15 * DAY, "won")
    anna.deleted(ends)
    assert ("cancelled", at(last)) == (grant(anna).state.status, grant(anna).state.expires_at)


def test_an_item_with_the_quantity_zero_sells_nothing(anna: Subscriber) -> None:
    """Its access ends with the change; a subscription of such items alone is reported."""
    made = anna.updated(START + DAY)
    made["data"]["object"]["items"]["data"][0]["quantity"] = 0
    assert ("revoked", "plan_changed") == (grant(anna).state.status, grant(anna).state.reason)
    other = Subscriber(ANNA)
    other.created()["data"]["object"]["items"]["data"][0]["quantity"] = 0
    (outcome,) = folded(other, Policy()).outcomes.values()
    assert (EventStatus.IGNORED, "no offer for a subscription of no items") == (
        outcome.status, outcome.note,
    )  # fmt: skip
