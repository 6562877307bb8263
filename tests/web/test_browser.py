"""The pages in a real Chromium: accessible, keyboard-driven, on a phone, within the policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.web.websample import LANTERNA
from tests.web.webvisitor import Theme, faults

pytestmark = pytest.mark.browser

DESK: ViewportSize = {"width": 1360, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Visit:
    """Opens pages as one visitor and records the console's messages."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.complaints: list[str] = []

    def open(
        self, url: str, *, theme: Theme = "light", size: ViewportSize = DESK, known: bool = True
    ) -> Page:
        context = self._browser.new_context(
            viewport=size, color_scheme=theme, reduced_motion="reduce"
        )
        if known:
            context.add_cookies([{"name": "wh_session", "value": "cookie-1", "url": url}])
        page = context.new_page()
        page.on("console", lambda said: self._keep(said.type, said.text))
        page.on("pageerror", lambda error: self._keep("error", str(error)))
        page.goto(url)
        return page

    def _keep(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(text)

    def close(self) -> None:
        for context in self._browser.contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A visit whose console must stay empty: no policy violation, no script error."""
    visit = Visit(browser)
    yield visit
    visit.close()
    assert [] == visit.complaints


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/", "/?range=today", "/?metric=listening", "/?range=wrong"])
def test_pages_have_no_serious_accessibility_fault(
    visit: Visit, site: str, theme: Theme, address: str
) -> None:
    """WCAG by axe in both themes, with the menus and the table open."""
    page = visit.open(site + address, theme=theme)
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(d => d.open = true)")
    if page.locator('[data-menu="range"]').count():
        page.keyboard.press("d")
    assert [] == faults(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_empty_states_and_the_way_in_have_no_serious_accessibility_fault(
    visit: Visit, empty_site: str, theme: Theme
) -> None:
    """The pages of a first visit."""
    assert [] == faults(visit.open(empty_site, theme=theme))
    assert [] == faults(visit.open(empty_site, theme=theme, size=PHONE))
    assert [] == faults(visit.open(f"{empty_site}/sign-in?token=x", theme=theme, known=False))
    assert [] == faults(visit.open(empty_site, theme=theme, known=False))


def test_choosing_swaps_the_content_and_pushes_the_address(visit: Visit, site: str) -> None:
    """A card, a range: the frame stays, the title and the URL change, Back returns."""
    page = visit.open(site)
    page.evaluate("document.querySelector('.side').dataset.kept = 'yes'")
    page.get_by_role("link", name="Sponsor revenue").click()
    expect(page).to_have_url(f"{site}/?metric=revenue")
    expect(page.locator(".kpis .current")).to_contain_text("Sponsor revenue")
    page.locator('[data-menu="range"]').click()
    page.get_by_role("link", name="Last 7 days").click()
    expect(page).to_have_url(f"{site}/?range=7d&metric=revenue")
    expect(page).to_have_title("All shows · 13 Nov – 19 Nov · Wavehouse")
    expect(page.locator('[data-menu="range"]')).to_be_focused()
    assert "yes" == page.locator(".side").get_attribute("data-kept")
    page.go_back()
    expect(page).to_have_url(f"{site}/?metric=revenue")
    expect(page.get_by_text("23 Oct – 19 Nov", exact=True)).to_be_visible()
    assert 1 == page.locator("main").count()
    assert 1 == page.locator(".side").count()


def test_own_dates_are_sent_by_a_form_and_an_error_is_swapped_in(visit: Visit, site: str) -> None:
    """The two dates are in the address; reversed dates are reported, not ignored."""
    page = visit.open(f"{site}/?metric=listeners")
    page.keyboard.press("d")
    page.get_by_label("From").fill("2026-10-01")
    page.get_by_label("To", exact=True).fill("2026-10-14")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator('[data-menu="range"]')).to_contain_text("1 Oct – 14 Oct")
    assert "metric=listeners" in page.url
    page.keyboard.press("d")
    page.get_by_label("From").fill("2026-10-20")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The input is invalid")
    expect(page.get_by_text("Swap the two dates.")).to_be_visible()


def test_the_keyboard_reaches_everything(visit: Visit, site: str) -> None:
    """? lists, D opens the range, Esc closes and restores the focus, X compares, 2 selects."""
    page = visit.open(site)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("d")
    expect(page.get_by_role("link", name="Today")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('[data-menu="range"]')).to_be_focused()
    page.keyboard.press("x")
    expect(page).to_have_url(f"{site}/?compare=off")
    expect(page.locator("#compare")).to_contain_text("not compared")
    page.keyboard.press("2")
    expect(page).to_have_url(f"{site}/?show={LANTERNA}&compare=off")
    expect(page.get_by_role("heading", level=1)).to_have_text("La Lanterna")


def test_the_first_tab_skips_to_the_content(visit: Visit, site: str) -> None:
    """Nobody has to tab through the frame; a card that loads later does not take the focus."""
    page = visit.open(site)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_letters_typed_into_a_field_are_no_shortcuts(visit: Visit, site: str) -> None:
    """A digit in a date field selects no show."""
    page = visit.open(site)
    page.keyboard.press("d")
    page.get_by_label("From").press("2")
    expect(page).to_have_url(f"{site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("All shows")


def test_the_chart_tells_each_point_to_mouse_and_keyboard(visit: Visit, site: str) -> None:
    """The tooltip stays within the plot; arrow keys move it; Esc hides it."""
    page = visit.open(site)
    tip = page.locator(".tip")
    page.locator(".wide .hit").nth(19).hover()
    expect(tip).to_contain_text("Wed 11 Nov")
    expect(tip).to_contain_text("Released: The subtitle hunters")
    page.locator(".wide .hit").last.hover()
    plot = page.locator(".plot").bounding_box()
    box = tip.bounding_box()
    assert plot is not None
    assert box is not None
    assert box["x"] + box["width"] <= plot["x"] + plot["width"]
    page.locator(".plot").focus()
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("Wed 18 Nov")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.parametrize("address", ["/", "/?range=today", "/?metric=listening"])
def test_a_phone_scrolls_down_only_and_has_its_own_chart(
    visit: Visit, site: str, address: str
) -> None:
    """One column; text in the narrow chart stays readable."""
    page = visit.open(site + address, size=PHONE)
    for menu in ("shows", "range"):
        page.locator(f'[data-menu="{menu}"]').click()
        assert 390 == page.evaluate("document.documentElement.scrollWidth")
    page.keyboard.press("Escape")
    if page.locator(".plot").count():
        expect(page.locator(".narrow svg")).to_be_visible()
        expect(page.locator(".wide svg")).to_be_hidden()
        height = page.locator(".narrow svg text").first.bounding_box()
        assert height is not None
        assert height["height"] >= 9


def test_the_theme_switch_repaints_without_the_server_and_is_kept(visit: Visit, site: str) -> None:
    """The system's theme first, then the choice; the chart follows without a request."""
    page = visit.open(site, theme="light")

    def paint() -> str:
        return str(page.evaluate("getComputedStyle(document.querySelector('.wide path')).stroke"))

    light = paint()
    page.get_by_role("button", name="Dark theme").click()
    assert light != paint()
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


def test_the_pages_work_without_javascript(browser: Browser, site: str) -> None:
    """Links are links, menus are disclosures, the form is a form."""
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    context.add_cookies([{"name": "wh_session", "value": "cookie-1", "url": site}])
    page = context.new_page()
    page.goto(site)
    page.locator('[data-menu="range"]').click()
    page.get_by_role("link", name="Last 91 days").click()
    expect(page).to_have_url(f"{site}/?range=91d")
    expect(page.locator(".wide svg")).to_be_visible()
    context.close()


def test_on_paper_there_is_no_frame(visit: Visit, site: str) -> None:
    """Printing keeps the figures and the curve, and drops the controls."""
    page = visit.open(site, theme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".pickers")).to_be_hidden()
    expect(page.locator(".print-only")).to_have_text(
        "23 Oct – 19 Nov, compared with 25 Sep – 22 Oct"
    )
    expect(page.locator(".wordmark")).to_be_hidden()
    expect(page.locator(".wide svg")).to_be_visible()
    ground = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    assert "rgb(255, 255, 255)" == ground


def test_the_browser_enforces_the_policy_and_the_visit_would_notice(
    visit: Visit, site: str
) -> None:
    """The empty console in all other tests is meaningful: a violation is recorded."""
    page = visit.open(site)
    with page.expect_console_message() as heard:
        page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert "Content Security Policy" in heard.value.text
    assert [heard.value.text] == visit.complaints
    visit.complaints.clear()
