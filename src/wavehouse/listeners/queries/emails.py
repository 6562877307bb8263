"""Pending changes of email address, awaiting confirmation (AC9)."""

from __future__ import annotations

from datetime import datetime

from psycopg.errors import UniqueViolation

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import EmailChange
from wavehouse.store import Listeners, Tx


def replace_change(
    tx: Tx[Listeners],
    *,
    listener_id: ListenerId,
    new_email: str,
    display: str,
    old_token_hash: bytes,
    new_token_hash: bytes,
    expires_at: datetime,
) -> None:
    """Request a change; a pending one is deleted with its emails."""
    forget_changes(tx, listener_id=listener_id)
    tx.execute(
        """
        INSERT INTO listeners.email_changes (listener_id, new_email, new_email_display,
          old_token_hash, new_token_hash, expires_at)
        VALUES (%(listener_id)s, %(new_email)s, %(display)s, %(old)s, %(new)s, %(expires_at)s)
        """,
        {
            "listener_id": listener_id,
            "new_email": new_email,
            "display": display,
            "old": old_token_hash,
            "new": new_token_hash,
            "expires_at": expires_at,
        },
    )


def forget_changes(tx: Tx[Listeners], *, listener_id: ListenerId) -> int:
    """Delete a listener's pending changes; returns how many."""
    return tx.execute(
        "DELETE FROM listeners.email_changes WHERE listener_id = %(listener_id)s",
        {"listener_id": listener_id},
    )


def forget_late_changes(tx: Tx[Listeners], *, at: datetime) -> int:
    """Delete expired changes, because they contain addresses; returns how many."""
    return tx.execute("DELETE FROM listeners.email_changes WHERE expires_at <= %(at)s", {"at": at})


def change_of(tx: Tx[Listeners], *, token_hash: bytes, at: datetime) -> EmailChange | None:
    """The change that an email's token belongs to, locked until the transaction ends."""
    return tx.maybe(
        EmailChange,
        """
        SELECT c.listener_id, c.new_email, c.new_email_display,
          CASE WHEN c.old_token_hash = %(token_hash)s THEN c.new_confirmed_at IS NOT NULL
               ELSE c.old_confirmed_at IS NOT NULL END AS other_agreed
        FROM listeners.email_changes c JOIN listeners.listeners l USING (listener_id)
        WHERE (c.old_token_hash = %(token_hash)s OR c.new_token_hash = %(token_hash)s)
          AND c.expires_at > %(at)s AND l.deleted_at IS NULL
        FOR UPDATE OF c
        """,
        {"token_hash": token_hash, "at": at},
    )


def agree(tx: Tx[Listeners], *, token_hash: bytes, at: datetime) -> None:
    """Record one mailbox's confirmation; the change waits for the other."""
    tx.execute(
        """
        UPDATE listeners.email_changes
        SET old_confirmed_at = CASE WHEN old_token_hash = %(token_hash)s
              THEN coalesce(old_confirmed_at, %(at)s) END,
            new_confirmed_at = CASE WHEN new_token_hash = %(token_hash)s
              THEN coalesce(new_confirmed_at, %(at)s) END
        WHERE old_token_hash = %(token_hash)s OR new_token_hash = %(token_hash)s
        """,
        {"token_hash": token_hash, "at": at},
    )


def set_email(
    tx: Tx[Listeners], *, listener_id: ListenerId, email: str, display: str, at: datetime
) -> bool:
    """Set a listener's new, verified address; False when another account has it."""
    try:
        with tx.savepoint():
            tx.execute(
                """
                UPDATE listeners.listeners
                SET email = %(email)s, email_display = %(display)s, email_verified_at = %(at)s
                WHERE listener_id = %(listener_id)s
                """,
                {"listener_id": listener_id, "email": email, "display": display, "at": at},
            )
    except UniqueViolation:
        return False
    return True


def void_links(tx: Tx[Listeners], *, listener_id: ListenerId, at: datetime) -> None:
    """Invalidate links sent to a listener's former address."""
    tx.execute(
        """
        UPDATE listeners.login_links SET used_at = %(at)s
        WHERE listener_id = %(listener_id)s AND used_at IS NULL
        """,
        {"listener_id": listener_id, "at": at},
    )
