"""API keys."""

from __future__ import annotations

from datetime import datetime

from wavehouse.accounts.types import ApiKey, Identity, KeyRecord
from wavehouse.kernel.ids import ApiKeyId, OrganizationId, UserId
from wavehouse.store import Operational, Tx


def insert_api_key(
    tx: Tx[Operational],
    *,
    identity: Identity,
    name: str,
    key_prefix: str,
    key_hash: bytes,
    last4: str,
    scopes: list[str],
    expires_at: datetime | None,
) -> ApiKey:
    """Add an API key (storing its hash)."""
    return tx.one(
        ApiKey,
        """
        INSERT INTO accounts.api_keys
          (organization_id, user_id, name, key_prefix, key_hash, last4, scopes, expires_at)
        VALUES (%(organization_id)s, %(user_id)s, %(name)s, %(key_prefix)s, %(key_hash)s,
                %(last4)s, %(scopes)s, %(expires_at)s)
        RETURNING api_key_id, name, key_prefix, last4, scopes, expires_at, last_used_at,
                  revoked_at, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "name": name,
            "key_prefix": key_prefix,
            "key_hash": key_hash,
            "last4": last4,
            "scopes": scopes,
            "expires_at": expires_at,
        },
    )


def api_keys(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[ApiKey]:
    """An organization's keys, newest first."""
    return tx.rows(
        ApiKey,
        """
        SELECT api_key_id, name, key_prefix, last4, scopes, expires_at, last_used_at,
               revoked_at, created_at
        FROM accounts.api_keys WHERE organization_id = %(organization_id)s
        ORDER BY created_at DESC, api_key_id DESC
        """,
        {"organization_id": organization_id},
    )


def key_record(tx: Tx[Operational], *, key_prefix: str) -> KeyRecord | None:
    """The data needed to verify the key with this prefix."""
    return tx.maybe(
        KeyRecord,
        """
        SELECT k.api_key_id, k.organization_id, k.user_id, k.name, m.role, k.key_hash, k.scopes,
               k.expires_at, k.last_used_at, k.revoked_at
        FROM accounts.api_keys k
        JOIN accounts.memberships m USING (organization_id, user_id)
        JOIN accounts.users u USING (user_id)
        WHERE k.key_prefix = %(key_prefix)s AND m.removed_at IS NULL AND u.is_active
        """,
        {"key_prefix": key_prefix},
    )


def touch_api_key(tx: Tx[Operational], *, api_key_id: ApiKeyId, at: datetime) -> None:
    """Record when a key was last used."""
    tx.execute(
        "UPDATE accounts.api_keys SET last_used_at = %(at)s WHERE api_key_id = %(api_key_id)s",
        {"api_key_id": api_key_id, "at": at},
    )


def revoke_api_key(
    tx: Tx[Operational], *, organization_id: OrganizationId, key_prefix: str, at: datetime
) -> ApiKeyId | None:
    """Revoke a key by its prefix; None when there is no active key."""
    value = tx.value(
        """
        UPDATE accounts.api_keys SET revoked_at = %(at)s
        WHERE organization_id = %(organization_id)s AND key_prefix = %(key_prefix)s
          AND revoked_at IS NULL
        RETURNING api_key_id
        """,
        {"organization_id": organization_id, "key_prefix": key_prefix, "at": at},
    )
    return None if value is None else ApiKeyId(value)


def revoke_keys_of(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UserId, at: datetime
) -> int:
    """Revoke every key of a user in an organization; returns how many."""
    return tx.execute(
        """
        UPDATE accounts.api_keys SET revoked_at = %(at)s
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND revoked_at IS NULL
        """,
        {"organization_id": organization_id, "user_id": user_id, "at": at},
    )
