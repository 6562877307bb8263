"""Validation of a sponsor and a campaign before they are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.money import decimals, places
from wavehouse.sponsorship.rules.codes import normalised
from wavehouse.sponsorship.types import CURRENCIES, NewCampaign, NewPlacement, NewSponsor

LARGEST_VALUE = Decimal("999999999999")
"""The largest amount in any currency: a fee in rupiah or rial has twelve digits at most."""
_LONGEST_GRACE = 365
_LAST_SLOT = 99


def checked_sponsor(sponsor: NewSponsor) -> NewSponsor:
    """The sponsor with its texts cleaned. Raises InvalidInput when it is invalid."""
    sponsor = replace(
        sponsor,
        name=words.line(sponsor.name),
        **{
            field: words.line(getattr(sponsor, field) or "") or None
            for field in ("company", "email", "website", "industry")
        },
    )
    _name("sponsor", sponsor.name)
    for field in ("company", "email", "industry"):
        text = getattr(sponsor, field)
        if text is not None and len(text) > (100 if field == "industry" else 255):
            raise InvalidInput(f"the sponsor's {field} is too long")
    website = sponsor.website
    if website is not None and not website.lower().startswith(("https://", "http://")):
        raise InvalidInput("the sponsor's website must start with https://")
    return sponsor


def check_campaign(campaign: NewCampaign) -> None:
    """Raise InvalidInput, with one sentence, for the first invalid value."""
    _name("campaign", campaign.name)
    if campaign.end_date < campaign.start_date:
        raise InvalidInput("the campaign's end date is before its start date")
    if not campaign.campaign_value.is_finite() or not campaign.margin.is_finite():
        raise InvalidInput("the campaign's value and margin must be decimal numbers")
    if campaign.currency not in CURRENCIES:
        raise InvalidInput("the campaign's currency is not a known ISO 4217 code like EUR")
    _value(campaign.campaign_value, campaign.currency)
    if not 0 <= campaign.margin <= 1 or places(campaign.margin) > 4:
        raise InvalidInput("the margin must be between 0 and 1, with at most four decimals")
    if campaign.guaranteed_impressions is not None and campaign.guaranteed_impressions <= 0:
        raise InvalidInput("guaranteed impressions must be a positive number, or omitted")
    if not 0 <= campaign.grace_days <= _LONGEST_GRACE:
        raise InvalidInput(f"the grace period must be 0 to {_LONGEST_GRACE} days")
    for code in campaign.promo_codes:
        if not normalised(code) or len(code) > 255 or not code.strip().isprintable():
            raise InvalidInput("a promo code must be 1 to 255 printable characters")


def check_placements(placements: Iterable[NewPlacement]) -> None:
    """Raise InvalidInput for an invalid slot, or one that two placements share."""
    seen = set()
    for placement in placements:
        if not 0 <= placement.slot <= _LAST_SLOT:
            raise InvalidInput(f"the slot of a placement must be 0 to {_LAST_SLOT}")
        if placement.guaranteed_impressions is not None and placement.guaranteed_impressions <= 0:
            raise InvalidInput("guaranteed impressions must be a positive number, or omitted")
        if (placement.episode_id, placement.slot) in seen:
            raise InvalidInput(f"two placements are in slot {placement.slot} of one episode")
        seen.add((placement.episode_id, placement.slot))


def _name(what: str, text: str) -> None:
    if not words.line(text) or len(text) > 255:
        raise InvalidInput(f"the {what}'s name must be 1 to 255 characters")


def check_decimals(amount: Decimal, currency: str) -> None:
    """Raise InvalidInput for an amount with more decimals than its currency has."""
    most = decimals(currency)
    if places(amount) > most:
        kept = f"at most {most} decimals" if most else "no decimals"
        raise InvalidInput(
            f"amounts in {currency} have {kept}: write {round(amount, most):f}, not {amount:f}"
        )


def _value(amount: Decimal, currency: str) -> None:
    if not 0 <= amount <= LARGEST_VALUE:
        raise InvalidInput(f"the campaign's value must be 0 to {LARGEST_VALUE:,}, not {amount:,}")
    check_decimals(amount, currency)
