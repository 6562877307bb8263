"""The optional passwords of accounts: Argon2id hashes (AC4)."""

from __future__ import annotations

from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import StoredPassword
from wavehouse.store import Listeners, Tx


def password_of(tx: Tx[Listeners], *, email: str) -> StoredPassword | None:
    """The listener with this address and their hash, which may be missing."""
    return tx.maybe(
        StoredPassword,
        """
        SELECT listener_id, email, password_hash FROM listeners.listeners
        WHERE lower(email) = %(email)s AND deleted_at IS NULL
        """,
        {"email": email},
    )


def keep_password(tx: Tx[Listeners], *, listener_id: ListenerId, password_hash: str | None) -> None:
    """Keep a listener's hash, or none any more."""
    tx.execute(
        """
        UPDATE listeners.listeners SET password_hash = %(password_hash)s
        WHERE listener_id = %(listener_id)s
        """,
        {"listener_id": listener_id, "password_hash": password_hash},
    )


def still_has(tx: Tx[Listeners], *, listener_id: ListenerId, password_hash: str) -> bool:
    """Whether the hash that was checked is still the listener's; it stays so until the end."""
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
