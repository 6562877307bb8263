"""SQL of ``accounts``: one typed function per statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wavehouse.accounts.types import ApiKey, Identity, KeptAnswer, KeyRecord, Organization
from wavehouse.kernel.ids import ApiKeyId, OrganizationId
from wavehouse.store import Operational, Tx


def first_organization(tx: Tx[Operational]) -> Organization | None:
    """The oldest organization: the one a single-tenant installation means."""
    return tx.maybe(
        Organization,
        """
        SELECT organization_id, name, slug, timezone
        FROM accounts.organizations ORDER BY created_at, organization_id LIMIT 1
        """,
    )


def organization_by_slug(tx: Tx[Operational], *, slug: str) -> Organization | None:
    """The organization with this slug."""
    return tx.maybe(
        Organization,
        """
        SELECT organization_id, name, slug, timezone
        FROM accounts.organizations WHERE slug = %(slug)s
        """,
        {"slug": slug},
    )


def insert_organization(tx: Tx[Operational], *, name: str, slug: str) -> Organization:
    """Add an organization."""
    return tx.one(
        Organization,
        """
        INSERT INTO accounts.organizations (name, slug) VALUES (%(name)s, %(slug)s)
        RETURNING organization_id, name, slug, timezone
        """,
        {"name": name, "slug": slug},
    )


def set_timezone(tx: Tx[Operational], *, organization_id: OrganizationId, timezone: str) -> None:
    """Set the time zone of an organization."""
    tx.execute(
        """
        UPDATE accounts.organizations SET timezone = %(timezone)s
        WHERE organization_id = %(organization_id)s
        """,
        {"organization_id": organization_id, "timezone": timezone},
    )


def insert_user(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    email: str,
    name: str,
    role: str,
    password_hash: str,
) -> Identity:
    """Add a user."""
    return tx.one(
        Identity,
        """
        INSERT INTO accounts.users (organization_id, email, name, role, password_hash)
        VALUES (%(organization_id)s, %(email)s, %(name)s, %(role)s, %(password_hash)s)
        RETURNING organization_id, user_id, name, role
        """,
        {
            "organization_id": organization_id,
            "email": email,
            "name": name,
            "role": role,
            "password_hash": password_hash,
        },
    )


def first_administrator(tx: Tx[Operational], *, organization_id: OrganizationId) -> Identity | None:
    """The oldest active administrator of an organization."""
    return tx.maybe(
        Identity,
        """
        SELECT organization_id, user_id, name, role FROM accounts.users
        WHERE organization_id = %(organization_id)s AND role = 'admin' AND is_active
        ORDER BY created_at, user_id LIMIT 1
        """,
        {"organization_id": organization_id},
    )


def active_user(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UUID
) -> Identity | None:
    """An active user of an organization."""
    return tx.maybe(
        Identity,
        """
        SELECT organization_id, user_id, name, role FROM accounts.users
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s AND is_active
        """,
        {"organization_id": organization_id, "user_id": user_id},
    )


def insert_login_link(
    tx: Tx[Operational], *, token_hash: bytes, identity: Identity, expires_at: datetime
) -> None:
    """Store the hash of a one-time link."""
    tx.execute(
        """
        INSERT INTO accounts.login_links (token_hash, organization_id, user_id, expires_at)
        VALUES (%(token_hash)s, %(organization_id)s, %(user_id)s, %(expires_at)s)
        """,
        {
            "token_hash": token_hash,
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "expires_at": expires_at,
        },
    )


def use_login_link(tx: Tx[Operational], *, token_hash: bytes, at: datetime) -> Identity | None:
    """Consume a link: its user once and None ever after, for two requests at a time too."""
    return tx.maybe(
        Identity,
        """
        UPDATE accounts.login_links l SET used_at = %(at)s
        FROM accounts.users u
        WHERE l.token_hash = %(token_hash)s AND l.used_at IS NULL AND l.expires_at > %(at)s
          AND u.user_id = l.user_id AND u.is_active
        RETURNING u.organization_id, u.user_id, u.name, u.role
        """,
        {"token_hash": token_hash, "at": at},
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
          (token_hash, organization_id, user_id, expires_at, last_seen_at)
        VALUES (%(token_hash)s, %(organization_id)s, %(user_id)s, %(expires_at)s, %(at)s)
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
    """The user of a live session."""
    return tx.maybe(
        Identity,
        """
        SELECT u.organization_id, u.user_id, u.name, u.role
        FROM accounts.login_sessions s JOIN accounts.users u USING (user_id)
        WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(at)s AND u.is_active
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
    """Add an API key (its hash)."""
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
        SELECT k.api_key_id, k.organization_id, k.user_id, k.name, u.role, k.key_hash, k.scopes,
               k.expires_at, k.last_used_at, k.revoked_at
        FROM accounts.api_keys k JOIN accounts.users u USING (user_id)
        WHERE k.key_prefix = %(key_prefix)s AND u.is_active
        """,
        {"key_prefix": key_prefix},
    )


def touch_api_key(tx: Tx[Operational], *, api_key_id: ApiKeyId, at: datetime) -> None:
    """Store when a key was last used."""
    tx.execute(
        "UPDATE accounts.api_keys SET last_used_at = %(at)s WHERE api_key_id = %(api_key_id)s",
        {"api_key_id": api_key_id, "at": at},
    )


def revoke_api_key(
    tx: Tx[Operational], *, organization_id: OrganizationId, key_prefix: str, at: datetime
) -> ApiKeyId | None:
    """Revoke a key by its prefix; None when there is no such live key."""
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


def claim_idempotency_key(
    tx: Tx[Operational],
    *,
    identity: Identity,
    idempotency_key: str,
    request_hash: bytes,
    at: datetime,
) -> bool:
    """Reserve a key for a request; False when it is taken. Waits for a concurrent reservation."""
    return bool(
        tx.execute(
            """
            INSERT INTO accounts.idempotency_keys
              (organization_id, user_id, idempotency_key, request_hash, created_at)
            VALUES (%(organization_id)s, %(user_id)s, %(key)s, %(request_hash)s, %(at)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "organization_id": identity.organization_id,
                "user_id": identity.user_id,
                "key": idempotency_key,
                "request_hash": request_hash,
                "at": at,
            },
        )
    )


def kept_answer(tx: Tx[Operational], *, identity: Identity, idempotency_key: str) -> KeptAnswer:
    """The stored answer to the request that took a key."""
    return tx.one(
        KeptAnswer,
        """
        SELECT request_hash, status, body FROM accounts.idempotency_keys
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND idempotency_key = %(key)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "key": idempotency_key,
        },
    )


def keep_answer(
    tx: Tx[Operational],
    *,
    identity: Identity,
    idempotency_key: str,
    status: int,
    body: dict[str, Any],
) -> None:
    """Store the answer to a request."""
    tx.execute(
        """
        UPDATE accounts.idempotency_keys SET status = %(status)s, body = %(body)s
        WHERE organization_id = %(organization_id)s AND user_id = %(user_id)s
          AND idempotency_key = %(key)s
        """,
        {
            "organization_id": identity.organization_id,
            "user_id": identity.user_id,
            "key": idempotency_key,
            "status": status,
            "body": Jsonb(body),
        },
    )


def delete_old_answers(tx: Tx[Operational], *, before: datetime) -> int:
    """Delete stored answers after a day."""
    return tx.execute(
        "DELETE FROM accounts.idempotency_keys WHERE created_at < %(before)s", {"before": before}
    )
