"""``truth.json``: the expected results of a correct counter, matcher and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from wavehouse.simulation.rules.scenes import SCENES
from wavehouse.simulation.service.conversions import FREE, Shop
from wavehouse.simulation.service.orders import Web
from wavehouse.simulation.service.tally import Tally

VERSION = 1


def truth(tally: Tally, shop: Shop, web: Web) -> dict[str, Any]:
    """All entries as plain JSON values."""
    settings = tally.settings
    days = [str(settings.first_day + timedelta(days=n)) for n in range(settings.days)]
    return {
        "version": VERSION,
        "seed": settings.seed,
        "people": settings.people,
        "days": settings.days,
        "from": days[0],
        "until": days[-1],
        "format": settings.format,
        "lines": tally.lines,
        "downloads": {
            "total": sum(tally.by_day),
            "by_day": dict(zip(days, tally.by_day, strict=True)),
            "by_episode": _largest_first(tally.by_episode),
            "by_app": _largest_first(tally.by_app),
            "by_country": _largest_first(tally.by_country),
        },
        "listeners": {
            "by_day": dict(zip(days, tally.listeners_by_day, strict=True)),
            "last_28_days": len(tally.audience),
        },
        "estimates": {
            "total": tally.estimates.total(),
            "by_episode": _largest_first(tally.estimates),
        },
        "filtered": _largest_first(tally.filtered),
        "flagged": _largest_first(tally.flagged),
        "outcomes": _largest_first(tally.outcomes),
        "conversions": {
            "total": shop.by_campaign.total(),
            "by_campaign": dict(shop.by_campaign),
            "unmatched": shop.unmatched,
            "duplicates": shop.duplicates,
            "refunds": shop.refunds,
            "rows": len(shop.rows),
        },
        "revenue": {
            "total": str(sum(shop.revenue.values(), FREE)),
            "currency": "EUR",
            "by_campaign": _amounts(shop.revenue),
        },
        "web": web.truth(),
        "impressions": {"by_campaign": dict(tally.impressions)},
        "rules": {rule: tally.by_episode[f"sim-{rule}"] for rule in SCENES},
        "hours": {"R41": dict(sorted(tally.hours.get("R41", Counter()).items()))},
    }


def _largest_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {key: str(amount) for key, amount in amounts.items()}
