"""One-time links and sessions."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts.types import Identity
from wavehouse.kernel.ids import OrganizationId, UserId
from wavehouse.store import Operational, Tx


def insert_login_link(
    tx: Tx[Operational],
    *,
    token_hash: bytes,
    identity: Identity,
    expires_at: datetime,
    browser_hash: bytes | None = None,
) -> None:
    """Store the hash of a one-time link; with a ``browser_hash`` it works in that browser only."""
    tx.execute(
        """
        INSERT INTO accounts.login_links
          (token_hash, organization_id, user_id, expires_at, browser_hash)
        VALUES (%(token_hash)s, %(organization_id)s, %(user_id)s, %(expires_at)s,
                %(browser_hash)s)
        """,
        {
            "token_hash": token_hash,
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "expires_at": expires_at,
            "browser_hash": browser_hash,
        },
    )


def use_login_link(
    tx: Tx[Operational], *, token_hash: bytes, browser_hash: bytes, at: datetime
) -> Identity | None:
    """Consume a link: returns its user once, even for concurrent requests, then None."""
    return tx.maybe(
        Identity,
        """
        UPDATE accounts.login_links l SET used_at = %(at)s
        FROM accounts.users u JOIN accounts.memberships m USING (user_id)
        WHERE l.token_hash = %(token_hash)s AND l.used_at IS NULL AND l.expires_at > %(at)s
          AND (l.browser_hash IS NULL OR l.browser_hash = %(browser_hash)s)
          AND m.organization_id = l.organization_id AND m.user_id = l.user_id
          AND m.removed_at IS NULL AND u.is_active
        RETURNING m.organization_id, m.user_id, u.name, m.role
        """,
        {"token_hash": token_hash, "browser_hash": browser_hash, "at": at},
    )


def insert_session(
    tx: Tx[Operational],
    *,
    token_hash: bytes,
    identity: Identity,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Begin a session."""
    tx.execute(
        """
        WITH seen AS (
          UPDATE accounts.users SET last_login = %(at)s WHERE user_id = %(user_id)s
        )
        INSERT INTO accounts.login_sessions
          (token_hash, organization_id, user_id, expires_at, last_seen_at, began_at)
        VALUES (%(token_hash)s, %(organization_id)s, %(user_id)s, %(expires_at)s, %(at)s, %(at)s)
        """,
        {
            "token_hash": token_hash,
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "expires_at": expires_at,
            "at": at,
        },
    )


def session_identity(tx: Tx[Operational], *, token_hash: bytes, at: datetime) -> Identity | None:
    """The user of an active session."""
    return tx.maybe(
        Identity,
        """
        SELECT m.organization_id, m.user_id, u.name, m.role, o.name AS organization
        FROM accounts.login_sessions s
        JOIN accounts.memberships m USING (organization_id, user_id)
        JOIN accounts.users u USING (user_id)
        JOIN accounts.organizations o ON o.organization_id = m.organization_id
        WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(at)s
          AND m.removed_at IS NULL AND u.is_active
        """,
        {"token_hash": token_hash, "at": at},
    )


def delete_session(tx: Tx[Operational], *, token_hash: bytes) -> int:
    """End a session."""
    return tx.execute(
        "DELETE FROM accounts.login_sessions WHERE token_hash = %(token_hash)s",
        {"token_hash": token_hash},
    )


def delete_expired_sign_ins(tx: Tx[Operational], *, at: datetime) -> int:
    """Delete expired tokens and links."""
    return tx.execute(
        """
        WITH links AS (DELETE FROM accounts.login_links WHERE expires_at <= %(at)s)
        DELETE FROM accounts.login_sessions WHERE expires_at <= %(at)s
        """,
        {"at": at},
    )


def delete_sign_ins(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId
) -> int:
    """End a user's sessions in an organization and delete the user's pending links."""
    return tx.execute(
        """
        WITH links AS (
          DELETE FROM accounts.login_links
          WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
        )
        DELETE FROM accounts.login_sessions
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )


def move_session(tx: Tx[Operational], *, token_hash: bytes, organization_id: OrganizationId) -> int:
    """Switch a session to another organization of its user."""
    return tx.execute(
        """
        UPDATE accounts.login_sessions SET organization_id = %(organization_id)s
        WHERE token_hash = %(token_hash)s
        """,
        {"token_hash": token_hash, "organization_id": organization_id},
    )
