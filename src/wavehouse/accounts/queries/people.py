"""Look up people for signing in: by address, id, password, or provider."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts.types import Identity, ProviderSignIn, StoredPassword
from wavehouse.kernel.ids import UserId
from wavehouse.store import Operational, Tx


def active_user_id(tx: Tx[Operational], *, email: str) -> UserId | None:
    """The active user with this address."""
    value = tx.value(
        "SELECT user_id FROM accounts.users WHERE lower(email) = lower(%(email)s) AND is_active",
        {"email": email},
    )
    return None if value is None else UserId(value)


def first_identity(tx: Tx[Operational], *, user_id: UserId) -> Identity | None:
    """A user in the organization where a session begins: the home, otherwise the first joined."""
    return tx.maybe(
        Identity,
        """
        SELECT m.organization_id, m.user_id, u.name, m.role
        FROM accounts.memberships m JOIN accounts.users u USING (user_id)
        WHERE m.user_id = %(user_id)s AND m.removed_at IS NULL AND u.is_active
        ORDER BY m.organization_id <> u.organization_id, m.created_at, m.organization_id LIMIT 1
        """,
        {"user_id": user_id},
    )


def stored_password(tx: Tx[Operational], *, email: str) -> StoredPassword | None:
    """The active user with this address, and the hash of the password."""
    return tx.maybe(
        StoredPassword,
        """
        SELECT user_id, password_hash FROM accounts.users
        WHERE lower(email) = lower(%(email)s) AND is_active
        """,
        {"email": email},
    )


def password_is(tx: Tx[Operational], *, user_id: UserId, password_hash: str) -> bool:
    """Whether the checked hash is still the user's; locks it until the transaction ends."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM accounts.users
            WHERE user_id = %(user_id)s AND password_hash = %(password_hash)s FOR UPDATE
            """,
            {"user_id": user_id, "password_hash": password_hash},
        )
    )


def store_password(tx: Tx[Operational], *, user_id: UserId, password_hash: str) -> None:
    """Store a password's hash, or the marker for none."""
    tx.execute(
        "UPDATE accounts.users SET password_hash = %(password_hash)s WHERE user_id = %(user_id)s",
        {"user_id": user_id, "password_hash": password_hash},
    )


def has_password(tx: Tx[Operational], *, user_id: UserId) -> bool:
    """Whether a user has a password."""
    return bool(
        tx.value(
            "SELECT password_hash LIKE '$argon2%%' FROM accounts.users WHERE user_id = %(user_id)s",
            {"user_id": user_id},
        )
    )


def session_began_at(tx: Tx[Operational], *, token_hash: bytes) -> datetime | None:
    """When the person of a session last proved their identity."""
    began_at: datetime | None = tx.value(
        "SELECT began_at FROM accounts.login_sessions WHERE token_hash = %(token_hash)s",
        {"token_hash": token_hash},
    )
    return began_at


def delete_other_sessions(tx: Tx[Operational], *, user_id: UserId, token_hash: bytes) -> int:
    """End all other sessions of a user; returns how many."""
    return tx.execute(
        """
        DELETE FROM accounts.login_sessions
        WHERE user_id = %(user_id)s AND token_hash <> %(token_hash)s
        """,
        {"user_id": user_id, "token_hash": token_hash},
    )


def insert_provider_sign_in(
    tx: Tx[Operational],
    *,
    state_hash: bytes,
    nonce: str,
    verifier: str,
    browser_hash: bytes,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Store a sign-in that begins at a provider, and delete expired ones."""
    tx.execute(
        """
        WITH expired AS (DELETE FROM accounts.provider_sign_ins WHERE expires_at <= %(at)s)
        INSERT INTO accounts.provider_sign_ins
          (state_hash, nonce, verifier, browser_hash, expires_at)
        VALUES (%(state_hash)s, %(nonce)s, %(verifier)s, %(browser_hash)s, %(expires_at)s)
        """,
        {
            "state_hash": state_hash,
            "nonce": nonce,
            "verifier": verifier,
            "browser_hash": browser_hash,
            "expires_at": expires_at,
            "at": at,
        },
    )


def use_provider_sign_in(
    tx: Tx[Operational], *, state_hash: bytes, browser_hash: bytes, at: datetime
) -> ProviderSignIn | None:
    """Delete and return a pending sign-in; None unless this browser began it in time."""
    return tx.maybe(
        ProviderSignIn,
        """
        DELETE FROM accounts.provider_sign_ins
        WHERE state_hash = %(state_hash)s AND browser_hash = %(browser_hash)s
          AND expires_at > %(at)s
        RETURNING nonce, verifier
        """,
        {"state_hash": state_hash, "browser_hash": browser_hash, "at": at},
    )


def provider_user_id(tx: Tx[Operational], *, issuer: str, subject: str) -> UserId | None:
    """The user with this provider id."""
    value = tx.value(
        """
        SELECT user_id FROM accounts.provider_identities
        WHERE issuer = %(issuer)s AND subject = %(subject)s
        """,
        {"issuer": issuer, "subject": subject},
    )
    return None if value is None else UserId(value)


def insert_provider_identity(
    tx: Tx[Operational], *, issuer: str, subject: str, user_id: UserId
) -> None:
    """Store a user's id at a provider."""
    tx.execute(
        """
        INSERT INTO accounts.provider_identities (issuer, subject, user_id)
        VALUES (%(issuer)s, %(subject)s, %(user_id)s)
        ON CONFLICT DO NOTHING
        """,
        {"issuer": issuer, "subject": subject, "user_id": user_id},
    )
