"""The credits of a conversion, to its currency's smallest unit (AT02, AT03, AT09, AT10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from wavehouse.kernel.ids import CampaignId, SponsorId
from wavehouse.kernel.money import allocate, places, smallest
from wavehouse.sponsorship.rules.codes import normalised
from wavehouse.sponsorship.types import ConversionInput, Credit, CreditModel, Evidence, Touch

WINDOW_DAYS = 30
_MICRO = Decimal("0.000001")
_REFUND = 4
"""Parts of a refund's reference: its order, the word, the moment, the money."""


def order_reference(conversion: ConversionInput, sponsor_id: SponsorId | None) -> str:
    """The identity of a conversion within its sponsor: its order id (AT02).

    A refund names its order, so its time and value are part of the identity: reading a file twice
    adds nothing, a second partial refund of one order does. Without an order id all known data is
    the identity. Without a sponsor the code replaces it. The parts are joined by a control
    character, which an order id cannot contain.
    """
    code = normalised(conversion.promo_code)
    moment = conversion.occurred_at.astimezone(UTC).isoformat()
    money = f"{conversion.value.normalize():f} {conversion.currency}"
    parts = [] if sponsor_id else [code]
    if conversion.order_id is None:
        parts += ["no order", code, conversion.conversion_type, moment, money]
        if conversion.pixel:  # two visitors may do the same at the same time
            parts += [str(conversion.pixel.pixel_id), conversion.pixel.visitor]
    elif conversion.is_refund:
        parts += [conversion.order_id, "refund", moment, money]
    else:
        parts += [conversion.order_id]
    return "\x1f".join(parts)


ERASED = "erased:"
"""What the reference of an order begins with whose buyer was erased; a keyed hash follows."""


def refund_forms(row: Evidence) -> tuple[list[str], list[str]]:
    """The references that a refund's order, and the refund itself, may be stored under.

    An order that was reported before its code had a sponsor has the code in its reference.
    """
    code = normalised(row.promo_code)
    parts = row.order_reference.split("\x1f")[-_REFUND:]
    with_code = [[code, *parts]]
    forms = with_code if row.sponsor_id is None else [parts, *with_code]
    return ["\x1f".join(f[: 1 - _REFUND]) for f in forms], ["\x1f".join(f) for f in forms]


def within_window(touched_at: datetime, converted_at: datetime, days: int = WINDOW_DAYS) -> bool:
    """True when 0 < converted − touched ≤ window; a conversion never precedes its touch (AT03)."""
    return timedelta(0) < converted_at - touched_at <= timedelta(days=days)


def weights(model: CreditModel, touches: Sequence[Touch]) -> list[Decimal]:
    """The weight of each touch, in input order; they sum to one (AT09).

    Equal instants are ordered by the campaign's id, so that the input order does not matter.
    """
    if not touches:
        return []
    if model is CreditModel.LINEAR:
        return allocate(Decimal(1), [Decimal(1)] * len(touches), _MICRO)
    chosen = max(
        range(len(touches)), key=lambda i: (touches[i].touched_at, touches[i].campaign_id.int, i)
    )
    return [Decimal(1) if i == chosen else Decimal(0) for i in range(len(touches))]


def credits_for(
    value: Decimal,
    currency: str,
    touches: Sequence[Touch],
    model: CreditModel = CreditModel.LAST,
) -> list[Credit]:
    """The credits of one conversion; they sum exactly to its value (AT09, AT10).

    Shares are multiples of the currency's smallest unit, or of the value's own last decimal when
    that is smaller. Without a touch there is no credit. A campaign has one credit, or none without
    weight.
    """
    ordered = sorted(touches, key=lambda t: (t.touched_at, t.campaign_id.int))
    shares = weights(model, ordered)
    if not shares:
        return []
    step = min(smallest(currency), Decimal(1).scaleb(-places(value)))
    amounts = allocate(value, shares, step)
    by_campaign: dict[CampaignId, Credit] = {}
    for touch, weight, amount in zip(ordered, shares, amounts, strict=True):
        before = by_campaign.get(touch.campaign_id)
        if before is not None:  # a campaign with two followed links gets both shares, in one row
            weight, amount = weight + before.weight, amount + before.amount
        if weight:
            by_campaign[touch.campaign_id] = Credit(touch.campaign_id, touch.method, weight, amount)
    return list(by_campaign.values())
