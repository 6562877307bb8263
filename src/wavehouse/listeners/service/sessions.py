"""Use cases of sessions: who asks, a new token for the old one, the end of all (AC5, AC7)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn, Refused
from wavehouse.kernel.ids import ListenerId, uuid7
from wavehouse.listeners import rules
from wavehouse.listeners.queries import accounts
from wavehouse.listeners.queries import sessions as queries
from wavehouse.listeners.types import Caller, StoredSession
from wavehouse.store import Database, Listeners, Tx

_TOKEN_BYTES = 32


def begin(tx: Tx[Listeners], *, listener_id: ListenerId, family_id: UUID | None = None) -> str:
    """A new session and its token: 30 days after its last use, 180 at most (AC5)."""
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
    """Who sessions' tokens belong to, or None; being used, they last longer (AC5).

    A token that was replaced more than ten minutes ago is somebody else's copy: every token that
    came of the same sign-in ends with it. Nothing is cached, so a revocation holds for the next
    request of every node (AC7).
    """
    with database.worker() as tx:
        found = queries.sessions(tx, token_hashes=[rules.secret_hash(token) for token in tokens])
        live = [_live(tx, found.get(rules.secret_hash(token))) for token in tokens]
    return [None if one is None else _caller(one) for one in live]


def caller(database: Database[Listeners], *, token: str) -> Caller | None:
    """Who a session's token belongs to, or None."""
    (found,) = callers(database, [token])
    return found


def refresh(database: Database[Listeners], *, token: str) -> tuple[Caller, str]:
    """A new token in place of an old one, which works ten minutes longer (AC5).

    Within them the old one may be refreshed again: an answer may have been lost. NotSignedIn when
    it is not live; Refused for an app's session, which lasts as long as its password.
    """
    now, new = clock.now(), secrets.token_urlsafe(_TOKEN_BYTES)
    with database.worker() as tx:
        found = _live(tx, _session(tx, token))
        rotated = False
        if found is not None and not found.by_app:
            queries.take_turns(tx, listener_id=found.listener_id)
            family = queries.rotate(
                tx,
                token_hash=rules.secret_hash(token),
                next_hash=rules.secret_hash(new),
                at=now,
                expires_at=now + rules.SLIDING,
                not_before=now - rules.GRACE,
            )
            rotated = family is not None
    if found is not None and found.by_app:
        raise Refused("an app's session lasts as long as its password")
    if found is None or not rotated:
        raise NotSignedIn("this session is over", hint="Sign in again.")
    return Caller(found.listener_id, found.email, rules.secret_hash(new)), new


def end(database: Database[Listeners], *, session: bytes) -> None:
    """Sign out: whoever still holds the token is nobody from now on."""
    with database.worker() as tx:
        queries.end_session(tx, token_hash=session, at=clock.now())


def end_family(database: Database[Listeners], *, token: str) -> None:
    """Sign out with every token that came of the same sign-in."""
    with database.worker() as tx:
        found = _session(tx, token)
        if found is not None and found.by_app:
            queries.end_session(tx, token_hash=found.token_hash, at=clock.now())
        elif found is not None:
            queries.take_turns(tx, listener_id=found.listener_id)
            queries.revoke_family(tx, family_id=found.family_id, at=clock.now())


def end_all(database: Database[Listeners], *, listener_id: ListenerId, apps: bool = False) -> int:
    """Sign out everywhere (AC7); ``apps`` revokes all app passwords too. How many sessions ended.

    Without it apps go on: their passwords are one by one the listener's to revoke.
    """
    with database.worker() as tx:
        queries.take_turns(tx, listener_id=listener_id)
        ended = queries.revoke_all(tx, listener_id=listener_id, at=clock.now())
        if apps:
            ended += accounts.revoke_app_passwords(tx, listener_id=listener_id, at=clock.now())[1]
    return ended


def _session(tx: Tx[Listeners], token: str) -> StoredSession | None:
    hashed = rules.secret_hash(token)
    return queries.sessions(tx, token_hashes=[hashed]).get(hashed)


def _live(tx: Tx[Listeners], found: StoredSession | None) -> StoredSession | None:
    """A session that is used now; reuse of a replaced token ends its family."""
    now = clock.now()
    if found is None:
        return None
    if rules.is_reuse(found.rotated_at, now):
        queries.take_turns(tx, listener_id=found.listener_id)
        queries.revoke_family(tx, family_id=found.family_id, at=now)
        return None
    if found.expires_at <= now:
        return None
    if found.rotated_at is None and now - found.last_seen_at >= rules.SEEN_TO:
        queries.slide(tx, token_hash=found.token_hash, at=now, expires_at=now + rules.SLIDING)
    return found


def _caller(found: StoredSession) -> Caller:
    return Caller(
        found.listener_id,
        found.email,
        found.token_hash,
        found.by_app,
        found.absolute_expires_at - rules.ABSOLUTE,
    )
