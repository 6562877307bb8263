"""The pixel's script in a real browser, on a page with another origin."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.serving import served

from wavehouse import sponsorship
from wavehouse.kernel import clock
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><title>Shop</title><script src="{src}.js"></script>
<button onclick="wavehouse.converted({{order_id: 'A-1', value: '49.90', currency: 'EUR'}})">Buy
</button>"""


@pytest.fixture
def wavehouse(workspace: Workspace) -> Iterator[str]:
    """The product on a real port."""
    with served(live_app(workspace)) as url:
        yield url


@pytest.fixture
def pixel(workspace: Workspace) -> str:
    """The key of a campaign's pixel; the campaign's links carry utm_source=nordlys."""
    today = clock.today()
    organization = workspace.organization.organization_id
    with workspace.stores.operational.worker() as tx:
        podcast = tx.value(
            """
            INSERT INTO catalog.podcasts (organization_id, user_id, title, feed_url)
            VALUES (%s, %s, 'Show', 'https://show.example/feed.xml') RETURNING podcast_id
            """,
            [organization, workspace.identity.user_id],
        )
    with workspace.stores.operational.app(organization) as tx:
        identity = workspace.identity
        sponsor = sponsorship.add_sponsor(
            tx, identity=identity, sponsor=sponsorship.NewSponsor("Nordlys")
        )
        card = sponsorship.add_campaign(
            tx,
            identity=identity,
            campaign=sponsorship.NewCampaign(
                "Autumn", sponsor.sponsor_id, podcast, sponsorship.CampaignStatus.ACTIVE,
                today, today + 30 * clock.DAY, Decimal(100), "EUR", Decimal(1), None, (), (),
                {"method": "utm", "utm_source": "nordlys"},
            ),
        )  # fmt: skip
        made = sponsorship.add_pixel(
            tx, identity=identity, card=card, name="Shop", origins=[],
            conversion_type=sponsorship.ConversionType.PURCHASE,
        )  # fmt: skip
    return made.public_key


@pytest.fixture
def shop(wavehouse: str, pixel: str, tmp_path: Path) -> Iterator[str]:
    """A shop's page on a separate port, and so a separate origin."""
    (tmp_path / "index.html").write_text(PAGE.format(src=f"{wavehouse}/p/{pixel}"))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def told(workspace: Workspace) -> list[tuple[str, str]]:
    with workspace.stores.operational.worker() as tx:
        return tx.connection.execute(
            "SELECT DISTINCT method, amount::text FROM sponsorship.credits"
        ).fetchall()


def test_a_followed_link_and_an_order_find_each_other_over_pages(
    browser: Browser, workspace: Workspace, shop: str
) -> None:
    """Landing with UTM fields, another page, the order: credited to the link; no cookie is set."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with page.expect_response(lambda r: "landing.gif" in r.url) as landing:
        page.goto(f"{shop}/?utm_source=Nordlys&utm_medium=podcast")
    page.goto(shop)
    time.sleep(0.01)  # a conversion is later than its click
    with page.expect_response(lambda r: "order_id=A-1" in r.url) as order:
        page.get_by_role("button").click()

    assert (201, 201) == (landing.value.status, order.value.status)
    assert [("utm", "49.90")] == told(workspace)
    assert ([], []) == (context.cookies(), wrong)
    context.close()


def test_a_page_that_keeps_nothing_tells_its_order_all_the_same(
    browser: Browser, workspace: Workspace, shop: str, tmp_path: Path
) -> None:
    """data-store="none": no id and no page storage; the pixel's campaign is credited."""
    page_file = tmp_path / "index.html"
    page_file.write_text(page_file.read_text().replace("<script ", '<script data-store="none" '))
    page = browser.new_page()
    page.goto(f"{shop}/?utm_source=Nordlys")
    with page.expect_response(lambda r: "order_id=A-1" in r.url) as order:
        page.get_by_role("button").click()

    assert "sid=" not in order.value.url
    assert 0 == page.evaluate("localStorage.length + sessionStorage.length")
    assert [("pixel", "49.90")] == told(workspace)
    page.close()
