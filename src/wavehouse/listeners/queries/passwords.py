"""Optional passwords of accounts: Argon2id hashes (AC4)."""

from __future__ import annotations

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import StoredPassword
from wavehouse.store import Listeners, Tx


def password_of(tx: Tx[Listeners], *, email: str) -> StoredPassword | None:
    """The listener with this address and their password hash, if any."""
    return tx.maybe(
        StoredPassword,
        """
        SELECT listener_id, email, password_hash FROM listeners.listeners
        WHERE lower(email) = %(email)s AND deleted_at IS NULL
        """,
        {"email": email},
    )


def keep_password(tx: Tx[Listeners], *, listener_id: ListenerId, password_hash: str | None) -> None:
    """Store a listener's password hash, or remove it."""
    tx.execute(
        """
        UPDATE listeners.listeners SET password_hash = %(password_hash)s
        WHERE listener_id = %(listener_id)s
        """,
        {"listener_id": listener_id, "password_hash": password_hash},
    )


def still_has(tx: Tx[Listeners], *, listener_id: ListenerId, password_hash: str) -> bool:
    """Whether the checked hash is still current; locked until the transaction ends."""
    return bool(
        tx.value(
            """
            SELECT true FROM listeners.listeners
            WHERE listener_id = %(listener_id)s AND password_hash = %(password_hash)s
              AND deleted_at IS NULL FOR NO KEY UPDATE
            """,
            {"listener_id": listener_id, "password_hash": password_hash},
        )
    )
