"""Use cases of ``accounts``. Each takes the caller's transaction; the edge commits it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import queries, rules
from wavehouse.accounts.types import (
    Answered,
    ApiKey,
    Identity,
    NewApiKey,
    NewLoginLink,
    NewSession,
    Organization,
    Role,
    Scope,
)
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Refused
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx


def user_actor(identity: Identity) -> audit.Actor:
    """The audit log's name for a user, or for the API key that acts for one."""
    if identity.api_key_id is not None:
        return audit.Actor(f"key:{identity.api_key_id}")
    return audit.Actor(f"user:{identity.user_id}")


def ensure_organization(tx: Tx[Operational], *, name: str) -> tuple[Organization, Identity]:
    """The installation's organization and its first administrator, made at first start."""
    organization = queries.first_organization(tx) or _created(tx, name, audit.Actor("system:up"))
    return organization, _administrator(tx, organization)


def set_timezone(tx: Tx[Operational], *, identity: Identity, timezone: str) -> None:
    """Set the organization's time zone; the caller has checked that it exists."""
    queries.set_timezone(tx, organization_id=identity.organization_id, timezone=timezone)
    audit.record(
        tx,
        actor=user_actor(identity),
        action="organization.timezone_changed",
        resource=("organization", identity.organization_id),
        organization_id=identity.organization_id,
        metadata={"timezone": timezone},
    )


def further_organization(
    tx: Tx[Operational], *, identity: Identity, name: str
) -> tuple[Organization, Identity]:
    """The organization of this name, made by a user of the installation's own if there is none."""
    slug = rules.slug_of(name)
    organization = queries.organization_by_slug(tx, slug=slug) or _created(
        tx, name, user_actor(identity)
    )
    return organization, _administrator(tx, organization)


def _created(tx: Tx[Operational], name: str, actor: audit.Actor) -> Organization:
    organization = queries.insert_organization(tx, name=words.line(name), slug=rules.slug_of(name))
    audit.record(
        tx,
        actor=actor,
        action="organization.created",
        resource=("organization", organization.organization_id),
        organization_id=organization.organization_id,
    )
    return organization


def _administrator(tx: Tx[Operational], organization: Organization) -> Identity:
    organization_id = organization.organization_id
    return queries.first_administrator(tx, organization_id=organization_id) or queries.insert_user(
        tx,
        organization_id=organization_id,
        email=f"admin@{organization.slug}.invalid",
        name="Administrator",
        role=Role.ADMIN,
        password_hash=rules.UNUSABLE_PASSWORD,
    )


def acting_for(
    tx: Tx[Operational], *, organization_id: OrganizationId, user_id: UUID | None = None
) -> Identity:
    """Whom a job acts for: the user, as it is now, or the organization's administrator.

    Refused when the user may not act any more.
    """
    if user_id is None:
        identity = queries.first_administrator(tx, organization_id=organization_id)
    else:
        identity = queries.active_user(tx, organization_id=organization_id, user_id=user_id)
    if identity is None:
        raise Refused("the user of this job may not act any more")
    return identity


def create_login_link(tx: Tx[Operational], *, identity: Identity) -> NewLoginLink:
    """A one-time link for a user; only its hash is kept."""
    queries.delete_expired_sign_ins(tx, at=clock.now())
    link = NewLoginLink(secrets.token_urlsafe(32), clock.now() + rules.LINK_LIFETIME)
    queries.insert_login_link(
        tx,
        token_hash=rules.token_hash(link.token),
        identity=identity,
        expires_at=link.expires_at,
    )
    return link


def sign_in(tx: Tx[Operational], *, token: str) -> NewSession:
    """Consume a one-time link and begin a session. NotSignedIn when it is used, old or unknown."""
    identity = queries.use_login_link(tx, token_hash=rules.token_hash(token), at=clock.now())
    if identity is None:
        raise NotSignedIn(
            "invalid sign-in link: it was used, has expired, or does not exist",
            command="wavehouse sign-in-link",
        )
    session = NewSession(secrets.token_urlsafe(32), clock.now() + rules.SESSION_LIFETIME, identity)
    queries.insert_session(
        tx,
        token_hash=rules.token_hash(session.token),
        identity=identity,
        at=clock.now(),
        expires_at=session.expires_at,
    )
    audit.record(
        tx,
        actor=user_actor(identity),
        action="session.began",
        resource=("user", identity.user_id),
        organization_id=identity.organization_id,
    )
    return session


def session_of(tx: Tx[Operational], *, token: str) -> Identity | None:
    """The user of a session cookie, or None."""
    return queries.session_identity(tx, token_hash=rules.token_hash(token), at=clock.now())


def sign_out(tx: Tx[Operational], *, token: str) -> None:
    """End a session; harmless if it has ended."""
    queries.delete_session(tx, token_hash=rules.token_hash(token))


def create_api_key(
    tx: Tx[Operational],
    *,
    identity: Identity,
    name: str,
    scopes: list[Scope],
    expires_at: datetime | None = None,
) -> NewApiKey:
    """A new key; its text is returned once and not stored."""
    for scope in scopes:
        _check_role(identity.role, scope)
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
    """Revoke a key at once. NotFound when there is no such live key."""
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
    """The identity of a key's user, as the user is now.

    NotSignedIn for a key that is not valid or whose user is removed or inactive; Refused for a
    missing scope, and for one that the user's role no longer has.
    """
    parts = rules.read_key(text)
    record = queries.key_record(tx, key_prefix=parts[0]) if parts else None
    at = clock.now()
    if parts is None or record is None or not rules.key_is_valid(record, parts[1], at):
        raise NotSignedIn("invalid API key", command="wavehouse keys create")
    if scope not in record.scopes:
        raise Refused(f"the API key lacks the scope {scope}", command="wavehouse keys create")
    _check_role(record.role, scope)
    if record.last_used_at is None or at - record.last_used_at > rules.TOUCH_INTERVAL:
        queries.touch_api_key(tx, api_key_id=record.api_key_id, at=at)
    return Identity(
        record.organization_id, record.user_id, record.name, record.role, record.api_key_id
    )


def _check_role(role: str, scope: Scope) -> None:
    if not rules.role_has(role, scope):
        raise Refused(
            f"the role {role} does not have the scope {scope}",
            hint="Ask an administrator for a role that may change data.",
        )


def answer_once(
    tx: Tx[Operational],
    *,
    identity: Identity,
    key: str | None,
    request: bytes,
    answer: Callable[[], tuple[int, dict[str, Any]]],
) -> Answered:
    """Carry a request out, or return the stored answer to the same Idempotency-Key.

    ``request`` is all that makes it this request (method, path, body). The answer is kept in the
    transaction of the effect: after a crash both are there or neither. A second request with the
    key waits for the first. Conflict when the key was used for another request; keys are free
    again after 24 hours.
    """
    if key is None:
        return Answered(*answer())
    now = clock.now()
    queries.delete_old_answers(tx, before=now - rules.ANSWERS_KEPT)
    if not queries.claim_idempotency_key(
        tx,
        identity=identity,
        idempotency_key=key,
        request_hash=rules.request_hash(request),
        at=now,
    ):
        kept = queries.kept_answer(tx, identity=identity, idempotency_key=key)
        if kept.request_hash != rules.request_hash(request):
            raise Conflict(
                "this Idempotency-Key was used for another request",
                hint="Send a new key with a new request.",
            )
        return Answered(kept.status or 200, kept.body or {}, replayed=True)
    status, body = answer()
    queries.keep_answer(tx, identity=identity, idempotency_key=key, status=status, body=body)
    return Answered(status, body)
