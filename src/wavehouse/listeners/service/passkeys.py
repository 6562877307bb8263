"""Use cases of passkeys: register, sign in, delete (AC3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from wavehouse.credentials import passkeys as authenticators
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import passkeys as queries
from wavehouse.listeners.service import sessions
from wavehouse.listeners.types import Caller, Passkey, Site
from wavehouse.store import Database, Listeners

LIFETIME = timedelta(minutes=5)
REGISTER, SIGN_IN = "register", "sign_in"


def ask_for_new(
    database: Database[Listeners], site: Site, *, caller: Caller, browser: str
) -> dict[str, Any]:
    """Browser options for creating a passkey, valid for five minutes."""
    challenge = _challenge(database, REGISTER, browser, caller.listener_id)
    known = [each.credential_id for each in of(database, caller=caller)]
    return authenticators.creation_options(
        site,
        challenge=challenge,
        user_id=caller.listener_id.bytes,
        email=caller.email,
        known=known,
    )


def register(
    database: Database[Listeners],
    site: Site,
    *,
    caller: Caller,
    browser: str,
    name: str,
    credential: Mapping[str, Any],
) -> str:
    """Store a new passkey; returns its id as clients write it.

    The challenge is consumed in any case. InvalidInput when origin, relying party, challenge, user
    presence or the response itself is invalid; Conflict when the passkey is already registered.
    """
    name = words.line(name)
    if not name:
        raise InvalidInput("a passkey needs a name", hint="Name it after the device: laptop.")
    challenge = authenticators.challenge_of(credential)
    if not _use(database, challenge, REGISTER, browser, caller.listener_id):
        raise InvalidInput("the challenge has expired or was already used", hint="Start again.")
    made = authenticators.registered(site, challenge=challenge, credential=credential)
    with database.worker() as tx:
        if not queries.insert_passkey(tx, listener_id=caller.listener_id, passkey=made, name=name):
            raise Conflict("this passkey is already registered")
    return authenticators.as_text(made.credential_id)


def ask_for_known(database: Database[Listeners], site: Site, *, browser: str) -> dict[str, Any]:
    """Browser options for signing in with a passkey; the same for everybody (AC8)."""
    return authenticators.request_options(
        site, challenge=_challenge(database, SIGN_IN, browser, None)
    )


def sign_in(
    database: Database[Listeners], site: Site, *, browser: str, credential: Mapping[str, Any]
) -> tuple[Caller, str]:
    """Open a session with a passkey (AC3, AC5).

    A counter that did not grow flags the passkey as possibly copied; it no longer signs in.
    NotSignedIn for that, for an unknown passkey and for any failed check; InvalidInput for a
    malformed response.
    """
    challenge, credential_id = (
        authenticators.challenge_of(credential),
        authenticators.id_of(credential),
    )
    used = _use(database, challenge, SIGN_IN, browser, None)
    with database.worker() as tx:
        passkey = queries.passkey(tx, credential_id=credential_id)
    if not used or passkey is None:
        raise NotSignedIn("invalid passkey")
    sign_count = authenticators.asserted(
        site,
        challenge=challenge,
        public_key=passkey.public_key,
        owner=passkey.listener_id.bytes,
        credential=credential,
    )
    token = _counted(database, passkey, sign_count)
    if token is None:
        raise NotSignedIn(
            "invalid passkey",
            hint="It may have been copied. Sign in with a link, remove it and add a new one.",
        )
    return Caller(passkey.listener_id, passkey.email, rules.secret_hash(token)), token


def of(database: Database[Listeners], *, caller: Caller) -> list[Passkey]:
    """A listener's passkeys, oldest first."""
    with database.worker() as tx:
        return queries.passkeys(tx, listener_id=caller.listener_id)


def forget(database: Database[Listeners], *, caller: Caller, credential_id: str) -> None:
    """Delete one of the caller's passkeys. NotFound when the caller does not have it."""
    wanted = authenticators.id_of({"id": credential_id})
    with database.worker() as tx:
        if not queries.delete_passkey(tx, listener_id=caller.listener_id, credential_id=wanted):
            raise NotFound("unknown passkey")


def _counted(database: Database[Listeners], passkey: Passkey, sign_count: int) -> str | None:
    """Open a session when the counter grew; otherwise flag the passkey, which is stored too."""
    now = clock.now()
    with database.worker() as tx:
        if queries.count_use(
            tx, credential_id=passkey.credential_id, sign_count=sign_count, at=now
        ):
            return sessions.begin(tx, listener_id=passkey.listener_id)
        queries.flag(tx, credential_id=passkey.credential_id, at=now)
        return None


def _challenge(
    database: Database[Listeners], purpose: str, browser: str, listener_id: ListenerId | None
) -> bytes:
    made = secrets.token_bytes(authenticators.CHALLENGE_BYTES)
    with database.worker() as tx:
        queries.forget_challenges(tx, before=clock.now() - clock.DAY)
        queries.insert_challenge(
            tx,
            challenge_hash=rules.secret_hash(made.hex()),
            listener_id=listener_id,
            purpose=purpose,
            browser_hash=rules.secret_hash(browser),
            expires_at=clock.now() + LIFETIME,
        )
    return made


def _use(
    database: Database[Listeners],
    challenge: bytes,
    purpose: str,
    browser: str,
    listener_id: ListenerId | None,
) -> bool:
    with database.worker() as tx:
        return queries.use_challenge(
            tx,
            challenge_hash=rules.secret_hash(challenge.hex()),
            listener_id=listener_id,
            purpose=purpose,
            browser_hash=rules.secret_hash(browser),
            at=clock.now(),
        )
