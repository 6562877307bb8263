"""One-time links, by the hash of their token (AC2)."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import Listener
from wavehouse.store import Listeners, Tx


def insert_link(
    tx: Tx[Listeners],
    *,
    token_hash: bytes,
    listener_id: ListenerId,
    browser_hash: bytes,
    expires_at: datetime,
) -> None:
    """Store the hash of a sign-in link, and of the browser cookie it is bound to."""
    tx.execute(
        """
        INSERT INTO listeners.login_links (token_hash, listener_id, browser_hash, expires_at)
        VALUES (%(token_hash)s, %(listener_id)s, %(browser_hash)s, %(expires_at)s)
        """,
        {
            "token_hash": token_hash,
            "listener_id": listener_id,
            "browser_hash": browser_hash,
            "expires_at": expires_at,
        },
    )


def forget_late_links(tx: Tx[Listeners], *, at: datetime) -> int:
    """Delete links that can no longer be used; returns how many."""
    return tx.execute("DELETE FROM listeners.login_links WHERE expires_at <= %(at)s", {"at": at})


def use_link(
    tx: Tx[Listeners], *, token_hash: bytes, browser_hash: bytes, at: datetime
) -> Listener | None:
    """Redeem a link: the listener it signs in the first time, None afterwards."""
    return tx.maybe(
        Listener,
        """
        UPDATE listeners.login_links k SET used_at = %(at)s
        FROM listeners.listeners l
        WHERE k.token_hash = %(token_hash)s AND k.browser_hash = %(browser_hash)s
          AND k.purpose = 'sign_in' AND k.used_at IS NULL AND k.expires_at > %(at)s
          AND l.listener_id = k.listener_id AND l.deleted_at IS NULL
          AND l.suspended_at IS NULL
        RETURNING l.listener_id, l.email
        """,
        {"token_hash": token_hash, "browser_hash": browser_hash, "at": at},
    )
