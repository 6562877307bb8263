"""Layout of the listener's own pages on phone and desktop: in the middle, nothing cut off."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser, Page
from tests import serving
from tests.web.webvisitor import faults

from wavehouse import listeners
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

LONG = f"{'anna-maximiliane.' * 3}hohenstein@mail.example"
PATHS = ("/listener", "/listener/access", "/listener/data", "/listener/sign-in")


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_the_listeners_pages_fit_and_stand_in_the_middle(
    workspace: Workspace, browser: Browser, width: int
) -> None:
    """On wide screens they were in the dashboard's side column, 270 pixels wide."""
    with workspace.stores.listeners.worker() as tx:
        listeners.create(tx, email=LONG)
    found = {}
    with serving.served(live_app(workspace)) as url:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(f"{url}/listener/sign-in")
        assert _is_centred(page, width)
        page.fill("input[type=email]", LONG)
        page.get_by_role("button", name="Send me a link").click()
        page.goto(_link(workspace, url))
        page.locator("form button").first.click()
        page.wait_for_url("**/listener?did=in")
        for path in PATHS:
            page.goto(f"{url}{path}")
            assert _is_centred(page, width), path
            found[path] = faults(page)
        context.close()

    assert {path: [] for path in PATHS} == found


def _is_centred(page: Page, width: int) -> bool:
    """The content is as far from the left as from the right, and uses a phone's whole width."""
    overflow = int(page.evaluate("document.documentElement.scrollWidth")) - width
    box = page.locator("main").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    return overflow <= 0 and abs(middle - width / 2) < 12 and box["width"] >= min(width, 480)


def _link(workspace: Workspace, url: str) -> str:
    """The link of the email that was sent, on the test's own port."""
    outbox = workspace.settings.home / "outbox"
    for _ in range(200):
        for file in sorted(outbox.glob("*.eml")):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            token = re.search(r"token=([\w-]{43})", body.get_content() if body else "")
            if token:
                return f"{url}/listener/sign-in?token={token[1]}"
        time.sleep(0.05)
    raise AssertionError("no email was sent")
