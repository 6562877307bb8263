"""Changing a listener's address: both mailboxes confirm, in any order and in time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.emails import text_of

from wavehouse import listeners
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.service import emails

EMAIL, CONFIRM = "/api/v1/listener/email", "/api/v1/listener/email/confirm"
LINKS, REDEEM = "/api/v1/listener/links", "/api/v1/listener/links/redeem"
DEVICES = "/api/v1/listener/devices"


def asked(house: Any, phone: Any, new: str, browser: Any = None) -> tuple[str, str]:
    """The tokens of the emails to the old and the new mailbox."""
    before = len(house.letters())
    told = (browser or house.signed_in(phone.username)).put(EMAIL, json={"email": new})
    assert (202, {"expires_in_seconds": 86_400}) == (told.status_code, told.json())
    found = {letter["To"].lower(): text_of(letter) for letter in house.letters()[before:]}
    old, fresh = (found.get(each, "") for each in (phone.username, new.strip().lower()))
    tokens = [re.search(r"new-address\?token=([\w-]{43})\n", each) for each in (old, fresh)]
    return tokens[0][1] if tokens[0] else "", tokens[1][1] if tokens[1] else ""


def agreed(house: Any, token: str) -> Any:
    told = house.browser().post(CONFIRM, json={"token": token})
    return told.json()["changed"] if told.status_code == 200 else told.status_code


def address(house: Any, phone: Any) -> tuple[str, str]:
    """The address and its original spelling, for the listener with the phone's app password."""
    with house.doors.database.worker() as tx:
        found: tuple[str, str] = tx.connection.execute(
            "SELECT l.email, l.email_display FROM listeners.listeners l"
            " JOIN listeners.app_passwords p USING (listener_id) WHERE p.secret_hash = %s",
            [rules.secret_hash(phone.password)],
        ).fetchone()
    return found


@pytest.mark.parametrize("old_first", [True, False])
def test_ac9_an_address_changes_when_both_mailboxes_agree(
    house: Any, phone: Any, old_first: bool
) -> None:
    """In either order; one alone, however often, changes nothing; each email works once."""
    new = f"New.{phone.username}"
    old_token, new_token = asked(house, phone, f" {new} ")
    first, second = (old_token, new_token) if old_first else (new_token, old_token)
    assert [False, False] == [agreed(house, first) for _ in range(2)]
    assert phone.username == address(house, phone)[0]
    assert True is agreed(house, second)
    assert (new.lower(), new) == address(house, phone)
    assert [401, 401] == [agreed(house, token) for token in (first, second)]


def test_ac9_both_mailboxes_at_once_change_it_once(house: Any, phone: Any) -> None:
    """Of twenty parallel clicks on each email, exactly one completes the change."""
    tokens = asked(house, phone, f"new.{phone.username}")

    def agree(token: str) -> bool:
        try:
            return emails.agree(house.doors.database, token=token)
        except NotSignedIn:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert 1 == sum(pool.map(agree, tokens * 20))
    assert f"new.{phone.username}" == address(house, phone)[0]


def test_ac9_the_change_ends_sessions_and_letters_of_the_old_address(
    house: Any, phone: Any
) -> None:
    """Apps continue with the new name; a link sent before does not sign in."""
    browser, waiting = house.signed_in(phone.username), house.browser()
    waiting.post(LINKS, json={"email": phone.username})
    link = house.token()
    new = f"new.{phone.username}"
    for token in asked(house, phone, new, browser):
        agreed(house, token)
    assert 401 == browser.get(DEVICES).status_code
    assert 401 == waiting.post(REDEEM, json={"token": link}).status_code
    assert 200 == house.browser().get(DEVICES, auth=(new, phone.password)).status_code
    assert 401 == house.browser().get(DEVICES, auth=phone.auth).status_code
    assert 200 == house.signed_in(new).get(DEVICES).status_code


def test_ac9_letters_live_a_day_and_the_latest_request_counts(house: Any, phone: Any) -> None:
    """Emails of an earlier request, of a withdrawn one and expired ones are refused."""
    now, browser = clock.now(), house.signed_in(phone.username)
    earlier = asked(house, phone, f"one.{phone.username}", browser)
    with clock.frozen(now):
        latest = asked(house, phone, f"two.{phone.username}", browser)
    assert [401, 401] == [agreed(house, token) for token in earlier]
    assert False is agreed(house, latest[0])
    with clock.frozen(now + emails.LIFETIME):
        assert 401 == agreed(house, latest[1])
    assert 204 == browser.delete(EMAIL).status_code
    assert 401 == agreed(house, latest[1])
    assert phone.username == address(house, phone)[0]


def test_ac8_ac9_an_address_that_has_an_account_gets_no_letter_and_the_same_answer(
    house: Any, phone: Any
) -> None:
    """The old mailbox alone changes nothing, so no account is revealed."""
    with house.doors.database.worker() as tx:
        taken = listeners.create(tx, email=f"taken.{phone.username}").email
    old_token, new_token = asked(house, phone, taken)
    assert "" == new_token
    assert False is agreed(house, old_token)


def test_ac9_an_address_that_was_taken_meanwhile_is_refused(house: Any, phone: Any) -> None:
    """Both mailboxes are confirmed by then, so it may be revealed."""
    new = f"late.{phone.username}"
    old_token, new_token = asked(house, phone, new)
    with house.doors.database.worker() as tx:
        listeners.create(tx, email=new)
    assert False is agreed(house, old_token)
    assert 409 == agreed(house, new_token)
    assert phone.username == address(house, phone)[0]


def test_ac9_two_listeners_who_want_one_address_at_once_get_it_once(
    house: Any, phone: Any, other_password: Any
) -> None:
    """The second listener gets the answer that the address is in use."""
    with house.doors.database.worker() as tx:
        second = listeners.create(tx, email=f"second.{phone.username}").email
    new = f"both.{phone.username}"
    pairs = [asked(house, each, new) for each in (phone, other_password(second, "phone"))]
    assert [False, False] == [agreed(house, old_token) for old_token, _ in pairs]
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda pair: agreed(house, pair[1]), pairs))
    assert [True, 409] == sorted(told)


def test_ac9_a_change_needs_a_fresh_sign_in_and_another_address(house: Any, phone: Any) -> None:
    """Apps, old browser sessions, the same address and invalid addresses are refused."""
    sent, now = {"email": f"new.{phone.username}"}, clock.now()
    with clock.frozen(now):
        browser = house.signed_in(phone.username)
    with clock.frozen(now + rules.FRESH):
        assert 403 == browser.put(EMAIL, json=sent).status_code
    assert 403 == house.browser().put(EMAIL, json=sent, auth=phone.auth).status_code
    browser = house.signed_in(phone.username)
    for nonsense in (phone.username.upper(), "nobody", "a\0@b.example"):
        assert 422 == browser.put(EMAIL, json={"email": nonsense}).status_code


def test_ac9_the_page_of_a_letter_agrees_by_its_button(house: Any, phone: Any) -> None:
    """Opening the page does not confirm."""
    old_token, new_token = asked(house, phone, f"new.{phone.username}")
    page = "/listener/new-address"
    assert old_token in house.browser().get(f"{page}?token={old_token}").text
    assert False is agreed(house, new_token)
    told = house.browser().post(page, data={"token": old_token})
    assert "was changed" in told.text
