"""Use cases of sessions: the caller of a token, replacing a token, ending sessions (AC5, AC7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, Refused
from wavehouse.kernel.identifiers import EXTERNAL
from wavehouse.kernel.ids import ListenerId, uuid7
from wavehouse.listeners import rules
from wavehouse.listeners.queries import accounts
from wavehouse.listeners.queries import sessions as queries
from wavehouse.listeners.types import Caller, StoredSession
from wavehouse.store import Arrival, Database, Listeners, Tx, late_arrivals

_TOKEN_BYTES = 32
_OFFERED, _DAY = 128, 86_400
_SESSIONS_OF_A_PASSWORD = 20


def begin(tx: Tx[Listeners], *, listener_id: ListenerId, family_id: UUID | None = None) -> str:
    """Open a session and return its token: 30 days after its last use, 180 at most (AC5)."""
    now, token = clock.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    queries.take_turns(tx, listener_id=listener_id)
    queries.open_session(
        tx,
        token_hash=rules.secret_hash(token),
        listener_id=listener_id,
        family_id=family_id or uuid7(),
        at=now,
        expires_at=now + rules.SLIDING,
        absolute_expires_at=now + rules.ABSOLUTE,
    )
    return token


def callers(database: Database[Listeners], tokens: Sequence[str]) -> list[Caller | None]:
    """The callers of session tokens, or None; use extends a session (AC5).

    A token that was replaced more than ten minutes ago must be a copy: every token of the same
    sign-in ends with it. Nothing is cached, so a revocation takes effect with the next request on
    every node (AC7).
    """
    with database.worker() as tx:
        sessions = queries.sessions(tx, token_hashes=[rules.secret_hash(token) for token in tokens])
        for token in tokens:
            if len(token) == _OFFERED and rules.secret_hash(token) not in sessions:
                sessions |= _taken_up(tx, token)
        unknown = [h for token in tokens if (h := rules.secret_hash(token)) not in sessions]
        # A device of an erased listener keeps sending: counted in the ledger, nothing is stored.
        late_arrivals(tx, [Arrival(EXTERNAL, f"\\x{each.hex()}") for each in unknown])
        live = [_live(tx, sessions.get(rules.secret_hash(token))) for token in tokens]
    return [None if item is None else _caller(item) for item in live]


def caller(database: Database[Listeners], *, token: str) -> Caller | None:
    """The caller of a session token, or None."""
    (caller,) = callers(database, [token])
    return caller


def refresh(database: Database[Listeners], *, token: str) -> tuple[Caller, str]:
    """Replace a token with a new one; the old one works ten minutes longer (AC5).

    Until then the old one may be refreshed again, as a response may have been lost. NotSignedIn
    when it is not live; Refused for an app's session, which lasts as long as its password.
    """
    now, new = clock.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    with database.worker() as tx:
        session = _live(tx, _session(tx, token))
        rotated = False
        if session is not None and not session.by_app:
            queries.take_turns(tx, listener_id=session.listener_id)
            family = queries.rotate(
                tx,
                token_hash=rules.secret_hash(token),
                next_hash=rules.secret_hash(new),
                at=now,
                expires_at=now + rules.SLIDING,
                not_before=now - rules.GRACE,
            )
            rotated = family is not None
    if session is not None and session.by_app:
        raise Refused("the session of an app password cannot be refreshed")
    if session is None or not rotated:
        raise NotSignedIn("this session has ended", hint="Sign in again.")
    return Caller(session.listener_id, session.email, rules.secret_hash(new)), new


def end(database: Database[Listeners], *, session: bytes) -> None:
    """Sign out: the token stops working."""
    with database.worker() as tx:
        queries.end_session(tx, token_hash=session, at=clock.now())


def end_family(database: Database[Listeners], *, token: str) -> None:
    """Sign out with every token of the same sign-in."""
    with database.worker() as tx:
        session = _session(tx, token)
        if session is not None and session.by_app:
            queries.end_session(tx, token_hash=session.token_hash, at=clock.now())
        elif session is not None:
            queries.take_turns(tx, listener_id=session.listener_id)
            queries.revoke_family(tx, family_id=session.family_id, at=clock.now())


def end_all(database: Database[Listeners], *, caller: Caller, apps: bool = False) -> int:
    """Sign out everywhere (AC7); ``apps`` revokes all app passwords too.

    Returns how many sessions ended.

    Without it apps stay signed in; the listener can revoke their passwords one by one.
    """
    with database.worker() as tx:
        queries.take_turns(tx, listener_id=caller.listener_id)
        ended = queries.revoke_all(tx, listener_id=caller.listener_id, at=clock.now())
        if apps:
            ended += accounts.revoke_app_passwords(
                tx, listener_id=caller.listener_id, at=clock.now()
            )[1]
    return ended


def offered(secret: bytes, family_id: UUID) -> str:
    """A self-authenticating cookie token: a nonce, the app password's id, and a code.

    The code is keyed by the hash of the password's secret. The token starts a session when it is
    sent back within a day, so clients that keep no cookies leave no rows.
    """
    nonce = f"{int(clock.now().timestamp()):08x}{secrets.token_hex(12)}"
    return _signed(secret, nonce + family_id.hex)


def family_of(tx: Tx[Listeners], *, token: str) -> UUID | None:
    """The app password or sign-in that a cookie's token belongs to; None for an unknown one."""
    hashed = rules.secret_hash(token)
    sessions = queries.sessions(tx, token_hashes=[hashed]) or _taken_up(tx, token)
    return sessions[hashed].family_id if sessions else None


def open_for_app(
    tx: Tx[Listeners], *, token: str, listener_id: ListenerId, family_id: UUID
) -> None:
    """Open or extend an app password's session; only its newest sessions are kept."""
    now, hashed = clock.now(), rules.secret_hash(token)
    known = queries.sessions(tx, token_hashes=[hashed]).get(hashed)
    if known and known.expires_at > now and now - known.last_seen_at < rules.SEEN_TO:
        return
    queries.open_session(
        tx,
        token_hash=hashed,
        listener_id=listener_id,
        family_id=family_id,
        at=now,
        expires_at=now + rules.SLIDING,
        absolute_expires_at=now + rules.ABSOLUTE,
    )
    queries.keep_newest(tx, family_id=family_id, count=_SESSIONS_OF_A_PASSWORD)


def _signed(secret: bytes, text: str) -> str:
    return text + hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _taken_up(tx: Tx[Listeners], token: str) -> dict[bytes, StoredSession]:
    """Start the session of an offered token; None when the token was not offered."""
    if len(token) != _OFFERED or not token.isascii():
        return {}
    try:
        age, family_id = clock.now().timestamp() - int(token[:8], 16), UUID(token[32:64])
    except ValueError:
        return {}
    if not -rules.SKEW.total_seconds() < age < _DAY:
        return {}
    owner = accounts.app_password_secret(tx, app_password_id=family_id)
    if owner is None or not hmac.compare_digest(_signed(owner[1], token[:64]), token):
        return {}
    open_for_app(tx, token=token, listener_id=owner[0], family_id=family_id)
    return queries.sessions(tx, token_hashes=[rules.secret_hash(token)])


def _session(tx: Tx[Listeners], token: str) -> StoredSession | None:
    hashed = rules.secret_hash(token)
    return queries.sessions(tx, token_hashes=[hashed]).get(hashed)


def _live(tx: Tx[Listeners], session: StoredSession | None) -> StoredSession | None:
    """A session in use; reuse of a replaced token ends its family."""
    now = clock.now()
    if session is None:
        return None
    if rules.is_reuse(session.rotated_at, now):
        queries.take_turns(tx, listener_id=session.listener_id)
        queries.revoke_family(tx, family_id=session.family_id, at=now)
        return None
    if session.expires_at <= now:
        return None
    if session.rotated_at is None and now - session.last_seen_at >= rules.SEEN_TO:
        queries.slide(tx, token_hash=session.token_hash, at=now, expires_at=now + rules.SLIDING)
    return session


def _caller(session: StoredSession) -> Caller:
    return Caller(
        session.listener_id,
        session.email,
        session.token_hash,
        session.by_app,
        session.absolute_expires_at - rules.ABSOLUTE,
    )
