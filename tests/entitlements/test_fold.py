"""The fold: the state of a set of events, independent of their order (E7-E22)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from tests.entitlements.provider import DAY, MONTH, OTHER_PRICE, PRICE, START, Subscriber

from wavehouse.entitlements.rules import reading
from wavehouse.entitlements.rules.access import holds
from wavehouse.entitlements.rules.facts import facts_of
from wavehouse.entitlements.rules.folding import fold
from wavehouse.entitlements.types import (
    DuringDispute,
    EventStatus,
    Fact,
    Folded,
    Grant,
    Offer,
    OrderRefund,
    Policy,
)

ANNA = "0192a000-0000-7000-8000-000000000001"
OFFERS = (
    Offer(PRICE, "feed", "plus"),
    Offer(OTHER_PRICE, "feed", "basic"),
    Offer("pass", "feed", "plus", days=30),
    Offer("album", "album", "blue"),
)
MICROSECOND = timedelta(microseconds=1)


def facts(events: list[dict[str, Any]]) -> list[Fact]:
    read = []
    for content in events:
        created = reading.instant(content["created"])
        assert created is not None
        fact = facts_of(content["id"], content["type"], created, content["data"])
        assert fact is not None
        read.append(Fact.of_json(fact.event_id, fact.type, fact.as_json()))
    return read


def folded(someone: Subscriber, policy: Policy | None = None) -> Folded:
    return fold(facts(someone.events), offers=OFFERS, policy=policy or Policy())


def grant(someone: Subscriber, policy: Policy | None = None, resource: str = "plus") -> Grant:
    (found,) = [g for g in folded(someone, policy).grants if g.key.resource == resource]
    return found


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def has_access(found: Grant, moment: datetime) -> bool:
    state = found.state
    return holds(state.status, state.starts_at, state.expires_at, moment)


@pytest.fixture
def anna() -> Subscriber:
    """A customer whose subscription has begun and is paid."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.created()
    someone.paid(1, START + 2)
    someone.charged(1, START + 1)
    return someone


def stories() -> dict[str, Subscriber]:
    """Subscribers with all kinds of events, by name."""
    result = {}
    for name in ("short", "grace", "refund", "dispute", "ties", "change", "order", "long"):
        result[name] = someone = Subscriber(ANNA)
        someone.known()
        someone.created()
    result["short"].deleted(START + DAY)
    result["short"].updated(START + DAY - 5, status="active")
    result["grace"].updated(START + MONTH, status="past_due")
    result["grace"].updated(START + MONTH + DAY, status="active", period_end=START + 2 * MONTH)
    result["grace"].updated(START + 2 * MONTH, status="past_due")
    result["refund"].paid(1, START)
    result["refund"].charged(1, START)
    result["refund"].refunded(1, START + DAY)
    result["dispute"].charged(1, START)
    result["dispute"].disputed(1, START + DAY)
    result["dispute"].disputed(1, START + 3 * DAY, "won")
    for status in ("past_due", "active", "past_due", "unpaid"):
        result["ties"].updated(START + MONTH, status=status)
    result["change"].updated(START + DAY, prices=(PRICE, OTHER_PRICE))
    result["change"].updated(START + 2 * DAY, prices=(OTHER_PRICE,))
    result["order"].bought(START, offer="pass,album")
    result["order"].charged(0, START + 1, amount=990, refunded=400, kind="refunded")
    long = result["long"]
    for number in range(1, 8):
        end = START + number * MONTH
        long.paid(number, end - MONTH + 3)
        long.charged(number, end - MONTH + 2)
        long.updated(end, period_start=end, period_end=end + MONTH)
    long.refunded(3, START + 4 * MONTH)
    long.disputed(6, START + 6 * MONTH + DAY)
    long.disputed(6, START + 6 * MONTH + 2 * DAY, "lost")
    return result


@pytest.mark.parametrize("name", list(stories()))
def test_e8_every_order_and_every_repetition_comes_to_the_same(name: str) -> None:
    """All orders of up to six events, and 500 random ones of more, each with random copies."""
    events = facts(stories()[name].events)
    wanted = fold(events, offers=OFFERS, policy=Policy())
    chance = random.Random(name)
    if len(events) <= 6:
        orders = [list(order) for order in permutations(events)]
    else:
        orders = [chance.sample(events, len(events)) for _ in range(500)]
    for order in orders:
        copies = chance.choices(events, k=chance.randrange(4))
        assert wanted == fold([*order, *copies], offers=OFFERS, policy=Policy())
    print(f"{name}: {len(events)} events, {len(orders)} orders, the same each time")
    assert wanted.grants
    assert wanted.movements or name in {"short", "grace", "ties", "change"}


@pytest.mark.harness
def test_e8_ten_thousand_orders_come_to_the_same() -> None:
    """1,200 random orders of each set, and all of sets of up to six events, with copies."""
    chance, total = random.Random(21), 0
    for name, someone in stories().items():
        events = facts(someone.events)
        wanted = fold(events, offers=OFFERS, policy=Policy())
        orders = [chance.sample(events, len(events)) for _ in range(1_200)]
        if len(events) <= 6:
            orders += [list(order) for order in permutations(events)]
        for order in orders:
            for copy in chance.choices(events, k=chance.randrange(6)):
                order.insert(chance.randrange(len(order) + 1), copy)
            assert wanted == fold(order, offers=OFFERS, policy=Policy())
        print(f"{name}: {len(events)} events, {len(orders):,} orders, the same each time")
        total += len(orders)
    print(f"{total:,} orders, with repetitions: one result for each set")
    assert total >= 10_000


def test_e7_ties_follow_the_chain_of_previous_values(anna: Subscriber) -> None:
    """Of four changes in one second, the last is the one whose values no other continues."""
    for number, status in enumerate(("past_due", "active", "past_due", "unpaid")):
        made = anna.updated(START + MONTH, status=status)
        made["id"] = f"evt_{9 - number}"

    assert "suspended" == grant(anna).state.status
    assert "unpaid" == grant(anna).state.reason
    assert ["grace", "active", "grace", "suspended"] == [
        change.after.status for change in grant(anna).history[1:]
    ]


def test_e9_nothing_revives_a_deleted_subscription(anna: Subscriber) -> None:
    """Neither an older update that arrives later nor a newer one."""
    anna.deleted(START + DAY)
    anna.updated(START + DAY - 60, status="active")
    anna.updated(START + 2 * DAY, status="active", period_end=START + 9 * MONTH)

    assert ("cancelled", at(START + DAY)) == (
        grant(anna).state.status, grant(anna).state.expires_at,
    )  # fmt: skip


def test_e10_what_has_no_parent_waits_and_is_folded_with_it() -> None:
    """An invoice before its subscription, a subscription before its customer's listener."""
    someone = Subscriber(ANNA)
    someone.paid(1, START + 2)
    assert {"evt_1_001": (EventStatus.PENDING_PARENT, "sub_1")} == {
        name: (o.status, o.parent) for name, o in folded(someone).outcomes.items()
    }
    someone.created()
    assert {"cus_1"} == {outcome.parent for outcome in folded(someone).outcomes.values()}
    assert () == folded(someone).grants
    someone.known()
    assert {EventStatus.APPLIED} == {o.status for o in folded(someone).outcomes.values()}
    assert "active" == grant(someone).state.status


def test_e13_e14_a_renewal_has_neither_gap_nor_overlap(anna: Subscriber) -> None:
    """One grant: there is access a microsecond before, at and after the boundary."""
    boundary = at(START + MONTH)
    assert [True, False] == [
        has_access(grant(anna), moment) for moment in (boundary - MICROSECOND, boundary)
    ]
    anna.updated(START + MONTH, period_start=START + MONTH, period_end=START + 2 * MONTH)
    after = grant(anna)
    assert [True, True, True] == [
        has_access(after, boundary + shift) for shift in (-MICROSECOND, timedelta(), MICROSECOND)
    ]
    assert "renewed" == after.history[-1].reason
    assert [False, True] == [
        has_access(after, at(START) + shift) for shift in (-MICROSECOND, timedelta())
    ]


def test_e15_a_cancellation_keeps_access_until_the_end_and_can_be_withdrawn(
    anna: Subscriber,
) -> None:
    """The reason is cancelled, not revoked."""
    anna.updated(START + DAY, cancel_at_period_end=True)
    state = grant(anna).state
    assert ("cancelled", "cancelled", None) == (state.status, state.reason, state.revoked_at)
    assert has_access(grant(anna), at(START + MONTH) - MICROSECOND)
    anna.updated(START + 2 * DAY, cancel_at_period_end=False)
    assert "active" == grant(anna).state.status
    assert "cancellation withdrawn" == grant(anna).history[-1].reason


@pytest.mark.parametrize(("days", "length"), [(7, 7), (0, 0), (30, 30)])
def test_e16_grace_begins_with_the_first_failure(anna: Subscriber, days: int, length: int) -> None:
    """A second failure in the same episode does not extend it; the policy sets the days."""
    anna.updated(START + MONTH, status="past_due", period_end=START + 2 * MONTH)
    anna.updated(START + MONTH + 3 * DAY, status="past_due")
    found = grant(anna, Policy(grace_days=days))
    end = at(START + MONTH + length * DAY)
    assert ("grace", end) == (found.state.status, found.state.expires_at)
    assert [days > 0, False] == [has_access(found, end - MICROSECOND) and days > 0,
                                 has_access(found, end)]  # fmt: skip


def test_e16_an_episode_has_one_start_and_ends_with_a_payment(anna: Subscriber) -> None:
    """After a recovery, a new failure starts a new episode."""
    anna.updated(START + MONTH, status="past_due")
    (first,) = folded(anna).episodes
    assert (at(START + MONTH), None) == (first.since, first.recovered_at)
    anna.updated(START + MONTH + DAY, status="active")
    assert () == folded(anna).episodes
    anna.updated(START + 2 * MONTH, status="past_due")
    (second,) = folded(anna).episodes
    assert (at(START + 2 * MONTH), at(START + MONTH + DAY)) == (second.since, second.recovered_at)


def test_e17_grace_does_not_outlive_a_cancellation_a_refund_or_a_dispute(
    anna: Subscriber,
) -> None:
    """During grace, each of them ends access."""
    anna.updated(START + MONTH, status="past_due", period_end=START + 2 * MONTH)
    anna.deleted(START + MONTH + DAY)
    assert at(START + MONTH + DAY) == grant(anna).state.expires_at
    anna.refunded(1, START + MONTH + 2 * DAY)
    assert "refunded" == grant(anna).state.reason


def test_e17_a_late_end_after_dunning_restores_nothing(anna: Subscriber) -> None:
    """The provider gave up on day 14; access had ended on day 7."""
    anna.updated(START + MONTH, status="past_due", period_end=START + 2 * MONTH)
    anna.deleted(START + MONTH + 14 * DAY)
    assert at(START + MONTH + 7 * DAY) == grant(anna).state.expires_at


@pytest.mark.parametrize(("unpaid", "status"), [("suspend", "suspended"), ("keep", "active")])
def test_e18_unpaid_is_the_policys(anna: Subscriber, unpaid: str, status: str) -> None:
    """The default policy gives no access."""
    anna.updated(START + DAY, status="unpaid")
    assert status == grant(anna, Policy(unpaid=DuringDispute(unpaid))).state.status
    assert "suspended" == grant(anna).state.status


def test_e19_only_the_refund_of_the_latest_period_revokes(anna: Subscriber) -> None:
    """An older refund changes nothing; a payment after the refund gives access again."""
    anna.updated(START + MONTH, period_start=START + MONTH, period_end=START + 2 * MONTH)
    anna.paid(2, START + MONTH + 1)
    anna.charged(2, START + MONTH + 1)
    anna.refunded(1, START + MONTH + DAY)
    assert "active" == grant(anna).state.status
    anna.refunded(2, START + MONTH + 2 * DAY)
    state = grant(anna).state
    assert ("revoked", "refunded", at(START + MONTH + 2 * DAY)) == (
        state.status, state.reason, state.revoked_at,
    )  # fmt: skip
    anna.paid(3, START + 2 * MONTH)
    assert "active" == grant(anna).state.status


@pytest.mark.parametrize(
    ("policy", "status", "ends"),
    [
        (OrderRefund.REVOKE, "revoked", START + 30 * DAY),
        (OrderRefund.KEEP, "active", START + 30 * DAY),
        (OrderRefund.KEEP_UNTIL, "cancelled", START + 6 * DAY),
    ],
)
def test_e19_the_refund_of_an_order_is_the_policys(
    policy: OrderRefund, status: str, ends: int
) -> None:
    """Revoked, kept, or kept for some days after the refund."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.bought(START, offer="pass")
    someone.charged(0, START + DAY, amount=990, refunded=990, kind="refunded")
    state = grant(someone, Policy(order_refund=policy, refund_keep_days=5)).state
    assert (status, at(ends)) == (state.status, state.expires_at)


def test_e20_a_partial_refund_revokes_only_what_it_names(anna: Subscriber) -> None:
    """Refunding half of the payment changes nothing; naming an item ends that item."""
    anna.updated(START + 10, prices=(PRICE, OTHER_PRICE))
    anna.refunded(1, START + DAY, amount=100)
    assert {"active"} == {g.state.status for g in folded(anna).grants}
    anna.refunded(1, START + 2 * DAY, amount=100, offer=OTHER_PRICE, name="2")
    assert {"plus": "active", "basic": "revoked"} == {
        g.key.resource: str(g.state.status) for g in folded(anna).grants
    }


def test_e20_two_partial_refunds_may_be_a_full_one_and_a_failed_one_counts_not(
    anna: Subscriber,
) -> None:
    """300 and 190 of 490 are a full refund; failed refunds are not added."""
    anna.refunded(1, START + DAY, amount=300)
    anna.refunded(1, START + DAY, amount=190, name="2", status="failed")
    assert "active" == grant(anna).state.status
    anna.refunded(1, START + 2 * DAY, amount=190, name="3")
    assert "revoked" == grant(anna).state.status


def test_e21_a_dispute_suspends_and_winning_it_gives_the_lost_time_back(
    anna: Subscriber,
) -> None:
    """After two days in dispute the end moves by two days. An inquiry changes nothing."""
    anna.disputed(1, START + DAY, "warning_needs_response")
    assert "active" == grant(anna).state.status
    anna.disputed(1, START + 2 * DAY)
    assert "suspended" == grant(anna).state.status
    assert "active" == grant(anna, Policy(dispute=DuringDispute.KEEP)).state.status


@pytest.mark.parametrize("ending", ["won", "lost", "prevented"])
def test_e21_a_dispute_ends_as_the_bank_decides(anna: Subscriber, ending: str) -> None:
    """Won: restored with the lost time added; lost, or prevented by a refund: revoked."""
    anna.disputed(1, START + DAY)
    anna.disputed(1, START + 3 * DAY, ending)
    state = grant(anna).state
    if ending == "won":
        assert ("active", at(START + MONTH + 2 * DAY)) == (state.status, state.expires_at)
        assert "restored" == grant(anna).history[-1].reason
    else:
        assert ("revoked", "dispute_lost") == (state.status, state.reason)
        anna.updated(START + 4 * DAY, status="active")
        assert "revoked" == grant(anna).state.status


def test_e22_a_plan_change_grants_before_it_revokes(anna: Subscriber) -> None:
    """At every time in the history there is access to at least one of them."""
    anna.updated(START + DAY, prices=(OTHER_PRICE,))
    new, old = folded(anna).grants
    assert [("basic", "active"), ("plus", "revoked")] == [
        (g.key.resource, str(g.state.status)) for g in (new, old)
    ]
    assert old.state.revoked_at == new.state.starts_at == at(START + DAY)
    assert "plan_changed" == old.state.reason


def test_money_is_exact_and_counted_once(anna: Subscriber) -> None:
    """Charge, payment and invoice report the same payment; a refund has one amount."""
    anna.charged(1, START + DAY, refunded=120, kind="refunded")
    anna.refunded(1, START + DAY, amount=100)
    amounts = {m.reference: m.amount for m in folded(anna).movements}
    assert {
        "payment:pi_1_1": Decimal("4.90"),
        "refund:of pi_1_1": Decimal("-0.20"),
        "refund:re_1_1_1": Decimal("-1.00"),
    } == amounts


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("eur", "9.90"),
        ("jpy", "990"),
        ("kwd", "0.990"),
        ("clf", "0.0990"),
        ("uyw", "0.0990"),
        ("isk", "9.90"),
        ("ugx", "9.90"),
        ("mga", "990"),
    ],
)
def test_money_has_the_decimals_of_its_currency(currency: str, amount: str) -> None:
    """990 in minor units is 9.90 EUR, 990 JPY, 0.0990 CLF; ISK and UGX as the provider has them."""
    someone = Subscriber(ANNA)
    someone.known()
    someone.bought(START, offer="album", currency=currency)
    (movement,) = folded(someone).movements
    assert (amount, currency.upper()) == (str(movement.amount), movement.currency)


def test_the_owner_is_named_by_the_customer_or_by_what_was_bought(anna: Subscriber) -> None:
    """The subscription's metadata takes precedence over the customer's."""
    assert UUID(ANNA) == grant(anna).key.listener_id
    other = ANNA.replace("1", "2")
    anna.events[1]["data"]["object"]["metadata"] = {"listener_id": other}
    assert UUID(other) == grant(anna).key.listener_id


def test_a_price_that_nobody_offers_is_reported_not_guessed() -> None:
    """The event is ignored, and its note names the price."""
    someone = Subscriber(ANNA, prices=("price_unknown",))
    someone.known()
    someone.created()
    outcome = folded(someone).outcomes["evt_1_002"]
    assert EventStatus.IGNORED is outcome.status
    assert "no offer for price_unknown" in str(outcome.note)
