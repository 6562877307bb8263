"""Signing in by OpenID Connect with a running provider: state, nonce, PKCE, claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey
from tests.accounts.provider import CLIENT, SECRET, TestProvider
from tests.accounts.test_members_http import Visitor
from tests.tenants import member_of

from wavehouse import accounts
from wavehouse.accounts import Role
from wavehouse.kernel import clock, config
from wavehouse.workspace import Workspace


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    """The running provider."""
    made = TestProvider()
    yield made
    made.close()


@pytest.fixture
def site(workspace: Workspace, provider: TestProvider) -> Workspace:
    """The workspace with the provider configured, and a member known to the provider."""
    member_of(workspace, Role.USER, "Bo")
    settings = config.load(
        {
            "home": str(workspace.settings.home),
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_allow_private": "on",
        },
        environment={},
    )
    return replace(workspace, settings=settings)


def _begun(site: Workspace) -> tuple[Visitor, str]:
    visitor = Visitor(site, None)
    sent = visitor.client.get("/sign-in/provider")
    assert 303 == sent.status_code, sent.text
    return visitor, sent.headers["location"]


def _returned(visitor: Visitor, query: dict[str, str]) -> Any:
    return visitor.client.get("/sign-in/provider/callback", params=query)


def _signed_in(site: Workspace, provider: TestProvider) -> Any:
    visitor, address = _begun(site)
    return _returned(visitor, provider.person_signs_in(address))


def test_a_member_signs_in_by_the_provider(site: Workspace, provider: TestProvider) -> None:
    """The verified address identifies the member; later the provider's id is enough."""
    visitor, address = _begun(site)
    entered = _returned(visitor, provider.person_signs_in(address))
    page = visitor.client.get("/account")
    provider.claims = {"email": "new@members.example", "email_verified": False}
    again = _signed_in(site, provider)

    assert (303, "/") == (entered.status_code, entered.headers["location"])
    assert "Signed in as Bo" in page.text
    assert 303 == again.status_code
    assert [] == provider.refusals
    assert "code_challenge_method=S256" in address


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "another program"},
        {"aud": [CLIENT, "another program"], "azp": "another program"},
        {"exp": timedelta(minutes=-5)},
        {"exp": None},
        {"iat": timedelta(minutes=5)},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"sub": None},
        {"at_hash": "of another token"},
    ],
    ids=lambda claims: "-".join(f"{name}:{str(value)[:12]}" for name, value in claims.items()),
)
def test_a_token_with_a_wrong_claim_is_refused(
    site: Workspace, provider: TestProvider, claims: dict[str, Any]
) -> None:
    """A wrong issuer, audience, time, nonce or hash is answered with 401, without a session."""
    provider.claims = {
        name: int((clock.now() + value).timestamp()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }

    assert 401 == _signed_in(site, provider).status_code


def test_a_token_of_another_key_or_without_one_is_refused(
    site: Workspace, provider: TestProvider
) -> None:
    """No signature, a signature with the client's secret, or one with an unpublished key."""
    codes = []
    for algorithm, signing in (
        ("none", None),
        ("HS256", OctKey.import_key(SECRET * 2)),
        ("RS256", RSAKey.generate_key(2048, {"kid": "one"})),
    ):
        provider.algorithm, provider.signing = algorithm, signing
        codes.append(_signed_in(site, provider).status_code)

    assert [401, 401, 401] == codes


def test_a_new_key_of_the_provider_is_read_when_it_is_first_seen(
    site: Workspace, provider: TestProvider
) -> None:
    """Keys are cached for ten minutes and fetched again when a token names an unknown one."""
    visitor, address = _begun(site)
    first = _returned(visitor, provider.person_signs_in(address))
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    provider.published = [provider.key]
    address = visitor.client.get("/sign-in/provider").headers["location"]
    second = _returned(visitor, provider.person_signs_in(address))

    assert [303, 303] == [first.status_code, second.status_code]
    assert 2 == provider.key_reads


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_the_provider_has_not_verified_is_refused(
    site: Workspace, provider: TestProvider, verified: object
) -> None:
    """Anybody can claim an address; only the boolean true is accepted as verified."""
    provider.claims = {"email_verified": verified}

    assert 403 == _signed_in(site, provider).status_code


def test_a_person_who_is_no_member_is_refused(site: Workspace, provider: TestProvider) -> None:
    """The provider knows the person but nobody invited them: no account is created."""
    provider.claims = {"sub": "person-2", "email": "stranger@members.example"}
    refused = _signed_in(site, provider)
    with site.stores.operational.worker() as tx:
        known = tx.value("SELECT count(*) FROM accounts.users WHERE email LIKE 'stranger%%'", {})

    assert 403 == refused.status_code
    assert "Ask for an invitation" in refused.text
    assert 0 == known


def test_a_state_works_once_in_its_browser_for_ten_minutes(
    site: Workspace, provider: TestProvider
) -> None:
    """Another browser, a second use, an invented state and an expired one get 401."""
    visitor, address = _begun(site)
    other, _ = _begun(site)
    query = provider.person_signs_in(address)
    foreign = _returned(other, query)
    first = _returned(visitor, query)
    again = _returned(visitor, query)
    invented = _returned(visitor, {"state": "x", "code": "y"})
    late_visitor, late_address = _begun(site)
    late_query = provider.person_signs_in(late_address)
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        late = _returned(late_visitor, late_query)

    assert [401, 303, 401, 401, 401] == [
        answer.status_code for answer in (foreign, first, again, invented, late)
    ]


def test_a_code_that_was_stolen_is_of_no_use(site: Workspace, provider: TestProvider) -> None:
    """Without its verifier (PKCE) the provider refuses to exchange it."""
    victim, address = _begun(site)
    stolen = provider.person_signs_in(address)["code"]
    thief, thiefs_address = _begun(site)
    state = provider.person_signs_in(thiefs_address)["state"]
    refused = _returned(thief, {"state": state, "code": stolen})

    assert 401 == refused.status_code
    assert ["verifier"] == provider.refusals
    assert victim is not thief


def test_a_removed_member_does_not_come_back_by_the_provider(
    site: Workspace, provider: TestProvider
) -> None:
    """The link to the provider's person remains, but no longer signs in."""
    _signed_in(site, provider)
    with site.stores.operational.app(site.identity.organization_id) as tx:
        accounts.remove_member(tx, identity=site.identity, wanted="bo@members.example")

    assert 401 == _signed_in(site, provider).status_code


def test_without_a_provider_the_route_is_not_found(workspace: Workspace) -> None:
    """The 404 reveals nothing about the configuration."""
    assert 404 == Visitor(workspace, None).client.get("/sign-in/provider").status_code


def test_the_secret_of_the_provider_is_masked(site: Workspace) -> None:
    """Neither `config show` nor a repr contains it."""
    shown = [value.shown() for value in site.settings.values.values()]

    assert SECRET not in " ".join(shown)
    assert SECRET not in repr(accounts.Provider.of(site.settings))
