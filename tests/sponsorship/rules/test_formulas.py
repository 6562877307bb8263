from decimal import Decimal

import pytest

from wavehouse.sponsorship.rules import formulas

FEE, REVENUE = Decimal("4515.00"), Decimal("18240.00")


def test_at21_roi_is_net_return_divided_by_the_fee() -> None:
    """(18,240 − 4,515) ÷ 4,515 = 3.04, as in the report that was asked for."""
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
    """Never 0, never infinite: None, which a report prints as a dash."""
    assert undefined is None
