"""Passkeys of users, and the challenges that they sign."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts.types import Passkey
from wavehouse.credentials.passkeys import NewPasskey
from wavehouse.kernel.ids import UserId
from wavehouse.store import Operational, Tx


def insert_challenge(
    tx: Tx[Operational],
    *,
    challenge_hash: bytes,
    user_id: UserId | None,
    purpose: str,
    browser_hash: bytes,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Store the hash of a challenge, and delete expired ones."""
    tx.execute(
        """
        WITH expired AS (DELETE FROM accounts.passkey_challenges WHERE expires_at <= %(at)s)
        INSERT INTO accounts.passkey_challenges
          (challenge_hash, user_id, purpose, browser_hash, expires_at)
        VALUES (%(challenge_hash)s, %(user_id)s, %(purpose)s, %(browser_hash)s, %(expires_at)s)
        """,
        {
            "challenge_hash": challenge_hash,
            "user_id": user_id,
            "purpose": purpose,
            "browser_hash": browser_hash,
            "expires_at": expires_at,
            "at": at,
        },
    )


def use_challenge(
    tx: Tx[Operational],
    *,
    challenge_hash: bytes,
    user_id: UserId | None,
    purpose: str,
    browser_hash: bytes,
    at: datetime,
) -> bool:
    """Delete a challenge; False when none matches this user, purpose and browser."""
    return bool(
        tx.execute(
            """
            DELETE FROM accounts.passkey_challenges
            WHERE challenge_hash = %(challenge_hash)s AND purpose = %(purpose)s
              AND user_id IS NOT DISTINCT FROM %(user_id)s
              AND browser_hash = %(browser_hash)s AND expires_at > %(at)s
            """,
            {
                "challenge_hash": challenge_hash,
                "user_id": user_id,
                "purpose": purpose,
                "browser_hash": browser_hash,
                "at": at,
            },
        )
    )


def insert_passkey(tx: Tx[Operational], *, user_id: UserId, passkey: NewPasskey, name: str) -> bool:
    """Store a passkey; False when it is already registered, to any user."""
    return bool(
        tx.execute(
            """
            INSERT INTO accounts.passkeys
              (credential_id, user_id, public_key, sign_count, transports, name)
            VALUES (%(credential_id)s, %(user_id)s, %(public_key)s, %(sign_count)s,
                    %(transports)s, %(name)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "credential_id": passkey.credential_id,
                "user_id": user_id,
                "public_key": passkey.public_key,
                "sign_count": passkey.sign_count,
                "transports": list(passkey.transports),
                "name": name,
            },
        )
    )


def passkey(tx: Tx[Operational], *, credential_id: bytes) -> Passkey | None:
    """The passkey with this id, if its user is active."""
    return tx.maybe(
        Passkey,
        """
        SELECT p.credential_id, p.user_id, p.public_key, p.name, p.last_used_at, p.flagged_at
        FROM accounts.passkeys p JOIN accounts.users u USING (user_id)
        WHERE p.credential_id = %(credential_id)s AND u.is_active
        """,
        {"credential_id": credential_id},
    )


def passkeys(tx: Tx[Operational], *, user_id: UserId) -> list[Passkey]:
    """The passkeys of a user, oldest first."""
    return tx.rows(
        Passkey,
        """
        SELECT credential_id, user_id, public_key, name, last_used_at, flagged_at
        FROM accounts.passkeys WHERE user_id = %(user_id)s ORDER BY created_at, credential_id
        """,
        {"user_id": user_id},
    )


def count_passkey_use(
    tx: Tx[Operational], *, credential_id: bytes, sign_count: int, at: datetime
) -> bool:
    """Store a counter that increased, or that the authenticator does not use (always 0).

    False when it did not increase, or when the passkey is flagged.
    """
    return bool(
        tx.execute(
            """
            UPDATE accounts.passkeys SET sign_count = %(sign_count)s, last_used_at = %(at)s
            WHERE credential_id = %(credential_id)s AND flagged_at IS NULL
              AND (sign_count < %(sign_count)s OR (sign_count = 0 AND %(sign_count)s = 0))
            """,
            {"credential_id": credential_id, "sign_count": sign_count, "at": at},
        )
    )


def flag_passkey(tx: Tx[Operational], *, credential_id: bytes, at: datetime) -> None:
    """Flag a passkey whose counter went back: there may be a copy of it."""
    tx.execute(
        """
        UPDATE accounts.passkeys SET flagged_at = %(at)s
        WHERE credential_id = %(credential_id)s AND flagged_at IS NULL
        """,
        {"credential_id": credential_id, "at": at},
    )


def delete_passkey(tx: Tx[Operational], *, user_id: UserId, credential_id: bytes) -> bool:
    """Delete a user's passkey; False when the user has no such passkey."""
    return bool(
        tx.execute(
            """
            DELETE FROM accounts.passkeys
            WHERE credential_id = %(credential_id)s AND user_id = %(user_id)s
            """,
            {"credential_id": credential_id, "user_id": user_id},
        )
    )
