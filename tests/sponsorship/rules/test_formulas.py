from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.sponsorship.rules import formulas
from wavehouse.sponsorship.types import Campaign, CampaignStatus

FEE, REVENUE = Decimal("4515.00"), Decimal("18240.00")


def test_at21_roi_is_net_return_divided_by_the_fee() -> None:
    """(18,240 − 4,515) ÷ 4,515 = 3.04, as in the requested report."""
    assert Decimal("3.04") == round(formulas.roi(REVENUE, FEE) or Decimal(0), 2)


def test_at21_roi_takes_the_margin_off_revenue_before_the_fee() -> None:
    """(18,240 · 0.5 − 4,515) ÷ 4,515 = 1.02."""
    assert Decimal("1.02") == round(formulas.roi(REVENUE, FEE, Decimal("0.5")) or Decimal(0), 2)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("37.17", formulas.ecpm(FEE, 121_480)),
        ("37.17", formulas.cpm(FEE, 121_480)),
        ("10.96", formulas.cost_per_conversion(FEE, 412)),
        ("10.96", formulas.cpa(FEE, 412)),
        ("44.27", formulas.aov(REVENUE, 412)),
        ("4.04", formulas.roas(REVENUE, FEE)),
        ("1.04", formulas.pacing(121_480, 116_800)),
        ("3244.44", formulas.pace_per_day(116_800, 36)),
        ("13725.00", formulas.net_return(REVENUE, FEE)),
    ],
)
def test_at21_each_formula_gives_the_figure_worked_out_by_hand(
    expected: str, value: Decimal
) -> None:
    """The figures of the example report, each to two decimals."""
    assert Decimal(expected) == round(value, 2)


@pytest.mark.parametrize(
    "undefined",
    [
        formulas.cpm(FEE, 0),
        formulas.ecpm(FEE, 0),
        formulas.cost_per_conversion(FEE, 0),
        formulas.cpa(FEE, 0),
        formulas.aov(REVENUE, 0),
        formulas.conversion_rate(3, 0),
        formulas.roas(REVENUE, Decimal(0)),
        formulas.roi(REVENUE, Decimal(0)),
        formulas.pacing(10, 0),
        formulas.pacing(10, None),
        formulas.pace_per_day(None, 30),
    ],
)
def test_at22_over_zero_there_is_no_answer(undefined: Decimal | None) -> None:
    """Never 0 or infinite: None, which a report prints as a dash."""
    assert undefined is None


@given(
    st.decimals(0, 99_999_999, places=2),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.integers(1, 400),
    st.lists(st.integers(0, 399), max_size=6),
)
def test_at21_fees_of_consecutive_periods_add_up_to_the_whole_fee(
    value: Decimal, currency: str, days: int, cuts: list[int]
) -> None:
    """For any division of a flight into periods no cent is lost; days outside it are free."""
    start = date(2026, 1, 1)
    places = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    flight = replace(
        CAMPAIGN,
        campaign_value=round(value, min(places, 2)),
        currency=currency,
        start_date=start,
        end_date=start + timedelta(days=days - 1),
    )
    borders = sorted({0, days + 5, *(cut for cut in cuts if cut < days)})
    parts = [
        formulas.fee(flight, start + timedelta(days=a), start + timedelta(days=b - 1)).amount
        for a, b in pairwise(borders)
    ]
    assert flight.campaign_value == sum(parts)
    assert 0 == formulas.fee(flight, start - timedelta(days=9), start - timedelta(days=1)).amount


CAMPAIGN = Campaign(
    campaign_id=UUID(int=1),  # type: ignore[arg-type]
    sponsor_id=UUID(int=2),  # type: ignore[arg-type]
    podcast_id=UUID(int=3),  # type: ignore[arg-type]
    name="Autumn",
    status=CampaignStatus.ACTIVE,
    start_date=date(2026, 10, 21),
    end_date=date(2026, 11, 25),
    campaign_value=Decimal(4515),
    currency="EUR",
    margin=Decimal(1),
    guaranteed_impressions=116_800,
    episode_ids=(),
    promo_codes=(),
)
