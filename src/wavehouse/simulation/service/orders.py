"""Orders known by a followed link or by the thank-you page, without a promo code.

Each is written as the shop sends it to the API: the followed links with their UTM fields (AT06), or
the pixel that reported it. Some people also followed a link of an earlier campaign: then the last
link gets all of the last-touch credit, and each link its share of the linear credit (AT09).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from wavehouse.kernel.clock import start_of_day
from wavehouse.simulation.types import Campaign, Settings

_ZERO = Decimal("0.00")
_LATEST = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Order:
    """One order: the links that led to it and when, or the pixel that reported it."""

    order_id: str
    occurred_at: datetime
    value: Decimal
    clicks: tuple[tuple[datetime, str], ...] = ()
    pixel: str = ""

    def document(self) -> dict[str, Any]:
        """The body for ``POST /api/v1/conversions``; ``pixel`` names the campaign of the pixel."""
        fields: dict[str, Any] = {
            "order_id": self.order_id,
            "occurred_at": self.occurred_at.isoformat(),
            "conversion_type": "purchase",
            "conversion_value": str(self.value),
            "currency": "EUR",
        }
        if self.pixel:
            return {**fields, "pixel": self.pixel}
        clicks = [
            {"at": at.isoformat(), "utm_source": "podcast", "utm_campaign": key}
            for at, key in self.clicks
        ]
        return {**fields, "clicks": clicks}


@dataclass(slots=True)
class Web:
    """The orders of all campaigns, and the truth about them."""

    orders: list[Order] = field(default_factory=list)

    def truth(self) -> dict[str, Any]:
        """Orders by signal, and the cents that each model credits to each campaign."""
        last: Counter[str] = Counter()
        linear: Counter[str] = Counter()
        for order in self.orders:
            keys = [key for _, key in order.clicks] or [order.pixel]
            cents = int(order.value * 100)
            last[keys[-1]] += cents
            for key in keys:
                linear[key] += cents // len(keys)
        return {
            "utm": sum(bool(order.clicks) for order in self.orders),
            "pixel": sum(bool(order.pixel) for order in self.orders),
            "last_touch_cents": dict(sorted(last.items())),
            "linear_cents": dict(sorted(linear.items())),
        }


def web_orders(settings: Settings, campaigns: tuple[Campaign, ...]) -> Web:
    """Every such order of the period, in time order."""
    web = Web([*_orders(Random(f"{settings.seed}/web"), settings, campaigns)])
    web.orders.sort(key=lambda order: (order.occurred_at, order.order_id))
    return web


def _orders(dice: Random, settings: Settings, campaigns: tuple[Campaign, ...]) -> Iterator[Order]:
    for campaign in campaigns:
        last = min(campaign.end, settings.until)
        if not campaign.orders:
            continue
        for number in range(1 + campaign.orders // 10):
            at = _moment(dice, campaign.start, last)
            yield Order(
                f"link-{campaign.key}-{number}",
                _after(dice, at, settings),
                _value(dice, campaign),
                ((at, campaign.key),),
            )
        for number in range(1 + campaign.orders // 20):
            at = _moment(dice, campaign.start, last)
            yield Order(
                f"page-{campaign.key}-{number}", at, _value(dice, campaign), pixel=campaign.key
            )
        for before in campaigns:
            days = (campaign.start - before.end).days
            if before.orders and before.sponsor == campaign.sponsor and 0 < days < 5:
                yield from _twice(dice, settings, before, campaign, last)


def _twice(
    dice: Random, settings: Settings, before: Campaign, campaign: Campaign, last: date
) -> Iterator[Order]:
    """People who followed a link of both campaigns, within 30 days of the order (AT03)."""
    for number in range(1 + before.orders // 8):
        days = timedelta(days=4)
        first = _moment(dice, max(before.start, before.end - days), before.end)
        second = _moment(dice, campaign.start, min(last, campaign.start + days))
        yield Order(
            f"both-{campaign.key}-{number}",
            _after(dice, second, settings),
            _value(dice, campaign),
            ((first, before.key), (second, campaign.key)),
        )


def _moment(dice: Random, first: date, last: date) -> datetime:
    seconds = ((last - first).days + 1) * 86_400
    return start_of_day(first) + timedelta(seconds=int(dice.random() * (seconds - 1)))


def _after(dice: Random, at: datetime, settings: Settings) -> datetime:
    """Between a second and some days later, within the period."""
    end = start_of_day(settings.until) + timedelta(seconds=86_399)
    return at + timedelta(seconds=1 + int(dice.random() * min(_LATEST, end - at).total_seconds()))


def _value(dice: Random, campaign: Campaign) -> Decimal:
    """An even number of cents, so that two links can share it without a remainder."""
    cents = int(campaign.basket * 100 * Decimal(round(0.7 + 0.6 * dice.random(), 3)))
    return (_ZERO + Decimal(cents // 2 * 2) / 100).quantize(Decimal("0.01"))
