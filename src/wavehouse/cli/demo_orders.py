"""The sample's orders without a code, sent like a shop's server and pages would."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from wavehouse import sponsorship
from wavehouse.sponsorship import CampaignCard
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Workspace


def send_orders(tx: Tx[Operational], workspace: Workspace, folder: Path) -> None:
    """Send every order in ``orders.jsonl``; orders by a page twice, as after a reload (AT02)."""
    cards = _cards(tx, workspace, folder)
    orders = [json.loads(line) for line in (folder / "orders.jsonl").read_text().splitlines()]
    pixels = {
        key: sponsorship.add_pixel(
            tx,
            identity=workspace.identity,
            card=cards[key],
            name=f"Thank you: {cards[key].name}",
            conversion_type=sponsorship.ConversionType.PURCHASE,
            origins=(),
        )
        for key in sorted({order["pixel"] for order in orders if "pixel" in order})
    }
    for order in orders:
        pixel = pixels.get(order.get("pixel", ""))
        conversion = sponsorship.ConversionInput(
            occurred_at=datetime.fromisoformat(order["occurred_at"]),
            promo_code="",
            conversion_type=sponsorship.ConversionType(order["conversion_type"]),
            value=Decimal(order["conversion_value"]),
            currency=order["currency"],
            order_id=order["order_id"],
            clicks=tuple(map(_click, order.get("clicks", ()))),
            pixel=sponsorship.PixelSeen(pixel.pixel_id, pixel.campaign_id) if pixel else None,
        )
        for _ in range(2 if pixel else 1):
            sponsorship.record_conversion(
                tx,
                identity=workspace.identity,
                conversion=conversion,
                source_name="demo",
                source="pixel" if pixel else "api",
            )


def credited(workspace: Workspace, first: date, last: date) -> dict[str, float]:
    """The total credit of each model, which is the same sum (AT10)."""
    sums: dict[str, Decimal] = {}
    for total in _totals(workspace, first, last):
        sums[total.model] = sums.get(total.model, Decimal(0)) + total.amount
    return {model: float(amount) for model, amount in sums.items()}


def against_truth(
    workspace: Workspace, folder: Path, truth: dict[str, Any], first: date, last: date
) -> dict[str, dict[str, int]]:
    """Compare orders by pixel (AT02) and by link (AT06), and the models' cents (AT09)."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        keys = {card.campaign_id: key for key, card in _cards(tx, workspace, folder).items()}
    totals = [t for t in _totals(workspace, first, last) if t.method in ("utm", "pixel")]
    by_last, by_linear = truth["last_touch_cents"], truth["linear_cents"]
    most = max(by_linear, key=lambda key: by_linear[key] - by_last.get(key, 0), default="")

    def orders(method: str) -> int:
        matching = (t for t in totals if (t.model, t.method) == ("last_touch", method))
        return int(sum(t.conversions for t in matching))

    linear = sum(
        int(t.amount * 100) for t in totals if t.model == "linear" and keys[t.campaign_id] == most
    )
    return {
        "AT02": {"expected": truth["pixel"], "counted": orders("pixel")},
        "AT06": {"expected": truth["utm"], "counted": orders("utm")},
        "AT09": {"expected": by_linear.get(most, 0), "counted": linear},
    }


def _totals(workspace: Workspace, first: date, last: date) -> list[sponsorship.CreditTotal]:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sponsorship.credit_totals(tx, identity=workspace.identity, first=first, last=last)


def _cards(tx: Tx[Operational], workspace: Workspace, folder: Path) -> dict[str, CampaignCard]:
    """The sample's campaigns by the keys in its files."""
    document = json.loads((folder / "campaigns.json").read_text(encoding="utf-8"))
    keys = {campaign["name"]: campaign["key"] for campaign in document["campaigns"]}
    cards = sponsorship.list_campaigns(tx, identity=workspace.identity)
    return {keys[card.name]: card for card in cards if card.name in keys}


def _click(document: dict[str, str]) -> sponsorship.Click:
    fields = {name: value for name, value in document.items() if name != "at"}
    return sponsorship.Click(datetime.fromisoformat(document["at"]), fields)
