"""One-time links on a real database: single use, expiry, one browser, no account revealed."""

from __future__ import annotations

import email
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from email import policy
from pathlib import Path
from typing import Any

import pytest
from tests.emails import text_of

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.service import links, sessions
from wavehouse.mail import Outbox
from wavehouse.workspace import Workspace

SITE = "https://pod.example/sign-in"


@pytest.fixture
def database(shared_workspace: Workspace) -> Any:
    return shared_workspace.stores.listeners


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def asked(database: Any, outbox: Outbox, address: str, browser: str = "browser") -> str:
    """Request a link; returns the token in the email."""
    links.request(database, outbox, email=address, browser=browser, address=SITE)
    newest = max(outbox.folder.iterdir())
    letter = email.message_from_bytes(newest.read_bytes(), policy=policy.default)
    found = re.search(r"token=([\w-]{43})", text_of(letter))
    assert (0o600, address) == (newest.stat().st_mode & 0o777, letter["To"])
    assert found is not None
    return found[1]


def redeemed(database: Any, token: str, browser: str = "browser") -> str | None:
    try:
        return links.redeem(database, token=token, browser=browser)[1]
    except NotSignedIn:
        return None


def test_ac2_fifty_redemptions_at_once_open_one_session(
    database: Any, outbox: Outbox, phone: Any
) -> None:
    """The first one; the session is the listener's."""
    token = asked(database, outbox, phone.username)
    with ThreadPoolExecutor(50) as pool:
        opened = [s for s in pool.map(lambda _: redeemed(database, token), range(50)) if s]
    (session,) = opened
    caller = sessions.caller(database, token=session)
    assert caller is not None
    assert phone.username == caller.email


def test_ac2_a_link_works_for_fifteen_minutes_in_its_own_browser(
    database: Any, outbox: Outbox, phone: Any
) -> None:
    """Another browser does not use it up; an expired one opens nothing."""
    now = clock.now()
    with clock.frozen(now):
        early, late = (asked(database, outbox, phone.username) for _ in range(2))
    assert None is redeemed(database, early, browser="another")
    with clock.frozen(now + links.LIFETIME):
        assert None is redeemed(database, late)
    with clock.frozen(now + links.LIFETIME - clock.HOUR / 3600):
        assert redeemed(database, early)


def test_ac2_ac5_only_hashes_of_tokens_are_stored(
    database: Any, outbox: Outbox, phone: Any
) -> None:
    """SHA-256 of the link, of the browser's cookie and of the session."""
    token = asked(database, outbox, phone.username, browser="cookie")
    session = redeemed(database, token, browser="cookie")
    assert session
    with database.worker() as tx:
        link = tx.connection.execute(
            "SELECT browser_hash, used_at IS NOT NULL FROM listeners.login_links"
            " WHERE token_hash = %s",
            [rules.secret_hash(token)],
        ).fetchone()
        days = tx.connection.execute(
            "SELECT expires_at - last_seen_at, absolute_expires_at - last_seen_at"
            " FROM listeners.login_sessions WHERE token_hash = %s",
            [rules.secret_hash(session)],
        ).fetchone()
    assert (rules.secret_hash("cookie"), True) == link
    assert (rules.SLIDING, rules.ABSOLUTE) == days


def test_ac2_ac8_an_unknown_address_gets_the_same_answer_and_no_letter(
    database: Any, outbox: Outbox
) -> None:
    """Nothing is raised and nothing is written."""
    links.request(database, outbox, email="nobody@example.org", browser="b", address=SITE)
    assert not outbox.folder.exists()


def test_ac10_no_log_line_holds_a_token(
    database: Any, outbox: Outbox, phone: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """At the lowest log level, while a link is requested and used."""
    with caplog.at_level(logging.DEBUG):
        token = asked(database, outbox, phone.username)
        session = redeemed(database, token)
    assert session
    assert token not in caplog.text
    assert session not in caplog.text
