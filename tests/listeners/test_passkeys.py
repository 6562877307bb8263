"""Passkeys with a software authenticator: valid sign-ins and every refusal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.listeners.authenticator import PRESENT, Authenticator, content, text

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.http.accounts import BROWSER
from wavehouse.listeners.service import passkeys

BASE = "/api/v1/listener/passkeys"
CREATE, GET, SIGN_IN = f"{BASE}/options", f"{BASE}/sign-in/options", f"{BASE}/sign-in"
DEVICES = "/api/v1/listener/devices"
SITE, PARTY = "https://pod.example", "pod.example"


def registered(house: Any, phone: Any, **behaviour: Any) -> Authenticator:
    """A passkey of the phone's listener."""
    key = Authenticator(SITE, PARTY, **behaviour)
    browser = house.signed_in(phone.username)
    made = key.create(browser.post(CREATE).json())
    answer = browser.post(BASE, json={"credential": made, "name": "Phone"})
    assert (201, text(key.credential_id)) == (answer.status_code, answer.json()["passkey_id"])
    return key


def entered(house: Any, key: Authenticator, browser: Any = None) -> int:
    """The status of a sign-in with a passkey in a new browser."""
    visitor = browser or house.browser()
    answer = key.get(visitor.post(GET).json())
    status: int = visitor.post(SIGN_IN, json={"credential": answer}).status_code
    return status


def refused_to_register(house: Any, phone: Any, key: Authenticator) -> int:
    browser = house.signed_in(phone.username)
    made = key.create(browser.post(CREATE).json())
    status: int = browser.post(BASE, json={"credential": made, "name": "x"}).status_code
    assert [] == browser.get(BASE).json()
    return status


def flagged_at(house: Any, key: Authenticator) -> Any:
    with house.doors.database.worker() as tx:
        return tx.value(
            "SELECT flagged_at FROM listeners.passkeys WHERE credential_id = %s",
            [key.credential_id],
        )


def test_ac3_a_registered_passkey_signs_in_and_opens_a_session(house: Any, phone: Any) -> None:
    """Repeatedly, in a browser without cookies of the listener."""
    key = registered(house, phone)
    for _ in range(2):
        browser = house.browser()
        assert 200 == entered(house, key, browser)
        assert 200 == browser.get(DEVICES).status_code
    with house.doors.database.worker() as tx:
        count = tx.value(
            "SELECT sign_count FROM listeners.passkeys WHERE credential_id = %s",
            [key.credential_id],
        )
    assert (2, None) == (count, flagged_at(house, key))


def test_ac3_what_is_asked_names_the_party_and_demands_the_owner(house: Any, phone: Any) -> None:
    """Discoverable and verified; an existing passkey is excluded; signing in names no passkey."""
    key = registered(house, phone)
    asked = house.signed_in(phone.username).post(CREATE).json()
    assert PARTY == asked["rp"]["id"]
    assert "required" == asked["authenticatorSelection"]["userVerification"]
    assert "required" == asked["authenticatorSelection"]["residentKey"]
    assert [text(key.credential_id)] == [each["id"] for each in asked["excludeCredentials"]]
    known = house.browser().post(GET).json()
    assert (PARTY, "required") == (known["rpId"], known["userVerification"])
    assert not known.get("allowCredentials")
    assert 32 == len(content(known["challenge"]))


def test_ac3_a_challenge_is_answered_once(house: Any, phone: Any) -> None:
    """The same answer again, later or fifty times in parallel, does not sign in twice."""
    key = registered(house, phone)
    browser = house.browser()
    answer = key.get(browser.post(GET).json())
    cookie = browser.cookies[BROWSER]

    def enter(_: int) -> bool:
        try:
            passkeys.sign_in(
                house.doors.database, house.doors.site, browser=cookie, credential=answer
            )
        except NotSignedIn:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert 1 == sum(pool.map(enter, range(50)))
    assert 401 == browser.post(SIGN_IN, json={"credential": answer}).status_code
    assert flagged_at(house, key) is None


def test_ac3_a_failed_answer_uses_its_challenge_up(house: Any, phone: Any) -> None:
    """A second try needs a new challenge."""
    key = registered(house, phone)
    browser = house.browser()
    asked = browser.post(GET).json()
    answer = key.get(asked)
    broken = {**answer, "response": {**answer["response"], "signature": text(b"wrong")}}
    assert 401 == browser.post(SIGN_IN, json={"credential": broken}).status_code
    assert 401 == browser.post(SIGN_IN, json={"credential": answer}).status_code
    assert 200 == entered(house, key, browser)


def test_ac3_a_registration_is_answered_once_and_a_passkey_is_one_listeners(
    house: Any, phone: Any
) -> None:
    """Neither a replay nor another account can register it."""
    key = Authenticator(SITE, PARTY)
    browser = house.signed_in(phone.username)
    made = {"credential": key.create(browser.post(CREATE).json()), "name": "Phone"}
    assert 201 == browser.post(BASE, json=made).status_code
    assert 422 == browser.post(BASE, json=made).status_code
    again = {"credential": key.create(browser.post(CREATE).json()), "name": "Phone"}
    assert 409 == browser.post(BASE, json=again).status_code


@pytest.mark.parametrize("late", [True, False])
def test_ac3_a_challenge_lives_five_minutes_in_its_own_browser(
    house: Any, phone: Any, late: bool
) -> None:
    """Another browser cannot use it, and an expired one is refused."""
    key, now = registered(house, phone), clock.now()
    browser, other = house.browser(), house.browser()
    with clock.frozen(now):
        answer = key.get(browser.post(GET).json())
        other.post(GET)
    with clock.frozen(now + passkeys.LIFETIME if late else now):
        user = browser if late else other
        assert 401 == user.post(SIGN_IN, json={"credential": answer}).status_code


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://pod.example"},
        {"party": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
    ids=["origin", "no https", "party", "not verified", "not present"],
)
def test_ac3_origin_party_and_owner_are_checked(
    house: Any, phone: Any, wrong: dict[str, Any]
) -> None:
    """They are checked at registration and at sign-in."""
    assert 422 == refused_to_register(
        house, phone, Authenticator(**{"origin": SITE, "party": PARTY, **wrong})
    )
    key = registered(house, phone)
    for name, value in wrong.items():
        setattr(key, name, value)
    assert 401 == entered(house, key)


def test_ac3_a_challenge_for_one_purpose_is_none_for_the_other(house: Any, phone: Any) -> None:
    """A challenge to sign in cannot register, and the other way round."""
    key = registered(house, phone)
    browser = house.signed_in(phone.username)
    asked = {**browser.post(CREATE).json(), "challenge": browser.post(GET).json()["challenge"]}
    made = Authenticator(SITE, PARTY).create(asked)
    assert 422 == browser.post(BASE, json={"credential": made, "name": "x"}).status_code
    answer = key.get(browser.post(CREATE).json())
    assert 401 == browser.post(SIGN_IN, json={"credential": answer}).status_code


def test_ac3_another_key_or_another_listeners_handle_signs_nobody_in(
    house: Any, phone: Any
) -> None:
    """The signature must be the passkey's, the handle its owner's."""
    key = registered(house, phone)
    thief = Authenticator(SITE, PARTY, credential_id=key.credential_id, count=9)
    assert 401 == entered(house, thief)
    key.user_handle = b"somebody else"
    assert 401 == entered(house, key)
    assert 401 == entered(house, Authenticator(SITE, PARTY))
    assert flagged_at(house, key) is None


def test_ac3_a_counter_that_goes_back_flags_the_passkey(house: Any, phone: Any) -> None:
    """A copy has used the original's number: neither signs in until it is removed."""
    key = registered(house, phone)
    assert 200 == entered(house, key)
    key.count -= 1
    now = clock.now()
    with clock.frozen(now):
        assert 401 == entered(house, key)
    assert now == flagged_at(house, key)
    key.count += 100
    assert 401 == entered(house, key)
    browser = house.signed_in(phone.username)
    (answer,) = browser.get(BASE).json()
    assert answer["flagged_at"]
    assert 204 == browser.delete(f"{BASE}/{answer['passkey_id']}").status_code
    assert 404 == browser.delete(f"{BASE}/{answer['passkey_id']}").status_code
    assert [] == browser.get(BASE).json()


def test_ac3_an_authenticator_without_a_counter_is_no_copy(house: Any, phone: Any) -> None:
    """Synchronized passkeys always send 0."""
    key = registered(house, phone, step=0)
    assert [200, 200] == [entered(house, key) for _ in range(2)]
    assert flagged_at(house, key) is None


def test_ac3_a_passkey_is_made_within_fifteen_minutes_of_a_sign_in(house: Any, phone: Any) -> None:
    """An app password cannot create one."""
    now = clock.now()
    with clock.frozen(now):
        browser = house.signed_in(phone.username)
    with clock.frozen(now + rules.FRESH):
        assert 403 == browser.post(CREATE).status_code
    assert 403 == house.browser().post(CREATE, auth=phone.auth).status_code
    assert 401 == house.browser().post(CREATE).status_code


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "AA", "response": {}},
        {"id": 7, "response": {"clientDataJSON": 7}},
        {"id": "AA", "response": {"clientDataJSON": text(b"[]")}},
        {"id": "AA", "response": {"clientDataJSON": text(b'{"challenge": "\\u00e9"}')}},
        {"response": {"clientDataJSON": text(b'{"challenge": "AAAA"}')}},
    ],
)
def test_ac3_what_no_authenticator_says_is_refused_as_input(
    house: Any, phone: Any, credential: dict[str, Any]
) -> None:
    """422, never an internal error."""
    answer = house.browser().post(SIGN_IN, json={"credential": credential})
    assert answer.status_code in {401, 422}
    browser = house.signed_in(phone.username)
    answer = browser.post(BASE, json={"credential": credential, "name": "x"})
    assert 422 == answer.status_code
