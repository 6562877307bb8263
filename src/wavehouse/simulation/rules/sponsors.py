"""The sponsors' campaigns: show, flight, fee and code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from wavehouse.simulation.types import Campaign, Settings, Show


@dataclass(frozen=True, slots=True)
class _Plan:
    """A campaign before dates are known; ``flight`` is in hundredths of the period.

    Fees are 18 to 30 € per thousand guaranteed downloads, and well under 1 % of listeners order. A
    flight beyond 100 continues after the simulated period.
    """

    key: str
    show: int
    sponsor: str
    industry: str
    name: str
    status: str
    flight: tuple[int, int]
    value: str
    code: str
    orders: int
    revenue: int
    guaranteed: int


_PLANS = (
    _Plan("nordlys-autumn", 0, "Nordlys Audio", "Consumer electronics", "Autumn host-read",
          "active", (35, 125), "225.00", "NORD15", 38, 1_682, 9_000),
    _Plan("mirto-midroll", 0, "Caffè Mirto", "Food and drink", "Mid-roll, newest episodes",
          "active", (45, 115), "165.00", "MIRTO10", 31, 915, 7_500),
    _Plan("viaggi-lento26", 0, "Viaggi Lenti", "Travel", "Promo code LENTO26",
          "completed", (5, 70), "224.00", "LENTO26", 22, 1_320, 8_000),
    _Plan("lima-bench", 1, "Lima Tools", "Retail", "Bench talk",
          "completed", (0, 60), "100.00", "BENCH20", 14, 586, 5_000),
    _Plan("tisana-night", 2, "Tisana Blu", "Food and drink", "Good night, pre-roll",
          "active", (20, 110), "72.00", "NOTTE", 12, 252, 4_000),
    _Plan("carta-pause", 1, "Carta & Filo", "Stationery", "Spring letters",
          "paused", (40, 90), "72.00", "FILO5", 0, 0, 3_000),
    _Plan("nordlys-winter", 0, "Nordlys Audio", "Consumer electronics", "Winter headphones",
          "draft", (98, 125), "300.00", "NORDWINTER", 0, 0, 10_000),
    _Plan("nordlys-launch", 0, "Nordlys Audio", "Consumer electronics", "Launch of the Fjord 2",
          "completed", (0, 33), "100.00", "FJORD2", 12, 540, 4_000),
)  # fmt: skip
_FULL_SIZE = 2000 * 60
_MARGIN = Decimal("0.4000")


def campaigns(settings: Settings, shows: tuple[Show, ...]) -> tuple[Campaign, ...]:
    """The campaigns on the existing shows; few orders when there are few listeners."""
    size = min(1.0, settings.people * settings.days / _FULL_SIZE)
    return tuple(_campaign(p, settings, shows[p.show], size) for p in _PLANS if p.show < len(shows))


def _campaign(plan: _Plan, settings: Settings, show: Show, size: float) -> Campaign:
    start = min(_day(settings, plan.flight[0]), settings.until - timedelta(days=1))
    end = max(_day(settings, plan.flight[1]) - timedelta(days=1), start + timedelta(days=1))
    # A read stays in an episode, so episodes of the two weeks before also carry it.
    carrying = tuple(
        episode.guid
        for episode in show.episodes
        if start - timedelta(days=14) <= episode.published.date() <= end
    )
    host = "".join(c for c in plan.sponsor.lower() if c.isascii() and c.isalnum())
    return Campaign(
        key=plan.key,
        sponsor={
            "name": plan.sponsor,
            "company": f"{plan.sponsor} S.r.l.",
            "email": f"media@{host}.example",
            "website": f"https://{host}.example/",
            "industry": plan.industry,
        },
        podcast_guid=show.guid,
        name=plan.name,
        status=plan.status,
        start=start,
        end=end,
        value=Decimal(plan.value),
        margin=_MARGIN,
        guaranteed_impressions=plan.guaranteed,
        episode_guids=carrying,
        code=plan.code,
        orders=max(6, round(plan.orders * size)) if plan.orders else 0,
        basket=Decimal(plan.revenue) / plan.orders if plan.orders else Decimal(0),
    )


def _day(settings: Settings, hundredths: int) -> date:
    return settings.first_day + timedelta(days=settings.days * hundredths // 100)


def campaign_file(all_campaigns: tuple[Campaign, ...]) -> dict[str, Any]:
    """The input of ``wavehouse campaigns import``."""
    return {"version": 1, "campaigns": [_entry(c) for c in all_campaigns]}


def _entry(c: Campaign) -> dict[str, Any]:
    return {
        "key": c.key,
        "sponsor": c.sponsor,
        "podcast_guid": c.podcast_guid,
        "name": c.name,
        "status": c.status,
        "start_date": c.start.isoformat(),
        "end_date": c.end.isoformat(),
        "campaign_value": str(c.value),
        "currency": "EUR",
        "margin": str(c.margin),
        "grace_days": c.grace_days,
        "guaranteed_impressions": c.guaranteed_impressions,
        "episode_guids": list(c.episode_guids),
        "promo_codes": [c.code],
        "attribution_config": {
            "method": "promo_code",
            "promo_code": c.code,
            "utm_source": "podcast",
            "utm_campaign": c.key,
        },
    }
