"""Signals and their tiers (AT03, AT04, AT06), and money divided to the cent (AT09, AT10)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.ids import CampaignId, ConversionId, SponsorId
from wavehouse.sponsorship.rules import credit, signals
from wavehouse.sponsorship.types import (
    AttributionMethod,
    Click,
    ConversionInput,
    ConversionType,
    CreditModel,
    Evidence,
    Flight,
    PixelSeen,
)

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def flight(number: int, window: int = 30, live: bool = True, **utm: str) -> Flight:
    fields = {f"utm_{name}": value for name, value in utm.items()}
    return Flight(CampaignId(UUID(int=number)), SponsorId(UUID(int=9)), FIRST, LAST, live, fields,
                  window)  # fmt: skip


def known(*flights: Flight) -> dict[CampaignId, Flight]:
    return {flight.campaign_id: flight for flight in flights}


def click(hours: float = 1, **utm: str) -> Click:
    fields = {f"utm_{name}": value for name, value in utm.items()}
    return Click(NOON - timedelta(hours=hours), fields)


def told(**changes: object) -> ConversionInput:
    plain = ConversionInput(NOON, "", ConversionType.PURCHASE, Decimal("50.00"), "EUR", "A-1")
    return replace(plain, **changes)  # type: ignore[arg-type]


def evidence(claims: tuple[object, ...] = (), code: int | None = None) -> Evidence:
    return Evidence(
        ConversionId(UUID(int=77)), SponsorId(UUID(int=9)), "A-1", NOON, "purchase",
        Decimal("50.00"), "EUR", None if code is None else CampaignId(UUID(int=code)), "C", "A-1",
        claims,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"source": "Nordlys", "campaign": "AUTUMN"}, 2),
        ({"source": " nordlys ", "medium": "podcast"}, 1),
        ({"source": "nordlys", "campaign": "winter"}, 1),
        ({"source": "other"}, None),
        ({}, None),
    ],
)
def test_at06_a_link_is_matched_on_configured_fields_in_any_case(
    fields: dict[str, str], found: int | None
) -> None:
    """The campaign with more matching fields wins; one without fields never matches."""
    flights = known(
        flight(1, source="nordlys"), flight(2, source="nordlys", campaign="autumn"), flight(3)
    )
    got = signals.campaign_of(click(1, **fields), flights)
    assert found == (got.campaign_id.int if got else None)


def test_at06_the_last_link_counts_and_a_direct_visit_does_not_displace_it() -> None:
    """Last non-direct: a click without fields matches no campaign."""
    flights = known(flight(1, source="a"), flight(2, source="b"))
    clicks = (click(9, source="a"), click(5, source="b"), click(1))
    (claim,) = signals.claims_of(told(clicks=clicks), flights)
    touched = [touch.campaign_id for touch in claim.touches]
    assert ([UUID(int=1), UUID(int=2)], UUID(int=2)) == (touched, claim.campaign_id)


@pytest.mark.parametrize(
    ("days", "window", "inside"),
    [(7, 7, True), (7.001, 7, False), (8, 30, True), (0, 30, False), (-1, 30, False)],
)
def test_at03_a_link_is_believed_for_its_window(days: float, window: int, inside: bool) -> None:
    """0 < conversion − click ≤ W, including W; a click after the conversion never counts."""
    flights = known(flight(1, window, source="a"))
    (claim,) = signals.claims_of(told(clicks=(click(days * 24, source="a"),)), flights)
    assert inside == bool(claim.touches)


def test_at04_every_signal_is_kept_and_one_tier_counts() -> None:
    """For any order of precedence the first tier with a campaign counts; all are kept."""
    flights = known(flight(1), flight(2, source="a"), flight(4))
    seen = PixelSeen(UUID(int=5), CampaignId(UUID(int=4)))
    claims = signals.claims_of(
        told(campaign_id=CampaignId(UUID(int=1)), clicks=(click(source="a"),), pixel=seen), flights
    )
    row = evidence(claims, code=3)
    owner = {"direct": 1, "utm": 2, "promo_code": 3, "pixel": 4}
    assert {"direct", "utm", "pixel"} == {claim.method for claim in claims}
    for order in itertools.permutations(owner):
        chosen = signals.touches(row, [AttributionMethod(name) for name in order])
        assert [owner[order[0]]] == [touch.campaign_id.int for touch in chosen]
    assert 1 == signals.touches(row, signals.PRECEDENCE)[0].campaign_id.int


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_at04_a_signal_out_of_season_leaves_the_tier_to_the_next(day: date) -> None:
    """It is kept without a campaign; so is one for a cancelled or unknown campaign."""
    at = datetime.combine(day, datetime.min.time(), UTC)
    claims = signals.claims_of(
        told(occurred_at=at, campaign_id=CampaignId(UUID(int=1))), known(flight(1))
    )
    off = signals.claims_of(told(campaign_id=CampaignId(UUID(int=1))), known(flight(1, live=False)))
    gone = signals.claims_of(told(campaign_id=CampaignId(UUID(int=8))), known(flight(1)))
    for result in (claims, off, gone):
        assert ((), 1) == (result[0].touches, len(result))
        assert 3 == signals.touches(evidence(result, code=3), signals.PRECEDENCE)[0].campaign_id.int


def test_stored_evidence_is_understood_as_it_was() -> None:
    """The stored fields of a signal are enough to match it again, also to other campaigns."""
    first, then = known(flight(1, source="a")), known(flight(2, source="a"))
    (claim,) = signals.claims_of(told(clicks=(click(source="A"),)), first)
    again = signals.matched(claim.method, claim.detail, NOON, first)
    moved = signals.matched(claim.method, claim.detail, NOON, then)
    assert claim == again
    assert 2 == moved.touches[0].campaign_id.int


cents = st.decimals(min_value=-99_999, max_value=99_999, places=2)
paths = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 200)), min_size=1, max_size=12)


@given(st.lists(st.tuples(cents, paths), max_size=15))
def test_at10_both_models_share_the_same_money_to_the_cent(
    orders: list[tuple[Decimal, list[tuple[int, int]]]],
) -> None:
    """For any conversions and links before them: per order, per campaign and in total."""
    flights = known(*(flight(n, source=str(n)) for n in range(1, 7)))
    sums = dict.fromkeys(CreditModel, Decimal(0))
    for value, path in orders:
        clicks = tuple(click(hours, source=str(number)) for number, hours in path)
        row = replace(evidence(signals.claims_of(told(clicks=clicks), flights)), value=value)
        for model in CreditModel:
            shares = credit.credits_for(
                value, "EUR", signals.touches(row, signals.PRECEDENCE), model
            )
            campaigns = [share.campaign_id for share in shares]
            assert (value, Decimal(1)) == (
                sum((s.amount for s in shares), Decimal(0)),
                sum((s.weight for s in shares), Decimal(0)),
            )
            assert len(set(campaigns)) == len(campaigns)
            sums[model] += sum((s.amount for s in shares), Decimal(0))
    assert len(set(sums.values())) <= 1
