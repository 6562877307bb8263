"""Orders of listeners: rows as exported by a shop, and the result of a correct matcher.

Codes are written as people type them (AT05), the shop sends some orders twice (AT02), some are
refunded, some codes were never issued, and some orders are before their campaign or after its
grace.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from wavehouse.kernel.clock import start_of_day
from wavehouse.kernel.money import rounded
from wavehouse.simulation.types import Campaign, Settings

HEAD = ("occurred_at", "promo_code", "conversion_type", "conversion_value", "currency", "order_id")
FREE = Decimal("0.00")
_THOUSANDTH = Decimal("0.001")
_STRANGERS = ("SAVE10", "NORDIC15", "LENTO", "WELCOME", "MIRTO 1O")
_FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}


class Row(NamedTuple):
    """One line of conversions.csv."""

    occurred_at: datetime
    promo_code: str
    conversion_type: str
    conversion_value: Decimal
    order_id: str

    def cells(self) -> tuple[str, ...]:
        """The cells as text, in the order of ``HEAD``."""
        when = self.occurred_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        value = str(self.conversion_value)
        return (when, self.promo_code, self.conversion_type, value, "EUR", self.order_id)


@dataclass(slots=True)
class Shop:
    """The rows so far, and the truth about them."""

    dice: Random
    settings: Settings
    rows: list[Row] = field(default_factory=list)
    by_campaign: Counter[str] = field(default_factory=Counter)
    revenue: dict[str, Decimal] = field(default_factory=dict)
    unmatched: int = 0
    duplicates: int = 0
    refunds: int = 0

    def sell(self, campaign: Campaign) -> None:
        """Add every order of a campaign.

        Numbers start at 10001 in every shop: AT02 is per sponsor.
        """
        self.revenue[campaign.key] = FREE
        self.by_campaign[campaign.key] = 0
        for number in range(10_001, 10_001 + campaign.orders):
            self._order(campaign, f"{number}")
        if campaign.orders:
            day = timedelta(days=1)
            self._outside(campaign, "early", self.settings.first_day, campaign.start - day)
            self._outside(campaign, "late", campaign.last_redemption + day, self.settings.until)

    def _outside(self, campaign: Campaign, word: str, first: date, last: date) -> None:
        """Orders with a campaign's code before its flight, or after its grace."""
        if first > last:
            return
        for number in range(1 + campaign.orders // 50):
            when = self._moment(first, last)
            self._add(when, campaign.code, "purchase", Decimal("25.00"), f"{word}-{number}")
            self.unmatched += 1

    def strangers(self, count: int) -> None:
        """Orders with codes that do not belong to a campaign."""
        for number in range(count):
            when = self._moment(self.settings.first_day, self.settings.until)
            code = self.dice.choice(_STRANGERS)
            self._add(when, code, "purchase", Decimal("19.90"), f"{code[:3]}-{number}")
            self.unmatched += 1

    def _order(self, campaign: Campaign, order_id: str) -> None:
        last = min(campaign.last_redemption, self.settings.until)
        in_grace = self.dice.random() < 0.05 and campaign.end < last
        first = campaign.end + timedelta(days=1) if in_grace else campaign.start
        when = self._moment(first, last if in_grace else min(campaign.end, last))
        chance = self.dice.random()
        kind = "purchase" if chance < 0.9 else "signup" if chance < 0.96 else "trial"
        spread = Decimal(round(0.7 + 0.88 * self.dice.random(), 3)).quantize(_THOUSANDTH)
        value = rounded(campaign.basket * spread) if kind == "purchase" else FREE
        self._add(when, self._typed(campaign.code), kind, value, order_id)
        self.by_campaign[campaign.key] += 1
        self.revenue[campaign.key] += value
        if self.dice.random() < 0.04:
            again = self._later(when, campaign, minutes=3)
            self._add(again, self._typed(campaign.code), kind, value, order_id)
            self.duplicates += 1
        if kind == "purchase" and self.dice.random() < 0.025:
            # A refund names its order, and does not repeat it.
            back = self._later(when, campaign, minutes=2 * 1440)
            self._add(back, campaign.code, kind, -value, order_id)
            self.revenue[campaign.key] -= value
            self.refunds += 1

    def _typed(self, code: str) -> str:
        """AT05: trim, NFKC and casefold map all of these to one code."""
        chance = self.dice.random()
        if chance < 0.5:
            return code
        if chance < 0.7:
            return code.lower()
        if chance < 0.82:
            return f" {code} "
        if chance < 0.94:
            return f"{code.capitalize()} "
        return code.translate(_FULL_WIDTH)

    def _moment(self, first: date, last: date) -> datetime:
        seconds = ((last - first).days + 1) * 86_400
        return start_of_day(first) + timedelta(seconds=int(self.dice.random() * seconds))

    def _later(self, when: datetime, campaign: Campaign, *, minutes: int) -> datetime:
        """Some time later, but within the code's validity and the period."""
        last = min(campaign.last_redemption, self.settings.until)
        end = start_of_day(last) + timedelta(seconds=86_399)
        return min(when + timedelta(minutes=minutes), end)

    def _add(self, when: datetime, code: str, kind: str, value: Decimal, order: str) -> None:
        self.rows.append(Row(when, code, kind, value, order))


def conversions(settings: Settings, campaigns: tuple[Campaign, ...]) -> Shop:
    """Every conversion of the period, in time order."""
    shop = Shop(Random(f"{settings.seed}/conversions"), settings)
    for campaign in campaigns:
        shop.sell(campaign)
    shop.strangers(3 + len(shop.rows) // 40)
    shop.rows.sort()
    return shop
