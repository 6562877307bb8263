"""Listeners, their app passwords and sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import AppPassword, ListedListener, Listener
from wavehouse.store import Listeners, Tx


def insert_listener(
    tx: Tx[Listeners], *, email: str, display: str, by_themselves: bool = False
) -> Listener | None:
    """Add a listener; None when the address is taken. ``by_themselves`` marks open sign-up."""
    return tx.maybe(
        Listener,
        """
        INSERT INTO listeners.listeners (email, email_display, auth_provider, auth_subject)
        VALUES (%(email)s, %(display)s, %(provider)s, %(subject)s)
        ON CONFLICT DO NOTHING RETURNING listener_id, email
        """,
        {
            "email": email,
            "display": display,
            "provider": "self" if by_themselves else None,
            "subject": email if by_themselves else None,
        },
    )


def listener_by_email(tx: Tx[Listeners], *, email: str) -> Listener | None:
    """The listener with this address."""
    return tx.maybe(
        Listener,
        """
        SELECT listener_id, email FROM listeners.listeners
        WHERE lower(email) = %(email)s AND deleted_at IS NULL
        """,
        {"email": email},
    )


def verify_email(tx: Tx[Listeners], *, listener_id: ListenerId, at: datetime) -> None:
    """Record when a listener first proved to own the address, and when they last signed in."""
    tx.execute(
        """
        UPDATE listeners.listeners
        SET email_verified_at = coalesce(email_verified_at, %(at)s), last_seen_at = %(at)s
        WHERE listener_id = %(listener_id)s
        """,
        {"listener_id": listener_id, "at": at},
    )


def insert_app_password(
    tx: Tx[Listeners], *, listener_id: ListenerId, secret_hash: bytes, name: str
) -> UUID:
    """Store the hash of a password for one app."""
    app_password_id: UUID = tx.value(
        """
        INSERT INTO listeners.app_passwords (listener_id, secret_hash, name)
        VALUES (%(listener_id)s, %(secret_hash)s, %(name)s) RETURNING app_password_id
        """,
        {"listener_id": listener_id, "secret_hash": secret_hash, "name": name},
    )
    return app_password_id


def app_passwords(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[AppPassword]:
    """A listener's live app passwords, oldest first."""
    return tx.rows(
        AppPassword,
        """
        SELECT p.app_password_id, p.name, max(s.last_seen_at) AS last_used_at
        FROM listeners.app_passwords p
        LEFT JOIN listeners.login_sessions s
          ON s.family_id = p.app_password_id AND s.listener_id = p.listener_id
        WHERE p.listener_id = %(listener_id)s AND p.revoked_at IS NULL
        GROUP BY p.app_password_id ORDER BY p.created_at, p.app_password_id
        """,
        {"listener_id": listener_id},
    )


def revoke_app_passwords(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    at: datetime,
    name: str | None = None,
    app_password_id: UUID | None = None,
) -> tuple[int, int]:
    """Revoke a listener's live app passwords: those with a name, the one with an id, or all.

    Every session opened with one of them ends too. Returns how many passwords and sessions.
    """
    params = {
        "listener_id": listener_id,
        "at": at,
        "name": name,
        "app_password_id": app_password_id,
    }
    sessions = tx.execute(
        """
        UPDATE listeners.login_sessions SET revoked_at = %(at)s
        WHERE listener_id = %(listener_id)s AND revoked_at IS NULL AND family_id IN (
          SELECT app_password_id FROM listeners.app_passwords
          WHERE listener_id = %(listener_id)s AND (%(name)s::text IS NULL OR name = %(name)s)
            AND (%(app_password_id)s::uuid IS NULL OR app_password_id = %(app_password_id)s))
        """,
        params,
    )
    passwords = tx.execute(
        """
        UPDATE listeners.app_passwords SET revoked_at = %(at)s
        WHERE listener_id = %(listener_id)s AND revoked_at IS NULL
          AND (%(name)s::text IS NULL OR name = %(name)s)
          AND (%(app_password_id)s::uuid IS NULL OR app_password_id = %(app_password_id)s)
        """,
        params,
    )
    return passwords, sessions


def app_password_owner(
    tx: Tx[Listeners], *, secret_hash: bytes, email: str
) -> tuple[ListenerId, UUID] | None:
    """The owner of a live app password, if it belongs to the listener with that address."""
    row = tx.tuples(
        """
        SELECT l.listener_id, p.app_password_id
        FROM listeners.app_passwords p JOIN listeners.listeners l USING (listener_id)
        WHERE p.secret_hash = %(secret_hash)s AND p.revoked_at IS NULL
          AND l.email = %(email)s AND l.deleted_at IS NULL AND l.suspended_at IS NULL
        """,
        {"secret_hash": secret_hash, "email": email},
    ).fetchone()
    return None if row is None else (ListenerId(row[0]), row[1])


def app_password_secret(
    tx: Tx[Listeners], *, app_password_id: UUID
) -> tuple[ListenerId, bytes] | None:
    """The listener of a live app password, and the hash of its secret."""
    row = tx.tuples(
        """
        SELECT l.listener_id, p.secret_hash
        FROM listeners.app_passwords p JOIN listeners.listeners l USING (listener_id)
        WHERE p.app_password_id = %(app_password_id)s AND p.revoked_at IS NULL
          AND l.deleted_at IS NULL AND l.suspended_at IS NULL
        """,
        {"app_password_id": app_password_id},
    ).fetchone()
    return None if row is None else (ListenerId(row[0]), bytes(row[1]))


def listed(tx: Tx[Listeners]) -> list[ListedListener]:
    """All listeners with the size of their data, by address."""
    return tx.rows(
        ListedListener,
        """
        SELECT l.listener_id, l.email, l.suspended_at,
               greatest(l.last_seen_at, (SELECT max(s.last_seen_at) FROM listeners.login_sessions s
                                         WHERE s.listener_id = l.listener_id)) AS last_seen_at,
               (SELECT count(*) FROM listeners.devices d
                WHERE d.listener_id = l.listener_id) AS devices,
               (SELECT count(*) FROM listeners.subscriptions u
                WHERE u.listener_id = l.listener_id AND u.unsubscribed_at IS NULL) AS shows,
               (SELECT count(*) FROM listeners.playback_positions p
                WHERE p.listener_id = l.listener_id AND p.deleted_at IS NULL) AS positions
        FROM listeners.listeners l WHERE l.deleted_at IS NULL ORDER BY l.email
        """,
    )


def suspend(tx: Tx[Listeners], *, listener_id: ListenerId, at: datetime | None) -> None:
    """Suspend an account from an instant; None ends the suspension."""
    tx.execute(
        """
        UPDATE listeners.listeners SET suspended_at = %(at)s WHERE listener_id = %(listener_id)s
        """,
        {"listener_id": listener_id, "at": at},
    )


def end_unused_passwords(tx: Tx[Listeners], *, before: datetime, at: datetime) -> int:
    """Revoke app passwords without a session used since an instant; returns how many."""
    return tx.execute(
        """
        UPDATE listeners.app_passwords p SET revoked_at = %(at)s
        WHERE p.revoked_at IS NULL AND p.created_at < %(before)s AND NOT EXISTS (
          SELECT FROM listeners.login_sessions s
          WHERE s.family_id = p.app_password_id AND s.last_seen_at >= %(before)s)
        """,
        {"before": before, "at": at},
    )


def delete_unverified(tx: Tx[Listeners], *, before: datetime) -> int:
    """Delete open sign-up accounts that were never signed in to; returns how many."""
    return tx.execute(
        """
        DELETE FROM listeners.listeners l
        WHERE l.email_verified_at IS NULL AND l.created_at < %(before)s AND l.auth_provider = 'self'
        """,
        {"before": before},
    )
