"""Pixels and landings, as sponsors' pages load them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from wavehouse import sponsorship
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.sponsorship.http import pixels_router
from wavehouse.sponsorship.types import ConversionType, Pixel
from wavehouse.workspace import Workspace

Files = Callable[..., Path]
SESSION = "0123456789abcdef0123456789abcdef"


def act(workspace: Workspace, do: Callable[..., Any], **told: Any) -> Any:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return do(tx, identity=workspace.identity, **told)


def rows(workspace: Workspace, statement: Any) -> list[Any]:
    with workspace.stores.operational.worker() as tx:
        return tx.connection.execute(statement).fetchall()


def made(workspace: Workspace, **changes: Any) -> Pixel:
    card = act(workspace, sponsorship.find_campaign, wanted="Autumn host-read")
    fields = {
        "name": "Thanks",
        "conversion_type": ConversionType.PURCHASE,
        "origins": [],
        **changes,
    }
    pixel: Pixel = act(workspace, sponsorship.add_pixel, card=card, **fields)
    return pixel


@pytest.fixture
def shop(workspace: Workspace, campaigns_file: Files) -> Iterator[TestClient]:
    """The routes for pages, with a campaign whose links carry utm_source=nordlys."""
    config = {"method": "utm", "utm_source": "Nordlys"}
    act(
        workspace, sponsorship.import_campaigns,
        path=campaigns_file(attribution_config=config, end_date="2026-12-19"),
    )  # fmt: skip
    app = FastAPI()
    app.include_router(pixels_router(workspace.stores.operational, workspace.settings))
    with TestClient(app, client=("203.0.113.9", 1234)) as client:
        yield client


def credited(workspace: Workspace) -> list[tuple[str, str, Decimal]]:
    return rows(
        workspace,
        "SELECT method, model, sum(amount) FROM sponsorship.credits GROUP BY 1, 2 ORDER BY 1, 2",
    )


def test_at02_a_page_that_is_loaded_again_tells_its_order_once(
    workspace: Workspace, shop: TestClient
) -> None:
    """201, then 200; the picture is the same; money and order are as sent."""
    key = made(workspace).public_key
    fields = {"order_id": "A-1", "value": "49.90", "currency": "EUR"}
    answers = [shop.get(f"/p/{key}.gif", params=fields) for _ in range(3)]

    assert [201, 200, 200] == [a.status_code for a in answers]
    assert {b"GIF89a"} == {a.content[:6] for a in answers}
    assert "cross-origin" == answers[0].headers["cross-origin-resource-policy"]
    assert [
        ("pixel", "last_touch", Decimal("49.90")), ("pixel", "linear", Decimal("49.90"))
    ] == credited(workspace)  # fmt: skip


def test_at02_without_an_order_the_same_visitor_tells_once_in_half_an_hour(
    workspace: Workspace, shop: TestClient
) -> None:
    """Another visitor, another kind or another half hour is another conversion."""
    key = made(workspace, conversion_type=ConversionType.SIGNUP).public_key
    start, agents = clock.now(), ("Firefox/1", "Firefox/1", "Safari/2")
    for agent in agents:
        shop.get(f"/p/{key}.gif", headers={"user-agent": agent})
    shop.get(f"/p/{key}.gif?type=trial", headers={"user-agent": agents[0]})
    for minutes in (29, 31, 59):
        with clock.frozen(start + timedelta(minutes=minutes)):
            shop.get(f"/p/{key}.gif", headers={"user-agent": agents[0]})

    assert [("signup", 3), ("trial", 1)] == rows(
        workspace,
        "SELECT conversion_type, count(*) FROM sponsorship.conversions GROUP BY 1 ORDER BY 1",
    )


def test_at06_a_followed_link_counts_before_the_page_that_was_seen(
    workspace: Workspace, shop: TestClient
) -> None:
    """The landing is stored; the order is joined to it by the page's random id."""
    key = made(workspace).public_key
    landed = shop.get(f"/p/{key}/landing.gif", params={"utm_source": "NORDLYS", "sid": SESSION})
    other = shop.get(f"/p/{key}/landing.gif", params={"utm_source": "x", "sid": SESSION})
    with clock.frozen(clock.now() + timedelta(days=3)):
        shop.get(f"/p/{key}.gif", params={"order_id": "A-1", "value": "20", "sid": SESSION})

    assert (201, 200) == (landed.status_code, other.status_code)
    assert ["utm", "utm"] == [method for method, *_ in credited(workspace)]
    assert [("pixel",), ("utm",)] == rows(
        workspace, "SELECT method FROM sponsorship.attribution_evidence ORDER BY 1"
    )


def test_at04_an_order_that_is_told_again_by_file_learns_its_code(
    workspace: Workspace, shop: TestClient, conversions_file: Files
) -> None:
    """Pixel first, the shop's list later: one conversion, two signals, the stronger one counts."""
    key = made(workspace).public_key
    shop.get(f"/p/{key}.gif", params={"order_id": "A-1", "value": "20.00", "currency": "EUR"})
    path = conversions_file("2026-11-20T09:00:00Z,NORD15,purchase,20.00,EUR,A-1")
    done = [act(workspace, sponsorship.ingest_conversions, path=path) for _ in range(2)]

    assert [1, 1] == [item.duplicate for item in done]
    assert [(1,)] == rows(workspace, "SELECT count(*) FROM sponsorship.conversions")
    assert {"promo_code"} == {method for method, *_ in credited(workspace)}
    act(
        workspace, sponsorship.recredit,
        precedence=[sponsorship.AttributionMethod.PIXEL, sponsorship.AttributionMethod.PROMO_CODE],
    )  # fmt: skip
    assert {"pixel"} == {method for method, *_ in credited(workspace)}


def test_no_address_is_stored_of_who_loads_a_page(workspace: Workspace, shop: TestClient) -> None:
    """Only keys under the month's secret are stored."""
    key = made(workspace).public_key
    shop.get(f"/p/{key}.gif", params={"order_id": "A-1"}, headers={"user-agent": "Secret/7"})
    shop.get(f"/p/{key}/landing.gif", params={"utm_source": "nordlys", "sid": SESSION})
    everything = (
        str(rows(workspace, "SELECT c::text FROM sponsorship.conversions c"))
        + str(rows(workspace, "SELECT e::text FROM sponsorship.attribution_evidence e"))
        + str(rows(workspace, "SELECT e::text FROM sponsorship.attribution_events e"))
    )

    assert [] == [word for word in ("203.0.113", "Secret/7") if word in everything]
    assert [(True, True)] == rows(
        workspace, "SELECT network_key > 0, network_key_prev > 0 FROM sponsorship.conversions"
    )


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ({"value": "a lot"}, 422, "conversion_value is not a decimal amount"),
        ({"value": "-5.00"}, 422, "refunds come by file or API"),
        ({"currency": "XYZ"}, 422, "currency is not a known"),
        ({"type": "party"}, 422, "conversion_type is not one of"),
        ({"order_id": "x" * 300}, 422, "order_id is longer than"),
    ],
)
def test_what_a_page_tells_wrongly_is_a_status_and_nothing_stored(
    workspace: Workspace, shop: TestClient, query: dict[str, str], status: int, why: str
) -> None:
    """The picture is still returned, so that the shop's page does not look broken."""
    answer = shop.get(f"/p/{made(workspace).public_key}.gif", params={"order_id": "A-1", **query})

    assert (status, b"GIF89a") == (answer.status_code, answer.content[:6])
    assert why in answer.headers["x-wavehouse"]
    assert [(0,)] == rows(workspace, "SELECT count(*) FROM sponsorship.conversions")


def test_only_the_pages_that_were_named_are_heard(workspace: Workspace, shop: TestClient) -> None:
    """By Origin or Referer; a retired or unknown pixel stores nothing."""
    pixel = made(workspace, origins=["https://Shop.example/thanks"])
    path, good = f"/p/{pixel.public_key}.gif?order_id=A-1", {"referer": "https://shop.example/x?y"}
    statuses = [
        shop.get(path, headers=headers).status_code
        for headers in ({}, {"origin": "https://evil.example"}, {"referer": "nonsense"}, good)
    ]
    act(workspace, sponsorship.set_pixel_active, pixel_id=pixel.pixel_id, is_active=False)

    assert [403, 403, 422, 201] == statuses
    assert 404 == shop.get(path, headers=good).status_code
    assert 404 == shop.get("/p/AAAAAAAAAAAAAAAAAAAAAAAA.gif").status_code
    with pytest.raises(NotFound):
        act(workspace, sponsorship.set_pixel_active, pixel_id=UUID(int=1), is_active=True)
    with pytest.raises(InvalidInput, match="is not an origin"):
        made(workspace, origins=["shop"])


def test_one_address_cannot_flood_a_shop(workspace: Workspace, shop: TestClient) -> None:
    """Sixty at once, then one a second."""
    key = made(workspace).public_key
    statuses = [shop.get(f"/p/{key}.gif?order_id=A-{n}").status_code for n in range(63)]

    assert [201] * 60 + [429] * 3 == statuses


def test_the_script_is_served_to_any_page(workspace: Workspace, shop: TestClient) -> None:
    """As JavaScript, cached for an hour, without a host name in it."""
    answer = shop.get(f"/p/{made(workspace).public_key}.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert "cross-origin" == answer.headers["cross-origin-resource-policy"]
    assert "window.wavehouse" in answer.text
    assert "http" not in answer.text.replace("https://", "")


def order(workspace: Workspace) -> tuple[Decimal, str, str]:
    (row,) = rows(
        workspace, "SELECT conversion_value, currency, source FROM sponsorship.conversions"
    )
    return row  # type: ignore[no-any-return]


def forged(shop: TestClient, key: str) -> None:
    """Anybody may load a pixel with an invented value, code and link."""
    shop.get(f"/p/{key}.gif", params={"order_id": "A-1", "value": "9000.00", "code": "FORGED"})


@pytest.mark.parametrize("pixel_first", [True, False])
def test_at04_the_shop_outranks_a_pixel_whichever_came_first(
    workspace: Workspace, shop: TestClient, conversions_file: Files, pixel_first: bool
) -> None:
    """The shop's value and code count; the pixel's are kept as evidence and listed."""
    key = made(workspace).public_key
    now = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    path = conversions_file(f"{now},NORD15,purchase,40.00,EUR,A-1")
    steps = [
        lambda: forged(shop, key),
        lambda: act(workspace, sponsorship.ingest_conversions, path=path),
    ]
    for step in steps if pixel_first else reversed(steps):
        step()
    assert (Decimal("40.00"), "EUR", "file") == order(workspace)
    assert {("promo_code", Decimal("40.00"))} == {(m, a) for m, _, a in credited(workspace)}
    (report,) = act(workspace, sponsorship.list_displaced, limit=9)
    assert ("outranked", "pixel", Decimal("9000.00"), Decimal("40.00")) == (
        report.reason,
        report.source,
        report.conversion_value,
        report.counted_value,
    )
    assert "FORGED" == report.promo_code


def test_a_pixels_value_is_bounded_by_a_setting(workspace: Workspace, shop: TestClient) -> None:
    """Above 10,000 it is a conversion without value; the sent value is listed."""
    key = made(workspace).public_key
    shop.get(f"/p/{key}.gif", params={"order_id": "A-1", "value": "10000.01"})
    (report,) = act(workspace, sponsorship.list_displaced, limit=9)
    assert (Decimal("0.00"), "EUR", "pixel") == order(workspace)
    assert ("over_limit", Decimal("10000.01")) == (report.reason, report.conversion_value)
