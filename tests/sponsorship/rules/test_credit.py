from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.ids import CampaignId, SponsorId
from wavehouse.sponsorship.rules import credit
from wavehouse.sponsorship.types import (
    AttributionMethod,
    ConversionInput,
    ConversionType,
    CreditModel,
    Touch,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SPONSOR = SponsorId(UUID(int=1))
ORDER = ConversionInput(NOON, "NORD15", ConversionType.PURCHASE, Decimal("49.90"), "EUR", "A-1001")

cents = st.decimals(min_value=-10_000, max_value=10_000, places=2)
touches = st.lists(
    st.builds(
        Touch,
        st.integers(1, 5).map(lambda n: CampaignId(UUID(int=n))),
        st.integers(0, 40).map(lambda n: NOON - timedelta(hours=n)),
        st.just(AttributionMethod.PROMO_CODE),
    ),
    min_size=1,
    max_size=6,
)


def test_at02_an_order_is_one_conversion_whatever_else_differs() -> None:
    """Sponsor and order id are the key: another value or code is the same order."""
    again = replace(ORDER, value=Decimal("12.00"), promo_code="OTHER", occurred_at=NOON)
    assert credit.order_reference(ORDER, SPONSOR) == credit.order_reference(again, SPONSOR)


def test_at02_orders_of_no_known_sponsor_are_told_apart_by_their_code() -> None:
    """Two unknown shops may both have an order 1."""
    other = replace(ORDER, promo_code="OTHER")
    assert "A-1001" == credit.order_reference(ORDER, SPONSOR)
    assert credit.order_reference(ORDER, None) != credit.order_reference(other, None)


def test_at02_a_refund_of_an_order_is_not_its_duplicate() -> None:
    """A negative row names the order that it refunds."""
    refund = replace(ORDER, value=Decimal("-49.90"), occurred_at=NOON + timedelta(days=2))
    assert credit.order_reference(ORDER, SPONSOR) != credit.order_reference(refund, SPONSOR)


def test_at02_a_refund_read_twice_is_one_and_two_part_refunds_are_two() -> None:
    """Time and value distinguish part refunds; the spelling of the value does not."""
    refund = replace(ORDER, value=Decimal("-10.00"))
    same = replace(refund, value=Decimal("-10.0"))
    second = replace(refund, occurred_at=NOON + timedelta(hours=1))
    assert credit.order_reference(refund, SPONSOR) == credit.order_reference(same, SPONSOR)
    assert credit.order_reference(refund, SPONSOR) != credit.order_reference(second, SPONSOR)


def test_at02_without_an_order_id_everything_known_is_the_key() -> None:
    """A sign-up has no order; the same row is one conversion, another minute is another."""
    signup = replace(ORDER, order_id=None, conversion_type=ConversionType.SIGNUP)
    later = replace(signup, occurred_at=NOON + timedelta(minutes=1))
    assert credit.order_reference(signup, SPONSOR) == credit.order_reference(
        replace(signup), SPONSOR
    )
    assert credit.order_reference(signup, SPONSOR) != credit.order_reference(later, SPONSOR)


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        (timedelta(0), False),
        (timedelta(microseconds=1), True),
        (timedelta(days=30), True),
        (timedelta(days=30, microseconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_at03_the_window_excludes_its_start_and_includes_its_end(
    before: timedelta, inside: bool
) -> None:
    """0 < conversion − touch ≤ 30 days; a conversion before its touch never."""
    assert inside == credit.within_window(NOON - before, NOON)


@given(touches, st.sampled_from(CreditModel))
def test_at09_weights_sum_to_one(found: list[Touch], model: CreditModel) -> None:
    """Every model credits each conversion exactly once."""
    assert 1 == sum(credit.weights(model, found))


def test_at09_last_touch_gives_all_to_the_latest_and_linear_the_same_to_each() -> None:
    """The odd cent of a linear split goes to the earlier touch."""
    early = Touch(CampaignId(UUID(int=1)), NOON - timedelta(days=3), AttributionMethod.PROMO_CODE)
    late = Touch(CampaignId(UUID(int=2)), NOON - timedelta(days=1), AttributionMethod.PROMO_CODE)
    last = credit.credits_for(Decimal("10.01"), "EUR", [early, late])
    linear = credit.credits_for(Decimal("10.01"), "EUR", [late, early], CreditModel.LINEAR)
    assert [(late.campaign_id, Decimal("10.01"))] == [(c.campaign_id, c.amount) for c in last]
    assert [Decimal("5.01"), Decimal("5.00")] == [c.amount for c in linear]


@given(cents, touches, st.sampled_from(CreditModel))
def test_at10_the_credits_of_a_conversion_sum_to_its_value(
    value: Decimal, found: list[Touch], model: CreditModel
) -> None:
    """No cent is lost or added, for refunds as for orders."""
    amounts = [c.amount for c in credit.credits_for(value, "EUR", found, model)]
    assert value == sum(amounts, Decimal(0))


@given(st.lists(st.tuples(cents, touches), max_size=15), st.sampled_from(CreditModel))
def test_at10_the_sums_of_the_campaigns_are_the_total(
    conversions: list[tuple[Decimal, list[Touch]]], model: CreditModel
) -> None:
    """Summed by campaign or in total, the difference is zero cents."""
    by_campaign: dict[CampaignId, Decimal] = {}
    for value, result in conversions:
        for c in credit.credits_for(value, "EUR", result, model):
            by_campaign[c.campaign_id] = by_campaign.get(c.campaign_id, Decimal(0)) + c.amount
    total = sum((value for value, _ in conversions), Decimal(0))
    assert total == sum(by_campaign.values(), Decimal(0))


@given(cents, touches, st.randoms(use_true_random=False), st.sampled_from(CreditModel))
def test_at10_the_order_of_the_evidence_does_not_matter(
    value: Decimal, found: list[Touch], random: object, model: CreditModel
) -> None:
    """Any order of the touches gives each campaign the same cents."""
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    left = credit.credits_for(value, "EUR", found, model)
    right = credit.credits_for(value, "EUR", shuffled, model)
    assert left == right


def test_at09_without_a_touch_nobody_is_credited() -> None:
    """An unmatched conversion credits no campaign."""
    assert [] == credit.credits_for(Decimal("10.00"), "EUR", [])
