from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.money import CurrencyMismatch, Money, allocate, ratio, rounded

cents = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 100)
weights = st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=12).filter(
    lambda ws: sum(ws) > 0
)


@given(cents, weights)
def test_at09_an_allocation_loses_no_cent(total: Decimal, parts: list[Decimal]) -> None:
    """The shares are whole cents and add up to the total, for any weights."""
    shares = allocate(total, parts)
    assert total == sum(shares)
    assert all(share == rounded(share) for share in shares)


@given(cents, weights)
def test_at09_no_share_is_a_cent_or_more_from_its_exact_value(
    total: Decimal, parts: list[Decimal]
) -> None:
    whole = sum(parts)
    for share, weight in zip(allocate(total, parts), parts, strict=True):
        assert abs(share - total * weight / whole) < Decimal("0.011")


def test_at22_a_ratio_over_zero_is_undefined() -> None:
    assert ratio(Decimal(5), Decimal(0)) is None
    assert Decimal("2.5") == ratio(5, 2)


def test_amounts_of_two_currencies_cannot_be_added() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


def test_rounding_is_half_even() -> None:
    assert Decimal("0.12") == rounded(Decimal("0.125"))
    assert Decimal("0.14") == rounded(Decimal("0.135"))


def test_weights_must_be_usable() -> None:
    for unusable in ([], [Decimal(0)], [Decimal(-1), Decimal(2)]):
        with pytest.raises(ValueError, match="weights"):
            allocate(Decimal(1), unusable)
