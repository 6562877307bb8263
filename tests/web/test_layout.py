"""Layout of the first pages that a visitor sees, on phone and desktop, light and dark.

No element is off the screen or overlaps another. With ``PICTURES`` set to a folder, each page is
also stored there as a picture.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1440
PICTURES = os.environ.get("PICTURES")
FAULTS = """
() => {
  const wide = document.documentElement.clientWidth, faults = [];
  const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute('class') || ''}">`
    + ` ${e.textContent.trim().slice(0, 40)}`;
  if (document.documentElement.scrollWidth > wide) faults.push(`the page is wider than ${wide}`);
  const seen = [...document.body.querySelectorAll('*')].filter((e) => {
    if (e.closest('.sr, .skip, dialog, details:not([open]) > :not(summary), svg svg')) return false;
    if (e.closest('svg') && e.tagName !== 'svg') return false;
    return e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length;
  });
  const text = [];
  for (const e of seen) {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (!e.closest('.scroll') && (box.left < -1 || box.right > wide + 1)) {
      faults.push(`off the screen: ${name(e)}`);
    }
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const whole = ['INPUT', 'SELECT', 'BUTTON'].includes(e.tagName);
    if (own || whole) text.push([e, box]);
  }
  for (let i = 0; i < text.length; i++) {
    for (let j = i + 1; j < text.length; j++) {
      const [a, p] = text[i], [b, q] = text[j];
      if (a.contains(b) || b.contains(a)) continue;
      const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (x > 2 && y > 3) faults.push(`${name(a)} overlaps ${name(b)}`);
    }
  }
  return faults;
}
"""


def _open(browser: Browser, url: str, width: int, theme: Any, *, known: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    if known:
        context.add_cookies([{"name": "wh_session", "value": "cookie-1", "url": url}])
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("load")
    return page


def _keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_first_pages_fit_the_screen(
    browser: Browser, site: str, empty_site: str, width: int, theme: str
) -> None:
    """Sign-in, first run, overview; also the windows and an error within the frame."""
    pages = {
        "sign-in": (f"{site}/sign-in?token=x", False),
        "first-run": (empty_site, True),
        "overview": (site, True),
        "windows": (f"{site}/windows", True),
        "no-session": (site, False),
    }
    faults = {}
    for name, (url, known) in pages.items():
        page = _open(browser, url, width, theme, known=known)
        if name == "overview":
            page.locator(".windows").wait_for()
        _keep(page, f"{name}-{width}-{theme}")
        faults[name] = page.evaluate(FAULTS)
        page.context.close()

    assert {name: [] for name in pages} == faults


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_error_that_replaces_the_content_stays_beside_the_frame(
    browser: Browser, site: str, width: int
) -> None:
    """On desktops it was once pushed below the frame, off the screen."""
    page = _open(browser, site, width, "light")
    page.keyboard.press("d")
    page.get_by_label("From").fill("2026-11-19")
    page.get_by_label("To", exact=True).fill("2026-10-14")
    page.get_by_role("button", name="Apply").click()
    heading = page.get_by_role("heading", level=1, name="The input is invalid")
    heading.wait_for()
    _keep(page, f"error-{width}-light")

    box = heading.bounding_box()
    assert box is not None
    assert box["y"] < 500
    assert [] == page.evaluate(FAULTS)
    page.context.close()


def test_a_phone_reaches_every_page(browser: Browser, site: str) -> None:
    """By one menu with entries the size of a fingertip."""
    page = _open(browser, site, PHONE, "light")
    page.locator('[data-menu="pages"]').click()
    entries = page.get_by_role("navigation", name="All pages").get_by_role("link")
    _keep(page, "pages-390-light")

    assert [
        "Overview",
        "Campaigns",
        "Reports",
        "Studio",
        "Sources",
        "Usage",
        "Alerts",
        "Jobs",
        "Classification",
        "Retention",
        "Erasure",
        "Entitlements",
        "Audit log",
        "Backups",
        "Learning",
        "API keys",
        "Members",
        "Ada",
    ] == entries.all_inner_texts()
    boxes = [entry.bounding_box() for entry in entries.all()]
    assert [] == [box for box in boxes if box is None or box["height"] < 44 or box["y"] > 844]
    page.context.close()


@pytest.mark.parametrize(("width", "display"), [(PHONE, "block"), (DESK, "table")])
def test_a_table_that_is_stacked_on_a_phone_is_a_table_on_a_desk(
    browser: Browser, site: str, width: int, display: str
) -> None:
    """Its heads are above their columns: no rule for forms of the same class reaches it."""
    page = _open(browser, site, width, "light")
    page.evaluate(
        "document.body.innerHTML = '<table class=stack><thead><tr><th>a<th>b</tr></thead>"
        "<tbody><tr><td>a long cell<td class=cell>b</tr></tbody></table>'"
    )
    table = page.locator("table.stack")

    assert display == table.evaluate("e => getComputedStyle(e).display")
    if width == DESK:
        heads, cells = (
            table.locator(of).nth(1).evaluate("e => e.getBoundingClientRect().left")
            for of in ("th", "td")
        )
        assert heads == cells


def test_a_long_title_in_the_menu_of_a_phone_leaves_room_for_the_tools(
    browser: Browser, site: str
) -> None:
    """The page of an episode has its title there: it is cut, and signing out stays reachable."""
    page = _open(browser, site, PHONE, "light")
    page.evaluate(
        "document.querySelector('.pages-menu summary span').textContent = "
        "'Il mercato del sabato e il mare d’inverno, prima parte'"
    )

    box = page.get_by_role("button", name="Sign out").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE
    assert [] == page.evaluate(FAULTS)
    page.context.close()
