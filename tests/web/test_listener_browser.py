"""The listeners' pages in a real Chromium: creating and using a passkey, themes, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import ViewportSize, expect
from tests.emails import text_of
from tests.serving import served
from tests.web.webvisitor import Theme, faults

from wavehouse import listeners
from wavehouse.listeners.http import with_dependencies
from wavehouse.listeners.http.common import RouteDependencies
from wavehouse.listeners.types import Site
from wavehouse.mail import Outbox
from wavehouse.web.app import create_app
from wavehouse.web.live import LiveServices
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
ANNA = "anna@example.org"
DESK: ViewportSize = {"width": 1360, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass(frozen=True, slots=True)
class House:
    """The product on a real port, and the emails that it wrote."""

    url: str
    doors: RouteDependencies
    outbox: Path

    def letter(self) -> str:
        """The address in the newest email."""
        self.doors.later.wait()
        newest = max(self.outbox.iterdir())
        text = text_of(message_from_bytes(newest.read_bytes(), policy=policy.default))
        found = re.search(r"http\S+token=[\w-]+", text)
        assert found is not None
        return found[0]


@pytest.fixture
def house(workspace: Workspace, tmp_path: Path) -> Iterator[House]:
    """Passkeys are bound to a name and a port, so the server starts once the port is known."""
    with workspace.stores.listeners.worker() as tx:
        listeners.create(tx, email=ANNA)
    app = create_app(LiveServices(workspace))
    with served(app) as address:
        url = address.replace("127.0.0.1", "localhost")
        outbox = tmp_path / "outbox"
        doors = RouteDependencies(workspace.stores.listeners, Site(url), Outbox(outbox))
        for router in with_dependencies(doors):
            app.include_router(router)
        yield House(url, doors, outbox)


class Visit:
    """A browser whose console must stay empty: no policy violation, no script error."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._keep(said.type, said.text))
        self.page.on("pageerror", lambda error: self._keep("error", str(error)))

    def _keep(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(text)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    """Opens browsers of one visitor."""
    made: list[Visit] = []

    def opened(theme: Theme = "light", size: ViewportSize = DESK, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=theme, java_script_enabled=scripts, reduced_motion="reduce"
        )
        made.append(Visit(context))
        return made[-1].page

    yield opened
    for each in made:
        each.page.context.close()
    assert [] == [complaint for each in made for complaint in each.complaints]


def sign_in(page: Page, house: House) -> None:
    """By email, with forms and buttons only."""
    page.goto(f"{house.url}/listener")
    page.get_by_label("E-mail address").fill(ANNA)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status").first).to_contain_text("an email is on its way")
    page.goto(house.letter())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(f"Signed in as {ANNA}")).to_be_visible()


def authenticator(page: Page) -> tuple[Any, str]:
    """Chromium's virtual device for passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, made["authenticatorId"]


def add(page: Page, name: str) -> None:
    page.get_by_label("Name of the new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def test_ac3_a_passkey_is_made_on_the_page_and_signs_in(visit: Any, house: House) -> None:
    """It is used after signing out, then removed; afterwards the page says that it is unknown."""
    page = visit()
    session, device = authenticator(page)
    sign_in(page, house)
    add(page, "My laptop")
    expect(page.get_by_role("status").first).to_contain_text("The passkey was added.")
    expect(page.get_by_text("My laptop").first).to_be_visible()
    add(page, "Again")
    expect(page.get_by_text("This device already has one of your passkeys.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text(f"Signed in as {ANNA}")).to_be_visible()
    expect(page.get_by_text("last used")).to_be_visible()
    page.get_by_role("button", name="Remove My laptop").click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Invalid passkey.")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was used. You can try again.")).to_be_visible()


def test_passkeys_are_offered_to_browsers_that_have_them(visit: Any, house: House) -> None:
    """Others see no button but an explanation."""
    page = visit()
    page.add_init_script("delete window.PublicKeyCredential")
    sign_in(page, house)
    expect(page.get_by_text("This browser cannot add a passkey")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    page.goto(f"{house.url}/listener/sign-in")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()


def test_all_but_passkeys_works_without_scripts(visit: Any, house: House) -> None:
    """Real forms with a browser's headers: a link, an app, its removal, signing out."""
    page = visit(scripts=False)
    sign_in(page, house)
    page.get_by_label("App or device").fill("Kitchen")
    page.get_by_role("button", name="Create a password").click()
    expect(page.locator(".secret")).to_contain_text("wh-app-")
    page.get_by_role("button", name="Revoke Kitchen").click()
    expect(page.get_by_text("its password is revoked")).to_be_visible()
    page.get_by_label("Also revoke all apps").check()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(f"{house.url}/listener/sign-in?did=out")


@pytest.mark.parametrize(
    ("theme", "size"),
    [
        pytest.param("light", DESK, id="light-desk"),
        pytest.param("dark", PHONE, id="dark-phone"),
        pytest.param("dark", DESK, id="dark-desk", marks=pytest.mark.harness),
        pytest.param("light", PHONE, id="light-phone", marks=pytest.mark.harness),
    ],
)
def test_the_pages_are_accessible_and_scroll_down_only(
    visit: Any, house: House, theme: str, size: dict[str, int]
) -> None:
    """WCAG by axe on every page and with every part of it open."""
    page = visit(theme, size)

    def looked_at(place: str) -> None:
        assert [] == faults(page), place
        assert size["width"] == page.evaluate("document.documentElement.scrollWidth"), place

    page.goto(f"{house.url}/listener/sign-in")
    looked_at("sign in")
    page.get_by_label("E-mail address").fill("anna@localhost")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("alert")).to_contain_text("Invalid e-mail address")
    looked_at("a wrong address")
    page.goto(f"{house.url}/listener/sign-in?token=x")
    looked_at("a link")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading")).to_contain_text("Invalid sign-in link")
    looked_at("a link that is not good")
    authenticator(page)
    sign_in(page, house)
    looked_at("an empty page")
    add(page, "My laptop")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    with house.doors.database.worker() as tx:
        tx.execute("UPDATE listeners.passkeys SET flagged_at = now()")
    page.get_by_label("App or device").fill("AntennaPod on the old phone in the kitchen")
    page.get_by_role("button", name="Create a password").click()
    expect(page.locator(".secret")).to_be_visible()
    expect(page.get_by_text("may have been copied")).to_be_visible()
    looked_at("an app's password")
    with house.doors.database.worker() as tx:
        tx.execute(
            "UPDATE listeners.login_sessions "
            "SET absolute_expires_at = absolute_expires_at - interval '1 hour'"
        )
    page.goto(f"{house.url}/listener")
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    looked_at("an old sign-in")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading")).to_have_text("Sign in again")
    looked_at("again")
    page.goto(f"{house.url}/listener/new-address?token=x")
    looked_at("a new address")


def test_the_keyboard_reaches_everything(visit: Any, house: House) -> None:
    """In visual order: an email is requested and a passkey used without a mouse."""
    page = visit()
    authenticator(page)
    sign_in(page, house)
    page.get_by_label("Name of the new passkey").focus()
    page.keyboard.type("My laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    page.goto(f"{house.url}/listener/sign-in")
    page.get_by_label("E-mail address").focus()
    for name in ("Send me a link", "Use a passkey"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed in.")).to_be_visible()
