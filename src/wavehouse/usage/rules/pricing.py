"""The cost of usage: each unit at its price; an upper bound before the call (U1, U4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from wavehouse.usage.rules.amounts import rounded
from wavehouse.usage.types import Cost, Line, Price, Unit

FALLBACKS = {
    Unit.CACHE_READ: Unit.INPUT,
    Unit.CACHE_WRITE: Unit.INPUT,
    Unit.REASONING: Unit.OUTPUT,
}
"""Units that fall back to another unit's price."""
_DEAREST = {
    Unit.INPUT: (Unit.INPUT, Unit.CACHE_READ, Unit.CACHE_WRITE),
    Unit.OUTPUT: (Unit.OUTPUT, Unit.REASONING),
}
"""A reserved token may be any of these: the bound uses the highest price."""


def prices_of(rows: Iterable[Mapping[str, Any]]) -> dict[Unit, Price]:
    """The prices by unit, from the database's JSON (amounts are text there)."""
    prices = {}
    for row in rows:
        prices[Unit(row["unit"])] = Price(
            unit=row["unit"],
            tier=row["tier"],
            price=Decimal(row["price"]),
            currency=row["currency"],
            effective_from=datetime.fromisoformat(row["effective_from"]),
            revision=int(row["revision"]),
            source=row["source"],
        )
    return prices


def price_for(unit: Unit, prices: Mapping[Unit, Price]) -> Price | None:
    """The price of a unit, or of its fallback unit, or None."""
    own = prices.get(unit)
    if own is not None:
        return own
    fallback = FALLBACKS.get(unit)
    return None if fallback is None else prices.get(fallback)


def cost_of(quantities: Mapping[Unit, Decimal], prices: Mapping[Unit, Price]) -> Cost:
    """The exact cost, line by line; one ``request`` always counts, free unless it has a price.

    A unit without a price costs nothing here and makes the result not ``priced``.
    """
    counted = {unit: number for unit, number in quantities.items() if number}
    counted.setdefault(Unit.REQUEST, Decimal(1))
    lines, priced = [], True
    for unit in sorted(counted):
        price = price_for(unit, prices)
        if price is None:
            priced = priced and unit == Unit.REQUEST
            lines.append(Line(unit, counted[unit], Decimal(0)))
            continue
        cost = rounded(counted[unit] * price.price)
        lines.append(
            Line(unit, counted[unit], cost, price.price, price.effective_from, price.revision)
        )
    if not prices:
        priced = False
    return Cost(tuple(lines), sum((line.cost for line in lines), Decimal(0)), priced)


def bound_of(quantities: Mapping[Unit, Decimal], prices: Mapping[Unit, Price]) -> Cost:
    """An upper bound for a call: these quantities, each token at its highest price (U4)."""
    dearest = dict(prices)
    for unit, alternatives in _DEAREST.items():
        candidates = [prices[each] for each in alternatives if each in prices]
        if unit in prices:
            dearest[unit] = max(candidates, key=lambda price: price.price)
    return cost_of(quantities, dearest)


def as_json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The lines in stored form: amounts are decimal text."""
    return [
        {
            "unit": line.unit.value,
            "quantity": f"{line.quantity:f}",
            "cost": f"{line.cost:f}",
            "price": None if line.price is None else f"{line.price:f}",
            "effective_from": line.effective_from and line.effective_from.isoformat(),
            "revision": line.revision,
        }
        for line in lines
    ]


def quantities_of(lines: Iterable[Mapping[str, Any]]) -> dict[Unit, Decimal]:
    """The quantities of stored lines."""
    return {Unit(line["unit"]): Decimal(line["quantity"]) for line in lines}


def change(old: Iterable[Mapping[str, Any]], new: Cost) -> tuple[Line, ...]:
    """The lines of an adjustment: new cost minus old cost by unit; quantities stay (U9)."""
    before: dict[Unit, Decimal] = {}
    for stored in old:
        unit = Unit(stored["unit"])
        before[unit] = before.get(unit, Decimal(0)) + Decimal(stored["cost"])
    lines = []
    for line in new.lines:
        difference = line.cost - before.get(line.unit, Decimal(0))
        if difference:
            lines.append(
                Line(
                    line.unit,
                    Decimal(0),
                    difference,
                    line.price,
                    line.effective_from,
                    line.revision,
                )
            )
    return tuple(lines)
