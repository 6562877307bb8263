"""Signing in on the pages with an emailed link, a password or a passkey."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.accounts.test_members_http import Visitor
from tests.listeners.authenticator import Authenticator
from tests.tenants import member_of

from wavehouse import accounts, mail
from wavehouse.accounts import Role
from wavehouse.kernel import clock
from wavehouse.workspace import Workspace

EMAIL = "bo@members.example"
PASSWORD = "twelve characters and more"
ORIGIN = "http://localhost:8420"


@pytest.fixture
def bo(workspace: Workspace) -> Workspace:
    """A member with an email address."""
    return member_of(workspace, Role.USER, "Bo")


def _emails(workspace: Workspace) -> list[mail.StoredEmail]:
    return mail.stored_emails(mail.outbox_folder(workspace.settings))


def _token(workspace: Workspace) -> str:
    match = re.search(r"/sign-in\?token=([\w-]+)", _emails(workspace)[0].text)
    assert match is not None
    return match[1]


def _json(visitor: Visitor, path: str, body: Any = None) -> Any:
    return visitor.client.post(path, json=body or {}, headers={"Accept": "application/json"})


def test_an_emailed_link_signs_in_the_browser_that_asked(
    workspace: Workspace, bo: Workspace
) -> None:
    """Another browser is refused without using up the link; the requesting one signs in once."""
    here, elsewhere = Visitor(workspace, None), Visitor(workspace, None)
    asked = here.send("/sign-in/email", email=" BO@members.example ")
    token = _token(workspace)
    foreign = elsewhere.send("/sign-in", token=token)
    entered = here.send("/sign-in", token=token)
    again = here.send("/sign-in", token=token)

    assert [200, 401, 303, 401] == [a.status_code for a in (asked, foreign, entered, again)]
    assert 200 == here.client.get("/members").status_code
    assert EMAIL == _emails(workspace)[0].to


def test_an_unknown_address_gets_the_same_answer_and_no_email(
    workspace: Workspace, bo: Workspace
) -> None:
    """Known, unknown and removed addresses get the same answer, so membership is not revealed."""
    visitor = Visitor(workspace, None)
    unknown = visitor.send("/sign-in/email", email="nobody@members.example")
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        accounts.remove_member(tx, identity=workspace.identity, wanted=bo.identity.user_id)
    removed = visitor.send("/sign-in/email", email=EMAIL)

    assert [] == _emails(workspace)
    assert (200, unknown.text) == (removed.status_code, removed.text)


def test_an_emailed_link_expires_after_fifteen_minutes(workspace: Workspace, bo: Workspace) -> None:
    """It works one second before the limit and fails after it."""
    visitor, now = Visitor(workspace, None), clock.now()
    with clock.frozen(now):
        visitor.send("/sign-in/email", email=EMAIL)
    with clock.frozen(now + timedelta(minutes=15)):
        late = visitor.send("/sign-in", token=_token(workspace))
    with clock.frozen(now + timedelta(minutes=15) - timedelta(seconds=1)):
        in_time = visitor.send("/sign-in", token=_token(workspace))

    assert [401, 303] == [late.status_code, in_time.status_code]


def test_tries_are_limited_by_address_and_by_client(workspace: Workspace, bo: Workspace) -> None:
    """Five links per address and ten tries per client; the next request gets 429."""
    visitor = Visitor(workspace, None)
    with clock.frozen(clock.now()):
        codes = [visitor.send("/sign-in/email", email=EMAIL).status_code for _ in range(6)] + [
            visitor.send("/sign-in/password", email=f"x{n}@a.example", password="x").status_code
            for n in range(5)
        ]

    assert [200] * 5 + [429] + [401] * 4 + [429] == codes


def test_a_password_signs_in_and_its_change_ends_the_other_sessions(
    workspace: Workspace, bo: Workspace
) -> None:
    """The password is set on the account page; a wrong one and an unknown address look alike."""
    here, other = Visitor(workspace, bo), Visitor(workspace, bo)
    short = here.send("/account/password", password="short")
    kept = here.send("/account/password", password=PASSWORD)
    visitor = Visitor(workspace, None)
    wrong = visitor.send("/sign-in/password", email=EMAIL, password="another password")
    unknown = visitor.send("/sign-in/password", email="no@members.example", password=PASSWORD)
    entered = visitor.send("/sign-in/password", email=EMAIL, password=PASSWORD)

    assert [422, 303] == [short.status_code, kept.status_code]
    assert 401 == other.client.get("/members").status_code
    assert [401, 401, 303] == [a.status_code for a in (wrong, unknown, entered)]
    assert "Wrong address or password" in wrong.text
    assert 200 == visitor.client.get("/members").status_code


def test_a_marker_of_no_password_is_no_password(workspace: Workspace, bo: Workspace) -> None:
    """A user without a password cannot sign in with one, whatever is typed."""
    visitor = Visitor(workspace, None)

    assert [401, 401] == [
        visitor.send("/sign-in/password", email=EMAIL, password=word).status_code
        for word in ("!", "")
    ]


def test_credentials_change_only_soon_after_a_sign_in(workspace: Workspace, bo: Workspace) -> None:
    """A session older than 15 minutes can change neither the password nor passkeys."""
    visitor = Visitor(workspace, bo)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        refused = [
            visitor.send("/account/password", password=PASSWORD).status_code,
            visitor.send("/account/password/remove").status_code,
            _json(visitor, "/account/passkeys/options").status_code,
            visitor.send("/account/passkeys/remove", id="x" * 30).status_code,
        ]

    assert [403] * 4 == refused


def _registered(workspace: Workspace, bo: Workspace) -> Authenticator:
    visitor, key = Visitor(workspace, bo), Authenticator(ORIGIN, "localhost")
    options = _json(visitor, "/account/passkeys/options").json()
    added = _json(visitor, "/account/passkeys", {"name": "k", "credential": key.create(options)})
    assert 201 == added.status_code, added.text
    return key


def test_a_passkey_signs_in(workspace: Workspace, bo: Workspace) -> None:
    """It is registered on the account page and then signs in without an address."""
    key, visitor = _registered(workspace, bo), Visitor(workspace, None)
    options = _json(visitor, "/sign-in/passkey/options").json()
    entered = _json(visitor, "/sign-in/passkey", {"credential": key.get(options)})

    assert 200 == entered.status_code
    assert "Bo" in visitor.client.get("/account").text


def test_a_passkeys_answer_works_once_and_in_its_browser(
    workspace: Workspace, bo: Workspace
) -> None:
    """A repeated answer, and an answer to another browser's challenge, are refused."""
    key = _registered(workspace, bo)
    visitor, other = Visitor(workspace, None), Visitor(workspace, None)
    _json(other, "/sign-in/passkey/options")
    answer = {"credential": key.get(_json(visitor, "/sign-in/passkey/options").json())}
    foreign = _json(other, "/sign-in/passkey", answer)
    first = _json(visitor, "/sign-in/passkey", answer)
    again = _json(visitor, "/sign-in/passkey", answer)

    assert [401, 200, 401] == [a.status_code for a in (foreign, first, again)]


def test_a_passkey_whose_counter_goes_back_stops_working(
    workspace: Workspace, bo: Workspace
) -> None:
    """The passkey may have been copied: it is flagged, and no longer signs in."""
    key, visitor = _registered(workspace, bo), Visitor(workspace, None)
    codes = []
    for count in (5, 3, 9):
        key.count = count
        options = _json(visitor, "/sign-in/passkey/options").json()
        codes.append(
            _json(visitor, "/sign-in/passkey", {"credential": key.get(options)}).status_code
        )

    assert [200, 401, 401] == codes
    assert "may have been copied" in Visitor(workspace, bo).client.get("/account").text


def test_a_passkey_of_another_origin_is_refused(workspace: Workspace, bo: Workspace) -> None:
    """An answer collected by a look-alike site is refused."""
    key, visitor = _registered(workspace, bo), Visitor(workspace, None)
    key.origin = "http://localhost.evil.example"
    options = _json(visitor, "/sign-in/passkey/options").json()

    assert 401 == _json(visitor, "/sign-in/passkey", {"credential": key.get(options)}).status_code


def test_a_removed_member_signs_in_by_no_means(workspace: Workspace, bo: Workspace) -> None:
    """Password and passkey belong to the person; without an organization neither signs in."""
    Visitor(workspace, bo).send("/account/password", password=PASSWORD)
    key, visitor = _registered(workspace, bo), Visitor(workspace, None)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        accounts.remove_member(tx, identity=workspace.identity, wanted=bo.identity.user_id)
    by_password = visitor.send("/sign-in/password", email=EMAIL, password=PASSWORD)
    options = _json(visitor, "/sign-in/passkey/options").json()
    by_passkey = _json(visitor, "/sign-in/passkey", {"credential": key.get(options)})

    assert [401, 401] == [by_password.status_code, by_passkey.status_code]
