"""Passkeys and their challenges (AC3)."""

from __future__ import annotations

from datetime import datetime

from wavehouse.credentials.passkeys import NewPasskey
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.types import Passkey
from wavehouse.store import Listeners, Tx


def insert_challenge(
    tx: Tx[Listeners],
    *,
    challenge_hash: bytes,
    listener_id: ListenerId | None,
    purpose: str,
    browser_hash: bytes,
    expires_at: datetime,
) -> None:
    """Store the hash of a challenge, its purpose, and the browser cookie it is bound to."""
    tx.execute(
        """
        INSERT INTO listeners.passkey_challenges
          (challenge_hash, listener_id, purpose, browser_hash, expires_at)
        VALUES (%(challenge_hash)s, %(listener_id)s, %(purpose)s, %(browser_hash)s,
                %(expires_at)s)
        """,
        {
            "challenge_hash": challenge_hash,
            "listener_id": listener_id,
            "purpose": purpose,
            "browser_hash": browser_hash,
            "expires_at": expires_at,
        },
    )


def forget_challenges(tx: Tx[Listeners], *, before: datetime) -> int:
    """Delete expired challenges; returns how many."""
    return tx.execute(
        "DELETE FROM listeners.passkey_challenges WHERE expires_at < %(before)s",
        {"before": before},
    )


def use_challenge(
    tx: Tx[Listeners],
    *,
    challenge_hash: bytes,
    listener_id: ListenerId | None,
    purpose: str,
    browser_hash: bytes,
    at: datetime,
) -> bool:
    """Consume a challenge; False when none matches this purpose and browser."""
    return bool(
        tx.execute(
            """
            UPDATE listeners.passkey_challenges SET used_at = %(at)s
            WHERE challenge_hash = %(challenge_hash)s AND purpose = %(purpose)s
              AND listener_id IS NOT DISTINCT FROM %(listener_id)s
              AND browser_hash = %(browser_hash)s AND used_at IS NULL AND expires_at > %(at)s
            """,
            {
                "challenge_hash": challenge_hash,
                "listener_id": listener_id,
                "purpose": purpose,
                "browser_hash": browser_hash,
                "at": at,
            },
        )
    )


def insert_passkey(
    tx: Tx[Listeners], *, listener_id: ListenerId, passkey: NewPasskey, name: str
) -> bool:
    """Store a passkey; False when it is already registered."""
    return bool(
        tx.execute(
            """
            INSERT INTO listeners.passkeys
              (credential_id, listener_id, public_key, sign_count, transports, name)
            VALUES (%(credential_id)s, %(listener_id)s, %(public_key)s, %(sign_count)s,
                    %(transports)s, %(name)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "credential_id": passkey.credential_id,
                "listener_id": listener_id,
                "public_key": passkey.public_key,
                "sign_count": passkey.sign_count,
                "transports": list(passkey.transports),
                "name": name,
            },
        )
    )


def passkey(tx: Tx[Listeners], *, credential_id: bytes) -> Passkey | None:
    """A passkey of an existing listener, by the authenticator's id."""
    return tx.maybe(
        Passkey,
        """
        SELECT p.credential_id, p.listener_id, l.email, p.public_key, p.sign_count, p.name,
          p.last_used_at, p.flagged_at
        FROM listeners.passkeys p JOIN listeners.listeners l USING (listener_id)
        WHERE p.credential_id = %(credential_id)s AND l.deleted_at IS NULL
        """,
        {"credential_id": credential_id},
    )


def passkeys(tx: Tx[Listeners], *, listener_id: ListenerId) -> list[Passkey]:
    """A listener's passkeys, oldest first."""
    return tx.rows(
        Passkey,
        """
        SELECT p.credential_id, p.listener_id, l.email, p.public_key, p.sign_count, p.name,
          p.last_used_at, p.flagged_at
        FROM listeners.passkeys p JOIN listeners.listeners l USING (listener_id)
        WHERE p.listener_id = %(listener_id)s ORDER BY p.created_at, p.credential_id
        """,
        {"listener_id": listener_id},
    )


def count_use(tx: Tx[Listeners], *, credential_id: bytes, sign_count: int, at: datetime) -> bool:
    """Store a counter that grew, or that the authenticator does not have (always 0).

    False when it did not grow, and for a flagged passkey.
    """
    return bool(
        tx.execute(
            """
            UPDATE listeners.passkeys SET sign_count = %(sign_count)s, last_used_at = %(at)s
            WHERE credential_id = %(credential_id)s AND flagged_at IS NULL
              AND (sign_count < %(sign_count)s OR (sign_count = 0 AND %(sign_count)s = 0))
            """,
            {"credential_id": credential_id, "sign_count": sign_count, "at": at},
        )
    )


def flag(tx: Tx[Listeners], *, credential_id: bytes, at: datetime) -> None:
    """Flag a passkey whose counter went back: it may have been copied."""
    tx.execute(
        """
        UPDATE listeners.passkeys SET flagged_at = %(at)s
        WHERE credential_id = %(credential_id)s AND flagged_at IS NULL
        """,
        {"credential_id": credential_id, "at": at},
    )


def delete_passkey(tx: Tx[Listeners], *, listener_id: ListenerId, credential_id: bytes) -> bool:
    """Delete a listener's passkey; False when the listener does not have it."""
    return bool(
        tx.execute(
            """
            DELETE FROM listeners.passkeys
            WHERE credential_id = %(credential_id)s AND listener_id = %(listener_id)s
            """,
            {"credential_id": credential_id, "listener_id": listener_id},
        )
    )
