"""Prices: exact text, versions, imported maps (U1, U2)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.usage.conftest import LONG_AGO, Spender

from wavehouse import usage
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.usage import Unit
from wavehouse.usage.adapters import shipped_prices
from wavehouse.usage.rules.pricing import bound_of, cost_of
from wavehouse.usage.types import Price


def _price(unit: Unit, price: str) -> Price:
    return Price(unit, "standard", Decimal(price), "EUR", LONG_AGO, 1, "test")


PRICES = {
    Unit.INPUT: _price(Unit.INPUT, "0.001"),
    Unit.OUTPUT: _price(Unit.OUTPUT, "0.002"),
    Unit.CACHE_WRITE: _price(Unit.CACHE_WRITE, "0.00125"),
    Unit.CACHE_READ: _price(Unit.CACHE_READ, "0.0001"),
}


def _imported(spender: Spender, folder: Path, text: str, **more: object) -> object:
    path = folder / "prices.json"
    path.write_text(text)
    return spender.operator(usage.import_prices, path=path, **more)


def test_u1_a_unit_without_a_price_of_its_own_costs_what_it_falls_back_to() -> None:
    """Reasoning tokens cost as much as output tokens; cached ones have a price here."""
    cost = cost_of({Unit.REASONING: Decimal(10), Unit.CACHE_READ: Decimal(10)}, PRICES)

    assert (Decimal("0.021"), True) == (cost.total, cost.priced)


def test_u4_the_bound_takes_the_dearest_price_that_a_token_can_have() -> None:
    """An input token may be written to the cache, which costs more."""
    assert Decimal("0.0125") == bound_of({Unit.INPUT: Decimal(10)}, PRICES).total


@pytest.mark.parametrize("price", ["-0.1", "0,1", "abc", "", "Infinity", 0.1])
def test_u2_a_price_that_is_no_exact_amount_is_refused(spender: Spender, price: object) -> None:
    """Negative, a float, not a number."""
    with pytest.raises(InvalidInput, match="price"):
        spender.operator(
            usage.add_price, model="writer", unit=Unit.INPUT, price=price, currency="EUR"
        )


def test_u1_a_price_from_the_same_moment_is_the_next_revision(spender: Spender) -> None:
    """The same price again is a conflict; an unknown model is named."""
    more = {"model": "writer", "unit": Unit.OUTPUT, "currency": "EUR", "effective_from": LONG_AGO}

    assert 2 == spender.operator(usage.add_price, price="0.002", **more)
    with pytest.raises(Conflict):
        spender.operator(usage.add_price, price="0.002", **more)
    with pytest.raises(NotFound):
        spender.operator(usage.add_price, price="1", **{**more, "model": "none"})
    assert Decimal(2) == spender.reserve().amount


def test_u2_a_map_of_floats_is_imported_by_its_decimal_text(
    spender: Spender, tmp_path: Path
) -> None:
    """1.5e-07 is 0.00000015; unusable entries are reported with a reason."""
    text = """{"sample_spec": {}, "gpt-x": {"litellm_provider": "openai", "mode": "chat",
      "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6E-7, "max_input_tokens": 1000},
      "painter": {"litellm_provider": "openai", "mode": "image_generation"},
      "silent": {"litellm_provider": "openai", "mode": "chat"}}"""

    done = _imported(spender, tmp_path, text)

    assert {"painter", "silent"} == set(done.skipped)  # type: ignore[attr-defined]
    prices = spender.act(usage.list_prices, model="gpt-x")
    assert [("input", "0.000000150000", "USD"), ("output", "0.000000600000", "USD")] == [
        (row.unit, f"{row.price:f}", row.currency) for row in prices
    ]


def test_u2_a_rate_converts_exactly_and_is_written_down(spender: Spender, tmp_path: Path) -> None:
    """A list in dollars, stored in euros."""
    text = json.dumps({"a/b": {"mode": "chat", "input_cost_per_token": "0.0000015"}})

    _imported(spender, tmp_path, text, currency="EUR", rate="0.92")

    (row,) = spender.act(usage.list_prices, model="b")
    assert (Decimal("0.00000138"), "EUR") == (row.price, row.currency)
    assert row.source.endswith("1 USD = 0.92 EUR") or "0.92" in row.source


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ('{"a": {"mode": "chat", "input_cost_per_token": -1e-7}}', "negative"),
        ('{"a": {"mode": "chat", "input_cost_per_token": NaN}}', "not a finite number"),
        ('{"a": {"mode": "chat", "input_cost_per_token": true}}', "not a number"),
        ('{"a": {"mode": "chat", "input_cost_per_token": "dear"}}', "not a decimal number"),
    ],
)
def test_a_map_with_an_impossible_price_is_refused_whole(
    spender: Spender, tmp_path: Path, text: str, sentence: str
) -> None:
    """Nothing of it is stored."""
    with pytest.raises(InvalidInput, match=sentence):
        _imported(spender, tmp_path, text)


def test_prices_in_another_currency_need_a_rate(spender: Spender) -> None:
    """Dollars are not silently treated as euros."""
    with pytest.raises(InvalidInput, match="the list is in USD; prices in EUR need a rate"):
        spender.operator(usage.import_prices, path=shipped_prices(), currency="EUR")


def test_the_list_that_is_shipped_is_imported_once(spender: Spender) -> None:
    """A second import adds nothing."""
    first = spender.operator(usage.import_prices, path=shipped_prices())
    again = spender.operator(usage.import_prices, path=shipped_prices())

    assert (9, 0, 0) == (first.models, again.models, again.prices)
    assert first.prices == again.unchanged
