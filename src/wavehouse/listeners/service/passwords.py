"""Use cases of the account's optional password (AC4)."""

from __future__ import annotations

from wavehouse.credentials.hashing import Hasher
from wavehouse.credentials.passwords import normalised_password, usable_password
from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners import rules
from wavehouse.listeners.queries import passwords as queries
from wavehouse.listeners.queries import sessions as session_queries
from wavehouse.listeners.service import sessions
from wavehouse.listeners.types import Caller
from wavehouse.store import Database, Listeners


def sign_in(
    database: Database[Listeners], hasher: Hasher, *, email: str, password: str
) -> tuple[Caller, str]:
    """Open a session with the account's password (AC4, AC5).

    No transaction is open while the hash is computed, which takes a quarter of a second.
    NotSignedIn, after the same time, for an unknown address, an account without a password and a
    wrong password (AC8); InvalidInput for an invalid address; TooManyRequests when too many are
    waiting.
    """
    address, given = normalised_email(email), normalised_password(password)
    with database.worker() as tx:
        password_row = queries.password_of(tx, email=address)
    stored = None if password_row is None else password_row.password_hash
    matches = hasher.matches(stored, given)
    if not matches or password_row is None or stored is None:
        raise NotSignedIn("wrong address or password")
    renewed = hasher.hash(given) if hasher.is_outdated(stored) else None
    with database.worker() as tx:
        if not queries.still_has(tx, listener_id=password_row.listener_id, password_hash=stored):
            raise NotSignedIn("wrong address or password")
        if renewed is not None:
            queries.keep_password(tx, listener_id=password_row.listener_id, password_hash=renewed)
        token = sessions.begin(tx, listener_id=password_row.listener_id)
    return Caller(password_row.listener_id, password_row.email, rules.secret_hash(token)), token


def keep(database: Database[Listeners], hasher: Hasher, *, caller: Caller, password: str) -> int:
    """Set or replace the account's password; returns how many other sessions ended (AC4).

    InvalidInput for a password that is too short, too long or equal to the address.
    """
    made = hasher.hash(usable_password(password, caller.email))
    return _changed(database, caller, made)


def remove(database: Database[Listeners], *, caller: Caller) -> int:
    """Remove the account's password; returns how many other sessions ended."""
    return _changed(database, caller, None)


def _changed(database: Database[Listeners], caller: Caller, password_hash: str | None) -> int:
    with database.worker() as tx:
        session_queries.take_turns(tx, listener_id=caller.listener_id)
        queries.keep_password(tx, listener_id=caller.listener_id, password_hash=password_hash)
        return session_queries.revoke_all(
            tx, listener_id=caller.listener_id, at=clock.now(), keep=caller.session
        )
