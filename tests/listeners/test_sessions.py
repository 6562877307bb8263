"""Sessions: their lifetime, the replacement of tokens, and every way to end them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, Refused
from wavehouse.listeners import rules
from wavehouse.listeners.service import accounts, sessions
from wavehouse.store import Database, Listeners

REFRESH = "/api/v1/listener/session/refresh"
HERE, EVERYWHERE = "/api/v1/listener/session", "/api/v1/listener/sessions"
DEVICES = "/api/v1/listener/devices"
MOMENT = timedelta(seconds=1)


@pytest.fixture
def database(shared_workspace: Any) -> Any:
    return shared_workspace.stores.listeners


def begun(database: Any, phone: Any, at: datetime) -> str:
    """The token of a session of the phone's listener that begins at an instant."""
    with clock.frozen(at), database.worker() as tx:
        return sessions.begin(tx, listener_id=accounts.find(tx, email=phone.username).listener_id)


def lives(database: Any, token: str, at: datetime) -> bool:
    with clock.frozen(at):
        return sessions.caller(database, token=token) is not None


def refreshed(database: Any, token: str, at: datetime) -> str | None:
    with clock.frozen(at):
        try:
            return sessions.refresh(database, token=token)[1]
        except NotSignedIn:
            return None


def test_ac5_a_session_ends_thirty_days_after_its_last_use(database: Any, phone: Any) -> None:
    """Use extends it; one moment later it has ended."""
    start = clock.now()
    token = begun(database, phone, start)
    assert lives(database, token, start + 20 * clock.DAY)
    assert lives(database, token, start + 50 * clock.DAY - MOMENT)
    last = start + 50 * clock.DAY - MOMENT
    assert not lives(database, token, last + rules.SLIDING)


def test_ac5_a_session_ends_180_days_after_its_sign_in(database: Any, phone: Any) -> None:
    """However often it is used and its token replaced."""
    start = clock.now()
    token = begun(database, phone, start)
    for day in range(25, 180, 25):
        made = refreshed(database, token, start + day * clock.DAY)
        assert made is not None
        token = made
    assert lives(database, token, start + rules.ABSOLUTE - MOMENT)
    assert not lives(database, token, start + rules.ABSOLUTE)
    assert refreshed(database, token, start + rules.ABSOLUTE) is None


def test_ac5_using_an_app_password_does_not_move_the_absolute_end(
    database: Any, phone: Any
) -> None:
    """Its cookie ends after 180 days; the password then starts a new session."""
    start, token = clock.now(), ""
    for day in (0, *range(0, 180, 20), 179):  # a client that returns its cookie
        with clock.frozen(start + day * clock.DAY):
            _, token = accounts.by_password(
                database, username=phone.username, password=phone.password, cookie=token
            )
    assert lives(database, token, start + rules.ABSOLUTE - MOMENT)
    assert not lives(database, token, start + rules.ABSOLUTE)
    with clock.frozen(start + rules.ABSOLUTE):
        accounts.by_password(
            database, username=phone.username, password=phone.password, cookie=token
        )
    assert lives(database, token, start + rules.ABSOLUTE + 29 * clock.DAY)


def test_ac5_a_replaced_token_works_ten_minutes_longer(database: Any, phone: Any) -> None:
    """An answer may be lost, so the replaced token can also be refreshed once more."""
    start = clock.now()
    old = begun(database, phone, start)
    new = refreshed(database, old, start)
    again = refreshed(database, old, start + 9 * clock.HOUR / 60)
    assert new
    assert again
    assert 3 == len({old, new, again})
    assert all(lives(database, t, start + rules.GRACE - MOMENT) for t in (old, new, again))


def test_ac5_reuse_of_a_replaced_token_ends_its_family_and_no_other(
    database: Any, phone: Any
) -> None:
    """Thief and owner are signed out; another sign-in of the same listener is not."""
    start = clock.now()
    old, elsewhere = (begun(database, phone, start) for _ in range(2))
    new = refreshed(database, old, start)
    assert new
    later = start + rules.GRACE
    assert lives(database, new, later)
    assert not lives(database, old, later)
    assert not lives(database, new, later)
    assert refreshed(database, new, later) is None
    assert lives(database, elsewhere, later)


def test_ac5_refreshing_with_a_reused_token_ends_its_family_too(database: Any, phone: Any) -> None:
    """This applies even when the token would have expired by age."""
    start = clock.now()
    old = begun(database, phone, start)
    new = refreshed(database, old, start + clock.DAY)
    assert new
    assert lives(database, new, start + 29 * clock.DAY)
    assert refreshed(database, old, start + 40 * clock.DAY) is None
    assert not lives(database, new, start + 40 * clock.DAY)


def test_ac5_many_refreshes_at_once_all_give_a_session_of_one_family(
    database: Any, phone: Any
) -> None:
    """Tabs of one browser; cursor and absolute end are kept."""
    start = clock.now()
    old = begun(database, phone, start)
    with database.worker() as tx:
        tx.connection.execute(
            "UPDATE listeners.login_sessions SET served_cursor = 7 WHERE token_hash = %s",
            [rules.secret_hash(old)],
        )
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: refreshed(database, old, start), range(10)))
    assert 10 == len(set(made))
    with database.worker() as tx:
        rows = tx.connection.execute(
            "SELECT DISTINCT family_id, served_cursor, absolute_expires_at"
            " FROM listeners.login_sessions WHERE token_hash = ANY (%s)",
            [[rules.secret_hash(token or "") for token in made]],
        ).fetchall()
    assert 1 == len(rows)
    assert (7, start + rules.ABSOLUTE) == rows[0][1:]


def test_ac5_an_apps_session_is_not_refreshed(database: Any, phone: Any) -> None:
    """Its token comes from the password; a new one would last no longer."""
    _, token = accounts.by_password(database, username=phone.username, password=phone.password)
    assert sessions.caller(database, token=token) is not None
    with pytest.raises(Refused):
        sessions.refresh(database, token=token)


def test_ac5_refreshing_over_http_replaces_the_cookie(house: Any, phone: Any) -> None:
    """The browser continues with the new cookie."""
    browser = house.signed_in(phone.username)
    before = browser.cookies["sessionid"]
    assert 200 == browser.post(REFRESH).status_code
    assert before != browser.cookies["sessionid"]
    assert 200 == browser.get(DEVICES).status_code
    assert 401 == house.browser().post(REFRESH).status_code


def test_ac7_signing_out_ends_the_session_for_every_copy_of_its_cookie(
    house: Any, phone: Any
) -> None:
    """The session's earlier tokens end as well."""
    browser, copy = house.signed_in(phone.username), house.browser()
    copy.cookies.set("sessionid", browser.cookies["sessionid"])
    browser.post(REFRESH)
    assert 204 == browser.delete(HERE).status_code
    assert 401 == copy.get(DEVICES).status_code
    assert "sessionid" not in browser.cookies


def test_ac7_signing_out_everywhere_holds_at_once_on_every_node(
    house: Any, phone: Any, database: Any
) -> None:
    """A second node with separate connections asks the database each time; apps continue."""
    browser, other = (house.signed_in(phone.username) for _ in range(2))
    node: Database[Listeners] = Database(database.place)
    tokens = [each.cookies["sessionid"] for each in (browser, other)]
    try:
        assert all(sessions.caller(node, token=token) for token in tokens)
        assert {"ended": 2} == browser.delete(EVERYWHERE).json()
        assert not any(sessions.caller(node, token=token) for token in tokens)
    finally:
        node.close()
    assert 401 == other.get(DEVICES).status_code
    assert 200 == house.browser().get(DEVICES, auth=phone.auth).status_code


def test_ac7_what_ended_is_counted_by_sign_in(database: Any, phone: Any) -> None:
    """A session counts once, however many tokens it had; an ended one does not count."""
    now = clock.now()
    token = begun(database, phone, now)
    refreshed(database, token, now)
    begun(database, phone, now - rules.SLIDING)
    with clock.frozen(now):
        caller = sessions.caller(database, token=token)
        assert caller is not None
        assert 1 == sessions.end_all(database, caller=caller)
        assert 0 == sessions.end_all(database, caller=caller)


def test_ac7_with_apps_their_passwords_end_too(house: Any, phone: Any) -> None:
    """Neither the password nor its session's cookie works afterwards."""
    app = house.browser()
    assert 200 == app.get(DEVICES, auth=phone.auth).status_code
    browser = house.signed_in(phone.username)
    assert {"ended": 2} == browser.delete(EVERYWHERE, params={"apps": True}).json()
    assert 401 == app.get(DEVICES).status_code
    assert 401 == app.get(DEVICES, auth=phone.auth).status_code


def test_ac6_an_app_password_does_not_change_the_account(house: Any, phone: Any) -> None:
    """A lost phone must not be able to sign its owner out."""
    app = house.browser()
    assert 403 == app.delete(EVERYWHERE, auth=phone.auth).status_code
    assert 200 == app.get(DEVICES, auth=phone.auth).status_code
    assert 403 == app.delete(EVERYWHERE).status_code
