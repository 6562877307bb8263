"""Passkeys of users: register one, sign in with it, remove it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.service.sessions import begin_session_of, check_fresh
from wavehouse.accounts.types import Identity, NewSession, Passkey, Site
from wavehouse.credentials import passkeys as authenticators
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from wavehouse.kernel.ids import UserId
from wavehouse.store import Database, Operational, Tx

_REGISTER, _SIGN_IN = "register", "sign_in"


def passkey_creation(
    tx: Tx[Operational], site: Site, *, identity: Identity, session: str, browser: str
) -> dict[str, Any]:
    """Options to create a passkey, valid for five minutes. Refused without a recent sign-in."""
    check_fresh(tx, token=session)
    return authenticators.creation_options(
        site,
        challenge=_challenge(tx, _REGISTER, browser, identity.user_id),
        user_id=identity.user_id.bytes,
        email=queries.email_of(tx, user_id=identity.user_id),
        known=[each.credential_id for each in list_passkeys(tx, identity=identity)],
    )


def add_passkey(
    database: Database[Operational],
    site: Site,
    *,
    identity: Identity,
    browser: str,
    name: str,
    credential: Mapping[str, Any],
) -> str:
    """Store a passkey made by an authenticator; returns its id as clients encode it.

    The challenge is consumed in any case. InvalidInput when the origin, party, challenge or
    response is wrong; Conflict when the passkey is already registered.
    """
    label = words.line(name)[: rules.LONGEST_NAME]
    if not label:
        raise InvalidInput("a passkey needs a name", hint="Name it after the device: laptop.")
    challenge = authenticators.challenge_of(credential)
    with database.worker() as tx:
        is_open = _use(tx, challenge, _REGISTER, browser, identity.user_id)
    if not is_open:
        raise InvalidInput("the challenge has expired or was already used", hint="Start again.")
    made = authenticators.registered(site, challenge=challenge, credential=credential)
    with database.worker() as tx:
        if not queries.insert_passkey(tx, user_id=identity.user_id, passkey=made, name=label):
            raise Conflict("this passkey is already registered")
        _record(tx, identity, "passkey.added")
    return authenticators.as_text(made.credential_id)


def passkey_request(tx: Tx[Operational], site: Site, *, browser: str) -> dict[str, Any]:
    """Options for signing in with a passkey; the same for everybody."""
    return authenticators.request_options(site, challenge=_challenge(tx, _SIGN_IN, browser, None))


def sign_in_by_passkey(
    database: Database[Operational], site: Site, *, browser: str, credential: Mapping[str, Any]
) -> NewSession:
    """Begin a session with a passkey.

    A counter that did not increase flags the passkey: there may be a copy, and neither can sign in
    any more. NotSignedIn for that and any other failed check; InvalidInput for a malformed
    response.
    """
    challenge = authenticators.challenge_of(credential)
    credential_id = authenticators.id_of(credential)
    with database.worker() as tx:
        is_open = _use(tx, challenge, _SIGN_IN, browser, None)
        passkey = queries.passkey(tx, credential_id=credential_id)
    if not is_open or passkey is None:
        raise NotSignedIn("invalid passkey")
    sign_count = authenticators.asserted(
        site,
        challenge=challenge,
        public_key=passkey.public_key,
        owner=passkey.user_id.bytes,
        credential=credential,
    )
    session = _counted(database, passkey, sign_count)
    if session is None:
        raise NotSignedIn(
            "invalid passkey",
            hint="It may have been copied. Sign in with a link, remove it and add a new one.",
        )
    return session


def list_passkeys(tx: Tx[Operational], *, identity: Identity) -> list[Passkey]:
    """The user's passkeys, oldest first."""
    return queries.passkeys(tx, user_id=identity.user_id)


def remove_passkey(
    tx: Tx[Operational], *, identity: Identity, session: str, passkey_id: str
) -> None:
    """Remove a user's passkey.

    NotFound when it does not exist; Refused without a recent sign-in.
    """
    check_fresh(tx, token=session)
    wanted = authenticators.id_of({"id": passkey_id})
    if not queries.delete_passkey(tx, user_id=identity.user_id, credential_id=wanted):
        raise NotFound("unknown passkey")
    _record(tx, identity, "passkey.removed")


def passkey_id(passkey: Passkey) -> str:
    """A passkey's id as clients encode it."""
    return authenticators.as_text(passkey.credential_id)


def _counted(
    database: Database[Operational], passkey: Passkey, sign_count: int
) -> NewSession | None:
    """Begin a session if the counter increased; otherwise flag the passkey."""
    now, credential_id = clock.now(), passkey.credential_id
    with database.worker() as tx:
        if queries.count_passkey_use(
            tx, credential_id=credential_id, sign_count=sign_count, at=now
        ):
            return begin_session_of(tx, user_id=passkey.user_id)
        queries.flag_passkey(tx, credential_id=credential_id, at=now)
        return None


def _challenge(tx: Tx[Operational], purpose: str, browser: str, user_id: UserId | None) -> bytes:
    made, now = secrets.token_bytes(authenticators.CHALLENGE_BYTES), clock.now()
    queries.insert_challenge(
        tx,
        challenge_hash=rules.token_hash(made.hex()),
        user_id=user_id,
        purpose=purpose,
        browser_hash=rules.token_hash(browser),
        expires_at=now + rules.CHALLENGE_LIFETIME,
        at=now,
    )
    return made


def _use(
    tx: Tx[Operational], challenge: bytes, purpose: str, browser: str, user_id: UserId | None
) -> bool:
    return queries.use_challenge(
        tx,
        challenge_hash=rules.token_hash(challenge.hex()),
        user_id=user_id,
        purpose=purpose,
        browser_hash=rules.token_hash(browser),
        at=clock.now(),
    )


def _record(tx: Tx[Operational], identity: Identity, action: str) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("user", identity.user_id),
        organization_id=identity.organization_id,
    )
