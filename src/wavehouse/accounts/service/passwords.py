"""The optional password of a user (Argon2id)."""

from __future__ import annotations

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import user_actor
from wavehouse.accounts.service.sessions import begin_session_of, check_fresh
from wavehouse.accounts.types import Identity, NewSession
from wavehouse.credentials.hashing import Hasher
from wavehouse.credentials.passwords import normalised_password, usable_password
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.store import Database, Operational, Tx


def sign_in_by_password(
    database: Database[Operational], hasher: Hasher, *, email: str, password: str
) -> NewSession:
    """Begin a session with a password. No transaction is open while the hash is computed.

    NotSignedIn, with the same message and timing, for an unknown address, no password or a wrong
    one; InvalidInput for an invalid address; TooManyRequests when too many wait.
    """
    address, given = normalised_email(email), normalised_password(password)
    with database.worker() as tx:
        row = queries.stored_password(tx, email=address)
    stored = row.password_hash if row and row.password_hash.startswith("$argon2") else None
    matches = hasher.matches(stored, given)
    if not matches or row is None or stored is None:
        raise NotSignedIn("wrong address or password")
    renewed = hasher.hash(given) if hasher.is_outdated(stored) else None
    with database.worker() as tx:
        if not queries.password_is(tx, user_id=row.user_id, password_hash=stored):
            raise NotSignedIn("wrong address or password")
        if renewed is not None:
            queries.store_password(tx, user_id=row.user_id, password_hash=renewed)
        return begin_session_of(tx, user_id=row.user_id)


def set_password(
    database: Database[Operational],
    hasher: Hasher,
    *,
    identity: Identity,
    session: str,
    password: str,
) -> int:
    """Set the user's password and end the other sessions; returns how many ended.

    Refused without a recent sign-in; InvalidInput for a password that is too short, too long or
    the address itself.
    """
    with database.worker() as tx:
        check_fresh(tx, token=session)
        email = queries.email_of(tx, user_id=identity.user_id).lower()
    password_hash = hasher.hash(usable_password(password, email))
    with database.worker() as tx:
        return _changed(tx, identity, session, password_hash, "password.set")


def remove_password(tx: Tx[Operational], *, identity: Identity, session: str) -> int:
    """Remove the user's password and end the other sessions; returns how many ended."""
    check_fresh(tx, token=session)
    return _changed(tx, identity, session, rules.UNUSABLE_PASSWORD, "password.removed")


def has_password(tx: Tx[Operational], *, identity: Identity) -> bool:
    """Whether the user has a password."""
    return queries.has_password(tx, user_id=identity.user_id)


def _changed(
    tx: Tx[Operational], identity: Identity, session: str, password_hash: str, action: str
) -> int:
    queries.store_password(tx, user_id=identity.user_id, password_hash=password_hash)
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("user", identity.user_id),
        organization_id=identity.organization_id,
    )
    return queries.delete_other_sessions(
        tx, user_id=identity.user_id, token_hash=rules.token_hash(session)
    )
