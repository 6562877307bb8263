"""The listeners' pages over HTTP: requesting a link, the listener's own page, refusals."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.http.common import COOKIE
from wavehouse.listeners.http.page import CSRF
from wavehouse.listeners.service import accounts, sessions

OWN, SIGN_IN, LETTER = "/listener", "/listener/sign-in", "/listener/letter"
API = "/api/v1/listener"
AGAIN = "sign in again"


def csrf(browser: TestClient, path: str = OWN) -> str:
    """The CSRF token of a page's forms."""
    match = re.search(r'name="csrf" value="([\w-]+)"', browser.get(path).text)
    assert match is not None
    return match[1]


def sent(browser: TestClient, path: str, page: str = OWN, **fields: str) -> Any:
    """Submit a form like a browser; redirects are returned, not followed."""
    data = {"csrf": csrf(browser, page), **fields}
    return browser.post(path, data=data, follow_redirects=False)


def asked(browser: TestClient, email: str) -> Any:
    return sent(browser, LETTER, SIGN_IN, email=email)


def password_on(page: Any) -> str:
    match = re.search(r"wh-app-[\w-]+", page.text)
    assert match is not None
    return match[0]


def test_ac2_a_link_is_asked_for_and_used_on_the_page(house: Any, phone: Any) -> None:
    """Without a script: a form, an email, its page, its button, the listener's page."""
    browser = house.browser()
    answer = asked(browser, f" {phone.username.upper()} ")
    assert (303, f"{SIGN_IN}?did=asked") == (answer.status_code, answer.headers["location"])
    assert "an email is on its way" in browser.get(answer.headers["location"]).text
    entered = browser.post(SIGN_IN, data={"token": house.token()}, follow_redirects=False)
    assert (303, f"{OWN}?did=in") == (entered.status_code, entered.headers["location"])
    own = browser.get(entered.headers["location"])
    assert f"Signed in as {phone.username}" in own.text
    assert "no-store" == own.headers["cache-control"]


def test_ac8_known_and_unknown_addresses_get_the_same_page(house: Any, phone: Any) -> None:
    """Status, Location, names of headers and the next page are equal, except the form's token."""
    lines, pages = [], []
    for email in (phone.username, "stranger@example.org"):
        browser = house.browser()
        answer = asked(browser, email)
        cookies = sorted(browser.cookies)
        lines.append((answer.status_code, answer.content, [*answer.headers], cookies))
        page = browser.get(answer.headers["location"]).text
        pages.append(page.replace(csrf(browser, SIGN_IN), ""))
    assert lines[0] == lines[1]
    assert pages[0] == pages[1]
    assert [phone.username] == [letter["To"] for letter in house.letters()]


def test_ac8_the_page_and_the_api_count_letters_together(house: Any) -> None:
    """Three emails to an address, through either of them; twenty tries of links."""
    email = f"{uuid4()}@example.org"
    with clock.frozen(clock.now()):
        doors = [
            asked(house.browser(), email).status_code,
            house.browser().post(f"{API}/links", json={"email": email}).status_code,
            asked(house.browser(), email).status_code,
            house.browser().post(f"{API}/links", json={"email": email}).status_code,
        ]
        refused = asked(house.browser(), email)
        tries = [house.browser().post(SIGN_IN, data={"token": "x"}).status_code for _ in range(20)]
        tries.append(house.browser().post(f"{API}/links/redeem", json={"token": "x"}).status_code)
    assert [303, 202, 303, 429] == doors
    assert 429 == refused.status_code
    assert "Too many attempts" in refused.text
    assert [401] * 20 + [429] == tries


def test_what_is_no_address_is_told_beside_the_field(house: Any) -> None:
    """The text is escaped before it is put into the page."""
    answer = asked(house.browser(), "<b>anna</b>")
    assert 422 == answer.status_code
    assert "Invalid e-mail address. An address looks like anna@example.org." in answer.text
    assert 'value="&lt;b&gt;anna&lt;/b&gt;"' in answer.text
    assert [] == house.letters()


def test_a_link_that_is_not_good_leads_to_a_new_one(house: Any) -> None:
    """The page is in the listener's words, not the dashboard's."""
    answer = house.browser().post(SIGN_IN, data={"token": "x" * 43})
    assert 401 == answer.status_code
    assert "Invalid sign-in link" in answer.text
    assert f'href="{SIGN_IN}"' in answer.text
    assert "wavehouse sign-in-link" not in answer.text


def test_who_is_not_signed_in_is_led_to_the_way_in(house: Any, phone: Any) -> None:
    """An app's session can neither see nor change the account."""
    stranger, app = house.browser(), house.browser()
    assert 200 == app.get(f"{API}/devices", auth=phone.auth).status_code
    assert app.cookies[COOKIE]
    for browser in (stranger, app):
        answer = browser.get(OWN, follow_redirects=False)
        assert (303, SIGN_IN) == (answer.status_code, answer.headers["location"])
        assert 401 == sent(browser, f"{OWN}/apps", SIGN_IN, name="x").status_code
        assert 401 == sent(browser, f"{OWN}/sign-out-everywhere", SIGN_IN).status_code


FORMS = ["apps", "apps/revoke", "passkeys/remove", "sign-out", "sign-out-everywhere", "letter"]


@pytest.mark.parametrize(
    "how",
    [
        {"token": "x" * 43},
        {"token": ""},
        {"token": "", "cookie": False},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"headers": {"Origin": "https://evil.example"}},
    ],
    ids=[
        "wrong token",
        "no token",
        "neither token nor cookie",
        "another site",
        "a neighbouring site",
        "another origin",
    ],
)
def test_a_form_of_another_site_changes_nothing(
    house: Any, phone: Any, how: dict[str, Any]
) -> None:
    """Every form is refused even with the listener's cookies."""
    browser = house.signed_in(phone.username)
    before = len(house.letters())
    known = csrf(browser)
    if not how.get("cookie", True):
        browser.cookies.delete(CSRF)
    data = {"csrf": how.get("token", known), "name": "x", "email": phone.username}
    for form in FORMS:
        answer = browser.post(f"{OWN}/{form}", data=data, headers=how.get("headers", {}))
        assert (form, 403) == (form, answer.status_code)
        assert "came from another site" in answer.text
    assert 200 == browser.get(OWN, follow_redirects=False).status_code
    assert ["phone"] == [each["name"] for each in browser.get(f"{API}/apps").json()]
    assert before == len(house.letters())


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_a_link_is_not_used_up_from_another_site(
    house: Any, phone: Any, headers: dict[str, str]
) -> None:
    """The site's own page may use it: browsers send ``null`` as the origin without a referrer."""
    browser = house.browser()
    asked(browser, phone.username)
    form = {"token": house.token()}
    assert 403 == browser.post(SIGN_IN, data=form, headers=headers).status_code
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
    assert 200 == browser.post(SIGN_IN, data=form, headers=ours).status_code


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"email=" + b"x" * 9_000, "The form is too long"),
        (b"\xff", "The form cannot be read"),
        (b"&".join([b"a=b"] * 30), "The form cannot be read"),
    ],
)
def test_what_is_no_form_of_a_page_is_refused_in_words(house: Any, body: bytes, said: str) -> None:
    """The refusal comes before any other check."""
    answer = house.browser().post(LETTER, content=body)
    assert 422 == answer.status_code
    assert said in answer.text


def test_a_form_has_a_token_of_its_browser_that_scripts_cannot_read(house: Any) -> None:
    """The token's cookie is sent to these pages only."""
    cookie = house.browser().get(SIGN_IN).headers["set-cookie"].lower()
    assert cookie.startswith(f"{CSRF}=")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "secure", "path=/listener"))


def test_ac6_an_app_password_of_the_page_signs_in_until_it_is_revoked(
    house: Any, phone: Any
) -> None:
    """The password is shown once; it and its session are invalid at the next request."""
    browser, app = house.signed_in(phone.username), house.browser()
    made = sent(browser, f"{OWN}/apps", name=" Kitchen <radio> ")
    text = password_on(made)
    assert (200, "no-store") == (made.status_code, made.headers["cache-control"])
    assert all(said in made.text for said in (house.doors.site.origin, phone.username))
    assert "Kitchen &lt;radio&gt;" in made.text
    assert text not in browser.get(OWN).text
    basic = (phone.username, text)
    assert 200 == app.get(f"{API}/devices", auth=basic).status_code
    (_, line) = browser.get(f"{API}/apps").json()
    assert ("Kitchen <radio>", True) == (line["name"], line["last_used_at"] is not None)
    revoked = sent(browser, f"{OWN}/apps/revoke", app=line["app_id"])
    assert (303, f"{OWN}?did=revoked") == (revoked.status_code, revoked.headers["location"])
    assert 401 == app.get(f"{API}/devices").status_code
    assert 401 == house.browser().get(f"{API}/devices", auth=basic).status_code
    assert 200 == house.browser().get(f"{API}/devices", auth=phone.auth).status_code
    assert "Kitchen" not in browser.get(OWN).text
    for gone in (line["app_id"], "no id"):
        assert 404 == sent(browser, f"{OWN}/apps/revoke", app=gone).status_code


def test_ac6_apps_over_the_api(house: Any, phone: Any) -> None:
    """Programs list, create and revoke the listener's own passwords; apps cannot."""
    browser, other = house.signed_in(phone.username), house.browser()
    made = browser.post(f"{API}/apps", json={"name": "car"})
    assert (201, phone.username) == (made.status_code, made.json()["username"])
    basic = (phone.username, made.json()["password"])
    assert 200 == other.get(f"{API}/devices", auth=basic).status_code
    address = f"{API}/apps/{made.json()['app_id']}"
    assert 403 == other.get(f"{API}/apps").status_code
    assert 403 == other.post(f"{API}/apps", json={"name": "x"}).status_code
    assert 403 == other.delete(address).status_code
    assert 204 == browser.delete(address).status_code
    assert 404 == browser.delete(address).status_code
    assert 401 == other.get(f"{API}/devices").status_code


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "\x00\n"])
def test_an_app_has_a_name_that_can_be_read(house: Any, phone: Any, name: str) -> None:
    """An invalid name gets a sentence, not a database error."""
    browser = house.signed_in(phone.username)
    spans = sent(browser, f"{OWN}/apps", name=name)
    assert 422 == spans.status_code
    assert "An app needs a name" in spans.text
    assert 422 == browser.post(f"{API}/apps", json={"name": name}).status_code


def test_ac6_nobody_ends_an_app_of_somebody_else(
    house: Any, phone: Any, other_password: Any, shared_workspace: Any
) -> None:
    """Passkeys are protected as well: other listeners get not found."""
    stranger = f"{uuid4()}@example.org"
    with shared_workspace.stores.listeners.worker() as tx:
        accounts.create(tx, email=stranger)
    (mine,) = house.signed_in(phone.username).get(f"{API}/apps").json()
    browser = house.signed_in(stranger)
    assert 404 == sent(browser, f"{OWN}/apps/revoke", app=mine["app_id"]).status_code
    assert 404 == browser.delete(f"{API}/apps/{mine['app_id']}").status_code
    assert 404 == sent(browser, f"{OWN}/passkeys/remove", passkey="A" * 22).status_code
    assert 200 == house.browser().get(f"{API}/devices", auth=phone.auth).status_code


def test_ac6_there_is_an_end_of_apps(
    house: Any, phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revoked apps do not count."""
    monkeypatch.setattr(accounts, "_MOST_APPS", 2)
    browser = house.signed_in(phone.username)
    made = [browser.post(f"{API}/apps", json={"name": "x"}) for _ in range(2)]
    assert [201, 409] == [each.status_code for each in made]
    assert 204 == browser.delete(f"{API}/apps/{made[0].json()['app_id']}").status_code
    assert 201 == browser.post(f"{API}/apps", json={"name": "x"}).status_code


def test_ac7_no_app_password_is_left_by_a_session_that_ended_meanwhile(
    house: Any, phone: Any
) -> None:
    """A session that ended by signing out everywhere cannot create one afterwards."""
    browser = house.signed_in(phone.username)
    caller = sessions.caller(house.doors.database, token=browser.cookies[COOKIE])
    assert caller is not None
    sessions.end_all(house.doors.database, caller=caller, apps=True)
    with pytest.raises(NotSignedIn):
        accounts.make_app_password(house.doors.database, caller=caller, name="thief")


def test_an_old_sign_in_is_told_to_sign_in_again(house: Any, phone: Any) -> None:
    """It can read and sign out, but not change; its page says so and has no forms."""
    now = clock.now()
    with clock.frozen(now):
        browser = house.signed_in(phone.username)
        (app,) = browser.get(f"{API}/apps").json()
        young = browser.get(OWN).text
    with clock.frozen(now + rules.FRESH):
        old = browser.get(OWN).text
        lines = [
            sent(browser, f"{OWN}/apps", name="x"),
            sent(browser, f"{OWN}/apps/revoke", app=app["app_id"]),
            sent(browser, f"{OWN}/passkeys/remove", passkey="A" * 22),
        ]
        again = browser.get(SIGN_IN).text
        address = f"{API}/apps/{app['app_id']}"
        told_by_api = [browser.post(f"{API}/apps", json={"name": "x"}), browser.delete(address)]
        assert [app] == browser.get(f"{API}/apps").json()
    assert (False, True) == (AGAIN in young, AGAIN in old)
    assert ("/listener/apps" in young, "/listener/apps" in old) == (True, False)
    assert [403] * 5 == [each.status_code for each in lines + told_by_api]
    assert all("requires a sign-in within the last 15 minutes" in each.text for each in lines)
    assert all(f'href="{SIGN_IN}"' in each.text for each in lines)
    assert f'value="{phone.username}"' in again


def test_ac7_signing_out_ends_the_session_and_everywhere_ends_all(house: Any, phone: Any) -> None:
    """An old sign-in may do so; apps continue unless they are included."""
    now = clock.now()
    with clock.frozen(now):
        first, second, third = (house.signed_in(phone.username) for _ in range(3))
    copy = first.cookies[COOKIE]
    with clock.frozen(now + timedelta(hours=1)):
        spans = sent(first, f"{OWN}/sign-out")
        assert (303, f"{SIGN_IN}?did=out") == (spans.status_code, spans.headers["location"])
        assert COOKIE not in first.cookies
        first.cookies.set(COOKIE, copy, domain="pod.example")
        assert 303 == first.get(OWN, follow_redirects=False).status_code
        assert 303 == sent(second, f"{OWN}/sign-out-everywhere").status_code
        assert 303 == third.get(OWN, follow_redirects=False).status_code
        assert 200 == house.browser().get(f"{API}/devices", auth=phone.auth).status_code
        fourth = house.signed_in(phone.username)
        assert 303 == sent(fourth, f"{OWN}/sign-out-everywhere", apps="on").status_code
        assert 401 == house.browser().get(f"{API}/devices", auth=phone.auth).status_code


def test_ac8_no_page_holds_a_secret_of_its_cookies(house: Any, phone: Any) -> None:
    """The pages contain neither the session's token nor the browser's."""
    browser = house.signed_in(phone.username)
    browser.get(OWN)
    secrets = [value for name, value in browser.cookies.items() if name != CSRF]
    pages = browser.get(OWN).text + browser.get(SIGN_IN).text
    assert 2 == len(secrets)
    assert [] == [secret for secret in secrets if secret in pages]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/listener/new-address?token=x", "Both the old and the new mailbox must confirm"),
        ("/index.php/login/v2/flow/x", "older than 20 minutes"),
    ],
)
def test_the_pages_of_letters_and_apps_have_the_same_frame(
    house: Any, path: str, said: str
) -> None:
    """All pages for listeners look alike."""
    page = house.browser().get(path).text
    assert said in page
    assert "/static/wavehouse.css" in page
    assert "&lt;" not in page
