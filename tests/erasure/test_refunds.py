"""Refunds of erased buyers' orders: the figures stay those of an order and its refunds (AT02).

The order stays without its id; a refund is matched with it by keyed hashes (decision 1507).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.erasing import dumped, erased

from wavehouse import erasure, sponsorship
from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.kernel.ids import PodcastId
from wavehouse.sponsorship.types import (
    CampaignStatus,
    ConversionInput,
    ConversionOutcome,
    ConversionType,
)
from wavehouse.workspace import Workspace

ORDER, OTHER = "order-7f3a9c", "order-of-berta"
PARTS = (("12.50", 1), ("-2.50", 2), ("-1.25", 3))
"""An order and two refunds: value and hour."""
DROPPED, DUPLICATE = ConversionOutcome.DROPPED, ConversionOutcome.DUPLICATE


def _sent(place: Workspace, order: str, value: str, hour: int) -> ConversionOutcome:
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    conversion = ConversionInput(
        occurred_at=day + timedelta(hours=hour),
        promo_code="SAVE10",
        conversion_type=ConversionType.PURCHASE,
        value=Decimal(value),
        currency="EUR",
        order_id=order,
    )
    with place.stores.operational.app(place.identity.organization_id) as tx:
        return sponsorship.record_conversion(
            tx, identity=place.identity, conversion=conversion, source_name="shop"
        ).outcome


def _campaign(place: Workspace) -> None:
    """From here on the code has a campaign; earlier conversions are credited to it."""
    organization = place.identity.organization_id
    with place.stores.operational.worker() as tx:
        podcast = tx.value(
            "INSERT INTO catalog.podcasts (organization_id, user_id, title, feed_url, podcast_guid)"
            " VALUES (%s, %s, 'Show', 'https://example.org/feed.xml', 'guid') RETURNING podcast_id",
            [organization, place.identity.user_id],
        )
    with place.stores.operational.app(organization) as tx:
        sponsor = sponsorship.add_sponsor(
            tx, identity=place.identity, sponsor=sponsorship.NewSponsor("Nordlys Audio")
        )
        campaign = sponsorship.NewCampaign(
            "Autumn",
            sponsor.sponsor_id,
            PodcastId(podcast),
            CampaignStatus.ACTIVE,
            clock.today() - timedelta(days=30),
            clock.today() + timedelta(days=30),
            Decimal(100),
            "EUR",
            Decimal(1),
            None,
            (),
            ("SAVE10",),
            {},
        )
        sponsorship.add_campaign(tx, identity=place.identity, campaign=campaign)


def _figures(place: Workspace) -> list[tuple[Any, ...]]:
    """Of the erased buyer and of the other one: the sum, the rows, the sums of credits."""
    with place.stores.operational.worker() as tx:
        return tx.tuples(
            "SELECT order_id LIKE %s, sum(conversion_value)::text, count(*),"
            " (SELECT array_agg(s ORDER BY s) FROM (SELECT sum(c.amount)::text AS s"
            "   FROM sponsorship.credits c"
            "   WHERE c.conversion_id = ANY (array_agg(v.conversion_id)) GROUP BY c.model) x)"
            " FROM sponsorship.conversions v GROUP BY 1 ORDER BY 1",
            [f"%{OTHER}%"],
        ).fetchall()


@pytest.mark.parametrize("campaign_at", [0, 2, 9])
@pytest.mark.parametrize("erased_after", [1, 2, 3])
def test_refunds_count_once_in_whatever_order_they_and_the_erasure_come(
    workspace: Workspace, erased_after: int, campaign_at: int
) -> None:
    """Erased after the order, between its refunds and after both; everything is sent twice.

    The sums, the number of rows and the credits by every model are those of a buyer with the same
    order and refunds who was not erased; the code got its campaign before, in between, or never.
    """
    for number, part in enumerate(PARTS):
        if number == campaign_at:
            _campaign(workspace)
        _sent(workspace, ORDER, *part)
        if number + 1 == erased_after:
            outcome = erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
            assert "completed" == outcome.request.status
    assert [DROPPED, DUPLICATE, DUPLICATE] == [_sent(workspace, ORDER, *part) for part in PARTS]
    for part in PARTS:
        _sent(workspace, OTHER, *part)
    mine, others = _figures(workspace)
    assert ("8.75", 3) == mine[1:3]
    assert mine[1:] == others[1:]
    assert (mine[3] is not None) is (campaign_at < 9)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        sponsorship.recredit(tx, identity=workspace.identity)
    assert [DUPLICATE] * 2 == [_sent(workspace, ORDER, *part) for part in PARTS[1:]]
    assert mine == _figures(workspace)[0]
    assert ORDER not in dumped(workspace)


def test_a_file_that_is_read_again_after_the_erasure_changes_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The order is dropped, its refund is known; a new refund in the file is added."""
    header = "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
    rows = [
        f"2026-11-10T1{hour}:00:00Z,SAVE10,purchase,{value},EUR,{ORDER}\n" for value, hour in PARTS
    ]
    file = tmp_path / "conversions.csv"

    def ingested(*lines: str) -> tuple[int, int, int, int]:
        file.write_text(header + "".join(lines))
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            done = sponsorship.ingest_conversions(tx, identity=workspace.identity, path=file)
        return done.read, done.dropped, done.duplicate, done.unmatched

    assert (2, 0, 0, 2) == ingested(*rows[:2])
    erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
    assert (3, 1, 1, 1) == ingested(*rows)
    assert (3, 1, 2, 0) == ingested(*rows)
    with workspace.stores.operational.worker() as tx:
        assert "8.75" == tx.value("SELECT sum(conversion_value)::text FROM sponsorship.conversions")
        late = tx.value("SELECT sum(late_arrivals) FROM governance.erasure_ledger")
    assert 6 == late


def test_a_refund_of_an_order_that_is_in_no_figure_is_dropped(workspace: Workspace) -> None:
    """The order was erased in the old way, by a random reference: its row cannot be known."""
    _sent(workspace, ORDER, *PARTS[0])
    erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE sponsorship.conversions SET order_id = 'erased:' || uuidv4()")
    assert DROPPED == _sent(workspace, ORDER, *PARTS[1])


def test_a_refund_while_the_erasure_has_stopped_before_the_orders(workspace: Workspace) -> None:
    """The ledger is written and the order still has its id: the refund is stored without it."""
    for part in PARTS[:2]:
        _sent(workspace, ORDER, *part)

    def stop(name: str) -> None:
        if name.endswith("conversions"):
            raise Conflict("stopped here")

    stores, identity = workspace.stores, workspace.identity
    key = erasure.file(
        stores, workspace.settings, identity=identity, wanted=Wanted(SubjectKind.BUYER, ORDER)
    ).request.erasure_request_id
    erasure.approve(stores, identity=identity, request_id=key, reason="asked")
    with pytest.raises(Conflict, match="stopped here"):
        erasure.run(stores, workspace.settings, identity=identity, request_id=key, on_step=stop)
    assert DUPLICATE == _sent(workspace, ORDER, *PARTS[1])
    assert ConversionOutcome.UNMATCHED == _sent(workspace, ORDER, *PARTS[2])
    erasure.run(stores, workspace.settings, identity=identity, request_id=key)
    assert [DUPLICATE] * 2 == [_sent(workspace, ORDER, *part) for part in PARTS[1:]]
    with workspace.stores.operational.worker() as tx:
        assert "8.75" == tx.value("SELECT sum(conversion_value)::text FROM sponsorship.conversions")
    assert ORDER not in dumped(workspace)


def test_the_reference_is_a_keyed_hash_of_this_installation_and_organization(
    workspace: Workspace,
) -> None:
    """Another secret, or another organization with the same order id, has another reference."""
    from wavehouse.store import keyed_references

    organization = workspace.identity.organization_id
    _sent(workspace, ORDER, *PARTS[0])
    erased(workspace, Wanted(SubjectKind.BUYER, ORDER))
    with workspace.stores.operational.worker() as tx:
        stored = tx.value("SELECT order_id FROM sponsorship.conversions")
        secret = tx.secret
    whole = f"save10\x1f{ORDER}"
    assert f"erased:{keyed_references(secret, [whole], organization)[whole]}" == stored
    assert keyed_references(f"{secret}x", [whole], organization)[whole] not in stored
    assert keyed_references(secret, [whole], None)[whole] not in stored
