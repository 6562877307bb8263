"""Use cases of accounts: listeners and passwords for their apps (AC1, AC6, AC7)."""

from __future__ import annotations

import secrets
from uuid import UUID

from wavehouse.kernel import clock, words
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from wavehouse.kernel.identifiers import EMAIL
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries import accounts as queries
from wavehouse.listeners.queries import checkpoints, devices
from wavehouse.listeners.queries import sessions as session_queries
from wavehouse.listeners.service import sessions
from wavehouse.listeners.types import AppPassword, Caller, Listener, NewAppPassword
from wavehouse.store import Arrival, Database, Listeners, Tx, late_arrivals

_SECRET_BYTES = 24
_MOST_APPS = 100
_LONGEST_NAME = 100


def create(tx: Tx[Listeners], *, email: str) -> Listener:
    """Create a listener. Conflict when the address has an account; the operator may know that."""
    address = normalised_email(email)
    made = queries.insert_listener(tx, email=address, display=email.strip())
    if made is None:
        raise Conflict(
            "a listener with this address already exists",
            hint="Apps use app passwords.",
            command="wavehouse listeners app-password",
        )
    return made


def find(tx: Tx[Listeners], *, email: str) -> Listener:
    """The listener with this address. NotFound when there is none."""
    listener = queries.listener_by_email(tx, email=normalised_email(email))
    if listener is None:
        raise NotFound(
            "there is no listener with this address", command="wavehouse listeners create --email …"
        )
    return listener


def new_app_password(tx: Tx[Listeners], *, email: str, device: str) -> NewAppPassword:
    """Create a password for one app, for clients that support nothing else (AC6). Shown once."""
    listener = find(tx, email=email)
    return _made(tx, listener.listener_id, listener.email, _named(device))


def _named(name: str) -> str:
    """Validate the name of an app or device. InvalidInput when it is empty or too long."""
    named = words.line(name)
    if not named or len(named) > _LONGEST_NAME:
        raise InvalidInput(
            "an app needs a name",
            hint=f"Send a name of 1 to {_LONGEST_NAME} characters, such as phone.",
        )
    return named


def _made(tx: Tx[Listeners], listener_id: ListenerId, email: str, name: str) -> NewAppPassword:
    text = f"wh-app-{secrets.token_urlsafe(_SECRET_BYTES)}"
    made = queries.insert_app_password(
        tx, listener_id=listener_id, secret_hash=rules.secret_hash(text), name=name
    )
    return NewAppPassword(made, email, text, name)


def app_passwords(database: Database[Listeners], *, caller: Caller) -> list[AppPassword]:
    """A listener's live app passwords, oldest first."""
    with database.worker() as tx:
        return queries.app_passwords(tx, listener_id=caller.listener_id)


def make_app_password(
    database: Database[Listeners], *, caller: Caller, name: str
) -> NewAppPassword:
    """Create a password for one of the caller's apps (AC6). Shown once.

    The session is checked again under its lock, so that signing out everywhere leaves no password
    that was being created (AC7). InvalidInput for an invalid name, Conflict for too many,
    NotSignedIn when the session has ended.
    """
    named = _named(name)
    with database.worker() as tx:
        session_queries.take_turns(tx, listener_id=caller.listener_id)
        if not session_queries.sessions(tx, token_hashes=[caller.session]):
            raise NotSignedIn("this session has ended", hint="Sign in again.")
        if len(queries.app_passwords(tx, listener_id=caller.listener_id)) >= _MOST_APPS:
            raise Conflict(f"the account already has {_MOST_APPS} apps", hint="Revoke one first.")
        return _made(tx, caller.listener_id, caller.email, named)


def end_app_password(
    database: Database[Listeners], *, caller: Caller, app_password_id: UUID
) -> None:
    """Revoke one app password and the sessions opened with it, at once (AC7).

    NotFound if unknown.
    """
    with database.worker() as tx:
        session_queries.take_turns(tx, listener_id=caller.listener_id)
        revoked, _ = queries.revoke_app_passwords(
            tx, listener_id=caller.listener_id, app_password_id=app_password_id, at=clock.now()
        )
        if not revoked:
            raise NotFound("unknown app")


def revoke_app_password(tx: Tx[Listeners], *, email: str, device: str) -> int:
    """Revoke a device's passwords and the sessions opened with them, at once (AC7)."""
    listener = find(tx, email=email)
    revoked, _ = queries.revoke_app_passwords(
        tx, listener_id=listener.listener_id, name=words.line(device), at=clock.now()
    )
    return revoked


def by_password(
    database: Database[Listeners], *, username: str, password: str, cookie: str = ""
) -> tuple[Caller, str]:
    """Authenticate by app password: the caller, and the token for its cookie.

    A cookie issued for the same password identifies the client's session and its cursors (P19).
    Without a cookie the caller may be several clients; the offered token starts a session when it
    is sent back with the password. NotSignedIn, the same for an unknown address and a wrong
    password.
    """
    try:
        email = normalised_email(username)
    except InvalidInput:
        email = ""
    secret = rules.secret_hash(password)
    with database.worker() as tx:
        owner = queries.app_password_owner(tx, secret_hash=secret, email=email)
        if owner is None:
            # An app of an erased listener keeps sending: counted in the ledger, nothing is stored.
            late_arrivals(tx, [Arrival(EMAIL, email)] if email else [])
            tx.keep()
            raise NotSignedIn("wrong user name or app password")
        listener_id, family = owner
        if cookie and sessions.family_of(tx, token=cookie) == family:
            sessions.open_for_app(tx, token=cookie, listener_id=listener_id, family_id=family)
            return Caller(listener_id, email, rules.secret_hash(cookie), by_app=True), cookie
        shared = rules.secret_hash(f"session {password}").hex()
        sessions.open_for_app(tx, token=shared, listener_id=listener_id, family_id=family)
    session = rules.secret_hash(shared)
    offered = sessions.offered(secret, family)
    return Caller(listener_id, email, session, by_app=True, is_shared=True), offered


def new_app_session(database: Database[Listeners], *, caller: Caller) -> str | None:
    """Open a session for an app that signs in without one; its token, or None for others.

    It ends with the app password. Only the newest sessions of a password are kept.
    """
    if not caller.is_shared:
        return None
    token = secrets.token_hex(32)
    with database.worker() as tx:
        known = session_queries.sessions(tx, token_hashes=[caller.session]).get(caller.session)
        if known is None:
            return None
        sessions.open_for_app(
            tx, token=token, listener_id=caller.listener_id, family_id=known.family_id
        )
    return token


def delete_device(tx: Tx[Listeners], *, caller: Caller, device_id: str) -> None:
    """Delete a device; positions from it stay (P36). NotFound if unknown."""
    checkpoints.forget(tx, listener_id=caller.listener_id, device_id=device_id)
    if not devices.delete_device(tx, listener_id=caller.listener_id, device_id=device_id):
        raise NotFound("unknown device")
