"""Signing in with an OpenID Connect provider."""

from __future__ import annotations

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.adapters.providers import Begun, Provider, Verified
from wavehouse.accounts.service.sessions import begin_session_of
from wavehouse.accounts.types import NewSession
from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput, NotSignedIn, Refused
from wavehouse.kernel.ids import UserId
from wavehouse.store import Database, Operational, Tx


def begin_at_provider(
    database: Database[Operational], provider: Provider, *, redirect: str, browser: str
) -> str:
    """The provider's address for the browser; the response is accepted for ten minutes."""
    begun, now = Begun(), clock.now()
    address = provider.begin_address(
        redirect=redirect, state=begun.state, nonce=begun.nonce, verifier=begun.verifier
    )
    with database.worker() as tx:
        queries.insert_provider_sign_in(
            tx,
            state_hash=rules.token_hash(begun.state),
            nonce=begun.nonce,
            verifier=begun.verifier,
            browser_hash=rules.token_hash(browser),
            expires_at=now + rules.PROVIDER_LIFETIME,
            at=now,
        )
    return address


def sign_in_by_provider(
    database: Database[Operational],
    provider: Provider,
    *,
    redirect: str,
    browser: str,
    state: str,
    code: str,
) -> NewSession:
    """Begin a session for the person that a provider sent back.

    The state works once, in the browser that began. NotSignedIn when it or the provider's token is
    invalid; Refused when the person's address is unverified or not a member's.
    """
    with database.worker() as tx:
        expected = queries.use_provider_sign_in(
            tx,
            state_hash=rules.token_hash(state),
            browser_hash=rules.token_hash(browser),
            at=clock.now(),
        )
    if expected is None or not code:
        raise NotSignedIn(
            "this sign-in is unknown, was already used, or has expired", hint="Start again."
        )
    verified = provider.verified(
        code=code, redirect=redirect, verifier=expected.verifier, nonce=expected.nonce
    )
    with database.worker() as tx:
        return begin_session_of(tx, user_id=_user(tx, verified))


def _user(tx: Tx[Operational], verified: Verified) -> UserId:
    """The user of a provider's person: by provider id, the first time by verified address."""
    issuer, subject = verified.issuer, verified.subject
    user_id = queries.provider_user_id(tx, issuer=issuer, subject=subject)
    if user_id is not None:
        return user_id
    if not verified.email_is_verified:
        raise Refused(
            "the provider has not verified your e-mail address", hint="Verify it there first."
        )
    try:
        user_id = queries.active_user_id(tx, email=normalised_email(verified.email))
    except InvalidInput:
        user_id = None
    if user_id is None:
        raise Refused("no member has your address", hint="Ask for an invitation.")
    queries.insert_provider_identity(tx, issuer=issuer, subject=subject, user_id=user_id)
    audit.record(
        tx,
        actor=audit.Actor(f"user:{user_id}"),
        action="provider.linked",
        resource=("user", user_id),
        organization_id=None,
        metadata={"issuer": issuer},
    )
    return user_id
