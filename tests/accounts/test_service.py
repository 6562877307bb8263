"""Organizations, sign-in links, sessions and API keys on a real database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from wavehouse import accounts
from wavehouse.accounts import Scope
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Refused
from wavehouse.store import Stores
from wavehouse.workspace import Workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _link(workspace: Workspace) -> str:
    with workspace.stores.operational.worker() as tx:
        return accounts.create_login_link(tx, identity=workspace.identity).token


def _key(workspace: Workspace, **changes: object) -> accounts.NewApiKey:
    wanted: dict[str, object] = {"name": "shop", "scopes": [Scope.CONVERSIONS_WRITE], **changes}
    organization = workspace.organization.organization_id
    with workspace.stores.operational.app(organization) as tx:
        return accounts.create_api_key(tx, identity=workspace.identity, **wanted)  # type: ignore[arg-type]


def test_the_first_organization_is_made_once(stores: Stores) -> None:
    """The second start finds the existing organization."""
    with stores.operational.worker() as tx:
        first = accounts.ensure_organization(tx, name="Nord & Süd")
    with stores.operational.worker() as tx:
        again = accounts.ensure_organization(tx, name="Another name")

    assert first == again
    assert "nord-s-d" == first[0].slug


def test_a_sign_in_link_begins_a_session_of_its_user(workspace: Workspace) -> None:
    """A link's token is exchanged for a session's token; the session belongs to the link's user."""
    token = _link(workspace)
    with workspace.stores.operational.worker() as tx:
        session = accounts.sign_in(tx, token=token)
    with workspace.stores.operational.worker() as tx:
        identity = accounts.session_of(tx, token=session.token)

    assert workspace.identity == session.identity == identity


def test_a_sign_in_link_works_once(workspace: Workspace) -> None:
    """A used link and an unknown link get the same answer."""
    token = _link(workspace)
    with workspace.stores.operational.worker() as tx:
        accounts.sign_in(tx, token=token)

    with workspace.stores.operational.worker() as tx, pytest.raises(NotSignedIn) as again:
        accounts.sign_in(tx, token=token)
    with workspace.stores.operational.worker() as tx, pytest.raises(NotSignedIn) as unknown:
        accounts.sign_in(tx, token="never made")
    assert str(again.value) == str(unknown.value)


def test_a_sign_in_link_works_once_for_requests_at_the_same_time(workspace: Workspace) -> None:
    """Eight concurrent requests use one link; one session begins."""
    token = _link(workspace)
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def use() -> None:
        barrier.wait()
        try:
            with workspace.stores.operational.worker() as tx:
                accounts.sign_in(tx, token=token)
            outcomes.append("in")
        except NotSignedIn:
            outcomes.append("out")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["in"] + ["out"] * 7 == sorted(outcomes)


def test_a_sign_in_link_ends_after_a_day(workspace: Workspace) -> None:
    """It works just before 24 hours and fails at 24 hours."""
    with clock.frozen(NOON):
        early, late = _link(workspace), _link(workspace)

    with (
        clock.frozen(NOON + timedelta(hours=24, microseconds=-1)),
        workspace.stores.operational.worker() as tx,
    ):
        accounts.sign_in(tx, token=early)
    with (
        clock.frozen(NOON + timedelta(hours=24)),
        workspace.stores.operational.worker() as tx,
        pytest.raises(NotSignedIn),
    ):
        accounts.sign_in(tx, token=late)


def test_a_session_ends_after_thirty_days(workspace: Workspace) -> None:
    """The cookie identifies nobody afterwards."""
    with clock.frozen(NOON):
        token = _link(workspace)
        with workspace.stores.operational.worker() as tx:
            session = accounts.sign_in(tx, token=token)
    with clock.frozen(NOON + timedelta(days=30)), workspace.stores.operational.worker() as tx:
        assert accounts.session_of(tx, token=session.token) is None


def test_signing_out_ends_the_session(workspace: Workspace) -> None:
    """Signing out twice is harmless."""
    token = _link(workspace)
    with workspace.stores.operational.worker() as tx:
        session = accounts.sign_in(tx, token=token)
        accounts.sign_out(tx, token=session.token)
        accounts.sign_out(tx, token=session.token)

        assert accounts.session_of(tx, token=session.token) is None


def test_a_user_who_was_switched_off_has_no_session(workspace: Workspace) -> None:
    """Sessions and links of a user end when the user is switched off."""
    link, unused = _link(workspace), _link(workspace)
    with workspace.stores.operational.worker() as tx:
        session = accounts.sign_in(tx, token=link)
        tx.execute("UPDATE accounts.users SET is_active = false")
    with workspace.stores.operational.worker() as tx:
        assert accounts.session_of(tx, token=session.token) is None
        with pytest.raises(NotSignedIn):
            accounts.sign_in(tx, token=unused)


def test_no_secret_of_a_link_session_or_key_reaches_a_table(workspace: Workspace) -> None:
    """Only hashes are stored: no text column contains a token."""
    link = _link(workspace)
    key = _key(workspace).text
    with workspace.stores.operational.worker() as tx:
        session = accounts.sign_in(tx, token=link).token
    with workspace.stores.operational.worker() as tx:
        rows = [
            str(tx.values(f"SELECT t::text FROM {table} t"))
            for table in (
                "accounts.login_links",
                "accounts.login_sessions",
                "accounts.api_keys",
                "audit.audit_log",
            )
        ]

    assert all(rows)
    for secret in (link, session, key, key.split("_")[3]):
        assert not any(secret in row for row in rows)


def test_a_key_acts_for_its_organization(workspace: Workspace) -> None:
    """It is verified by its text, for a scope that it has."""
    made = _key(workspace)
    with workspace.stores.operational.worker() as tx:
        identity = accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)

    assert workspace.organization.organization_id == identity.organization_id


def test_a_key_is_refused_for_a_scope_that_it_lacks(workspace: Workspace) -> None:
    """The error is Refused, not NotFound: the caller needs another key."""
    made = _key(workspace)
    with workspace.stores.operational.worker() as tx, pytest.raises(Refused):
        accounts.verify_api_key(tx, text=made.text, scope=Scope.STATS_READ)


def test_a_revoked_key_is_refused_at_once(workspace: Workspace) -> None:
    """A revoked key cannot be revoked again."""
    made = _key(workspace)
    organization = workspace.organization.organization_id
    with workspace.stores.operational.app(organization) as tx:
        accounts.revoke_api_key(tx, identity=workspace.identity, key_prefix=made.key.key_prefix)

    with workspace.stores.operational.worker() as tx, pytest.raises(NotSignedIn):
        accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)
    with workspace.stores.operational.app(organization) as tx, pytest.raises(NotFound):
        accounts.revoke_api_key(tx, identity=workspace.identity, key_prefix=made.key.key_prefix)


def test_an_expired_key_is_refused(workspace: Workspace) -> None:
    """It is refused from the instant of its expiry on."""
    with clock.frozen(NOON):
        made = _key(workspace, expires_at=NOON + timedelta(days=1))
    with (
        clock.frozen(NOON + timedelta(days=1)),
        workspace.stores.operational.worker() as tx,
        pytest.raises(NotSignedIn),
    ):
        accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)


def test_using_a_key_is_remembered_once_a_minute(workspace: Workspace) -> None:
    """A busy key updates its row once a minute, not at every request."""
    made = _key(workspace)
    organization = workspace.organization.organization_id
    seen = []
    for seconds in (0, 30, 61):
        with clock.frozen(NOON + timedelta(seconds=seconds)):
            with workspace.stores.operational.worker() as tx:
                accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)
            with workspace.stores.operational.app(organization) as tx:
                seen += [
                    k.last_used_at for k in accounts.list_api_keys(tx, identity=workspace.identity)
                ]

    assert [NOON, NOON, NOON + timedelta(seconds=61)] == seen


@pytest.mark.parametrize("changes", [{"name": "  "}, {"scopes": []}], ids=["name", "scopes"])
def test_a_key_needs_a_name_and_a_scope(workspace: Workspace, changes: dict[str, object]) -> None:
    """A nameless key cannot be identified later; one without scopes is useless."""
    with pytest.raises(InvalidInput):
        _key(workspace, **changes)


def test_making_and_revoking_a_key_stand_in_the_audit_log(workspace: Workspace) -> None:
    """The entry has the actor and no secret."""
    made = _key(workspace)
    organization = workspace.organization.organization_id
    with workspace.stores.operational.app(organization) as tx:
        accounts.revoke_api_key(tx, identity=workspace.identity, key_prefix=made.key.key_prefix)
    with workspace.stores.operational.app(organization) as tx:
        actions = tx.values(
            "SELECT action FROM audit.audit_log WHERE resource_type = 'api_key' "
            "AND actor = %(actor)s ORDER BY audit_id",
            {"actor": accounts.user_actor(workspace.identity)},
        )

    assert ["api_key.created", "api_key.revoked"] == actions


def _second_organization(stores: Stores) -> accounts.Organization:
    with stores.operational.worker() as tx:
        return tx.one(
            accounts.Organization,
            "INSERT INTO accounts.organizations (name, slug) VALUES ('Other', 'other') "
            "RETURNING organization_id, name, slug, timezone",
        )


def test_row_security_shows_an_organization_its_own_rows_and_no_others(
    workspace: Workspace,
) -> None:
    """The app sees the rows of one organization, and no rows without an organization."""
    other = _second_organization(workspace.stores)
    _key(workspace)
    database = workspace.stores.operational

    with database.app(workspace.organization.organization_id) as tx:
        assert 1 == tx.value("SELECT count(*) FROM accounts.api_keys")
        assert 1 == tx.value("SELECT count(*) FROM accounts.organizations")
    with database.app(other.organization_id) as tx:
        assert 0 == tx.value("SELECT count(*) FROM accounts.api_keys")
        assert 0 == tx.value("SELECT count(*) FROM audit.audit_log")
    with database.app(None) as tx:
        assert 0 == tx.value("SELECT count(*) FROM accounts.organizations")
    with database.worker() as tx:
        assert 2 == tx.value("SELECT count(*) FROM accounts.organizations")


def test_row_security_refuses_writing_into_another_organization(workspace: Workspace) -> None:
    """A forged identity cannot insert a key for another organization."""
    other = _second_organization(workspace.stores)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        workspace.stores.operational.app(other.organization_id) as tx,
    ):
        accounts.create_api_key(
            tx, identity=workspace.identity, name="stolen", scopes=[Scope.STATS_READ]
        )


def test_the_organization_of_one_transaction_is_forgotten_by_the_next(
    workspace: Workspace,
) -> None:
    """A pool shares connections; the setting must not outlive its transaction."""
    database = workspace.stores.operational
    for organization, expected in ((workspace.organization.organization_id, 1), (None, 0)) * 3:
        with database.app(organization) as tx:
            assert expected == tx.value("SELECT count(*) FROM accounts.users")


@pytest.mark.parametrize("table", ["login_links", "login_sessions"])
def test_the_app_cannot_read_links_and_sessions(workspace: Workspace, table: str) -> None:
    """Only the worker reads them; the app can end sessions without seeing a token."""
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        tx.value(f"SELECT count(token_hash) FROM accounts.{table}")


def test_links_and_sessions_that_have_ended_are_deleted(workspace: Workspace) -> None:
    """Creating a link deletes the expired ones."""
    with clock.frozen(NOON):
        _link(workspace)
    with clock.frozen(NOON + timedelta(days=2)):
        _link(workspace)
    with workspace.stores.operational.worker() as tx:
        assert 1 == tx.value("SELECT count(*) FROM accounts.login_links")


def test_a_key_that_has_expired_already_is_not_made(workspace: Workspace) -> None:
    """An expiry date in the past is a typing error: the key would never work."""
    with (
        clock.frozen(NOON),
        pytest.raises(InvalidInput, match="the expiry date is in the past"),
    ):
        _key(workspace, expires_at=NOON)


def test_two_equal_requests_at_a_time_have_one_effect(workspace: Workspace) -> None:
    """The second waits and repeats the first's answer; after a failure the key is free again."""
    location, done = workspace, []

    def effect() -> tuple[int, dict[str, Any]]:
        done.append(1)
        return 201, {"n": len(done)}

    def ask(_: int) -> accounts.Answered:
        with location.stores.operational.app(location.organization.organization_id) as tx:
            return accounts.answer_once(
                tx, identity=location.identity, key="same", request=b"POST /x", answer=effect
            )

    def broken() -> tuple[int, dict[str, Any]]:
        raise InvalidInput("no")

    with (
        pytest.raises(InvalidInput),
        location.stores.operational.app(location.organization.organization_id) as tx,
    ):
        accounts.answer_once(
            tx, identity=location.identity, key="same", request=b"POST /x", answer=broken
        )
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert [1] == done
    assert {(201, 1)} == {(a.status, a.body["n"]) for a in answers}
    assert 7 == sum(a.replayed for a in answers)


def test_an_idempotency_key_is_free_again_after_a_day(workspace: Workspace) -> None:
    """Another request may reuse it after a day; before that it is refused."""
    workspace = workspace

    def ask(request: bytes) -> accounts.Answered:
        with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
            return accounts.answer_once(
                tx,
                identity=workspace.identity,
                key="k",
                request=request,
                answer=lambda: (201, {"request": request.decode()}),
            )

    now = clock.now()
    ask(b"one")
    with clock.frozen(now + timedelta(hours=23)), pytest.raises(Conflict):
        ask(b"two")
    with clock.frozen(now + timedelta(hours=25)):
        assert "two" == ask(b"two").body["request"]


def test_a_key_does_no_more_than_its_user_may_now(workspace: Workspace) -> None:
    """The key's user was an administrator and is now a viewer: the key reads but cannot write."""
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        text = accounts.create_api_key(
            tx, identity=workspace.identity, name="all", scopes=[*Scope]
        ).text
    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE accounts.users SET role = 'viewer'")
    allowed = set()
    for scope in Scope:
        with workspace.stores.operational.worker() as tx, suppress(Refused):
            accounts.verify_api_key(tx, text=text, scope=scope)
            allowed.add(scope)

    # Only administrators may read who paid for what and who asked to be erased.
    admins = {Scope.ENTITLEMENTS_READ, Scope.ERASURES_READ}
    readable = {scope for scope in Scope if scope.endswith(":read")} - admins
    assert readable == allowed


def test_a_viewer_makes_no_key_that_writes(workspace: Workspace) -> None:
    """It is refused on the page and by the command."""
    viewer = replace(workspace.identity, role="viewer")
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        accounts.create_api_key(tx, identity=viewer, name="reads", scopes=[Scope.STATS_READ])
        with pytest.raises(Refused):
            accounts.create_api_key(tx, identity=viewer, name="w", scopes=[Scope.REPORTS_WRITE])


def test_a_key_of_a_user_who_was_switched_off_is_not_valid(workspace: Workspace) -> None:
    """The request gets 401, whatever the key's scopes."""
    made = _key(workspace)
    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE accounts.users SET is_active = false")
    with workspace.stores.operational.worker() as tx, pytest.raises(NotSignedIn):
        accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)


def test_a_key_of_a_user_who_was_removed_is_not_valid(workspace: Workspace) -> None:
    """The key goes with its user."""
    made = _key(workspace)
    with workspace.stores.operational.worker() as tx:
        tx.execute("DELETE FROM accounts.users")
    with workspace.stores.operational.worker() as tx, pytest.raises(NotSignedIn):
        accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)


def test_what_a_key_does_is_audited_as_the_key(workspace: Workspace) -> None:
    """A key's actions are by ``key:<id>``; its user's sessions and commands by ``user:<id>``."""
    made = _key(workspace)
    with workspace.stores.operational.worker() as tx:
        identity = accounts.verify_api_key(tx, text=made.text, scope=Scope.CONVERSIONS_WRITE)

    assert f"key:{made.key.api_key_id}" == accounts.user_actor(identity)
    assert f"user:{workspace.identity.user_id}" == accounts.user_actor(workspace.identity)
