"""API keys: create, list, revoke, verify."""

from __future__ import annotations

import secrets
from datetime import datetime

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.service.acting import require, user_actor
from wavehouse.accounts.types import ApiKey, Identity, NewApiKey, Scope
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import InvalidInput, NotFound, NotSignedIn, Refused
from wavehouse.store import Operational, Tx


def create_api_key(
    tx: Tx[Operational],
    *,
    identity: Identity,
    name: str,
    scopes: list[Scope],
    expires_at: datetime | None = None,
) -> NewApiKey:
    """Create a key; its text is returned once and not stored."""
    for scope in scopes:
        require(identity.role, scope)
    name = words.line(name)
    if not name or not scopes:
        raise InvalidInput("an API key needs a name and at least one scope")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput("the expiry date is in the past", hint="Choose a later day.")
    prefix = rules.base62(secrets.token_bytes(16), 8)
    secret = rules.base62(secrets.token_bytes(48), 32)
    key = queries.insert_api_key(
        tx,
        identity=identity,
        name=name,
        key_prefix=prefix,
        key_hash=rules.token_hash(secret),
        last4=secret[-4:],
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="api_key.created",
        resource=("api_key", key.api_key_id),
        organization_id=identity.organization_id,
        metadata={"scopes": key.scopes},
    )
    return NewApiKey(key, rules.key_text(prefix, secret))


def list_api_keys(tx: Tx[Operational], *, identity: Identity) -> list[ApiKey]:
    """The organization's keys, newest first, without their secrets."""
    return queries.api_keys(tx, organization_id=identity.organization_id)


def revoke_api_key(tx: Tx[Operational], *, identity: Identity, key_prefix: str) -> None:
    """Revoke a key at once. NotFound when there is no such active key."""
    revoked = queries.revoke_api_key(
        tx,
        organization_id=identity.organization_id,
        key_prefix=key_prefix,
        at=clock.now(),
    )
    if revoked is None:
        raise NotFound(
            f"there is no active key with the prefix {key_prefix!r}", command="wavehouse keys list"
        )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="api_key.revoked",
        resource=("api_key", revoked),
        organization_id=identity.organization_id,
    )


def verify_api_key(tx: Tx[Operational], *, text: str, scope: Scope) -> Identity:
    """The identity of a key's user, with the user's current role.

    NotSignedIn for a key that is not valid or whose user is removed or inactive; Refused for a
    scope that the key lacks or the user's role no longer has.
    """
    parts = rules.read_key(text)
    record = queries.key_record(tx, key_prefix=parts[0]) if parts else None
    at = clock.now()
    if parts is None or record is None or not rules.key_is_valid(record, parts[1], at):
        raise NotSignedIn("invalid API key", command="wavehouse keys create")
    if scope not in record.scopes:
        raise Refused(f"the API key lacks the scope {scope}", command="wavehouse keys create")
    require(record.role, scope)
    if record.last_used_at is None or at - record.last_used_at > rules.TOUCH_INTERVAL:
        queries.touch_api_key(tx, api_key_id=record.api_key_id, at=at)
    return Identity(
        record.organization_id, record.user_id, record.name, record.role, record.api_key_id
    )
