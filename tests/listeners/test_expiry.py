"""Deletes expired rows, and no rows that are still needed.

All rows here began in the past, so that rows of other tests are left alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from wavehouse.kernel import clock
from wavehouse.listeners import rules
from wavehouse.listeners.queries import links
from wavehouse.listeners.service import accounts, expiry, sessions

MOMENT = timedelta(seconds=1)


@pytest.fixture
def database(shared_workspace: Any) -> Any:
    return shared_workspace.stores.listeners


def begun(database: Any, phone: Any, at: datetime, *, app: bool = False) -> bytes:
    """The hash of the token of a session that began at an instant."""
    with clock.frozen(at):
        if app:
            _, token = accounts.by_password(
                database, username=phone.username, password=phone.password
            )
            assert sessions.caller(database, token=token) is not None  # the account is restored
        else:
            with database.worker() as tx:
                listener = accounts.find(tx, email=phone.username)
                token = sessions.begin(tx, listener_id=listener.listener_id)
    return rules.secret_hash(token)


def kept(database: Any, token_hash: bytes, table: str = "login_sessions") -> bool:
    with database.worker() as tx:
        row = tx.connection.execute(
            f"SELECT FROM listeners.{table} WHERE token_hash = %s", [token_hash]
        ).fetchone()
    return row is not None


def test_ac5_a_session_goes_when_it_is_over(database: Any, phone: Any) -> None:
    """It is not deleted a moment before."""
    now = clock.now()
    over = begun(database, phone, now - rules.SLIDING)
    living = begun(database, phone, now - rules.SLIDING + 600 * MOMENT)
    with clock.frozen(now):
        assert 1 <= expiry.tidy(database).sessions
        assert (False, True) == (kept(database, over), kept(database, living))
        assert 0 == expiry.tidy(database).sessions


def test_ac5_a_replaced_token_is_known_until_its_family_is_over(database: Any, phone: Any) -> None:
    """Reuse of a copy after the clean-up still ends every token of the sign-in."""
    now = clock.now()
    start = now - 60 * clock.DAY
    with clock.frozen(start), database.worker() as tx:
        listener = accounts.find(tx, email=phone.username)
        first = sessions.begin(tx, listener_id=listener.listener_id)
    with clock.frozen(now - 35 * clock.DAY):  # so that the first token is valid until five days ago
        _, second = sessions.refresh(database, token=first)
    with clock.frozen(now - 20 * clock.DAY):
        assert sessions.caller(database, token=second) is not None
    with clock.frozen(now):
        expiry.tidy(database)
        assert kept(database, rules.secret_hash(first))
        assert sessions.caller(database, token=second) is not None
        assert sessions.caller(database, token=first) is None
        assert sessions.caller(database, token=second) is None


def test_ac5_a_replaced_token_goes_with_its_family(database: Any, phone: Any) -> None:
    """After 180 days none of the tokens can be used."""
    start = clock.now() - rules.ABSOLUTE - MOMENT
    with clock.frozen(start), database.worker() as tx:
        listener = accounts.find(tx, email=phone.username)
        first = sessions.begin(tx, listener_id=listener.listener_id)
    with clock.frozen(start + clock.DAY):
        _, second = sessions.refresh(database, token=first)
    expiry.tidy(database)
    assert not kept(database, rules.secret_hash(first))
    assert not kept(database, rules.secret_hash(second))


def test_p19_an_app_finds_its_cursor_a_month_after_its_session(database: Any, phone: Any) -> None:
    """It signs in again by its password, into the same session."""
    now = clock.now()
    session = begun(database, phone, now - rules.SLIDING - clock.DAY, app=True)
    with clock.frozen(now):
        expiry.tidy(database)
        assert kept(database, session)
    with database.worker() as tx:
        tx.connection.execute(
            "UPDATE listeners.login_sessions SET expires_at = %s WHERE token_hash = %s",
            [now - rules.SLIDING - MOMENT, session],
        )
    with clock.frozen(now):
        expiry.tidy(database)
        assert not kept(database, session)


def test_ac2_a_link_goes_after_its_quarter_of_an_hour(database: Any, phone: Any) -> None:
    """Whether or not it was used."""
    now = clock.now()
    hashes = [rules.secret_hash(f"link {n} {now}") for n in range(2)]
    with database.worker() as tx:
        listener = accounts.find(tx, email=phone.username)
        for token_hash, expires_at in zip(hashes, [now, now + MOMENT], strict=True):
            links.insert_link(
                tx,
                token_hash=token_hash,
                listener_id=listener.listener_id,
                browser_hash=rules.secret_hash("browser"),
                expires_at=expires_at,
            )
    with clock.frozen(now):
        assert 1 <= expiry.tidy(database).links
    assert [False, True] == [kept(database, digest, "login_links") for digest in hashes]
