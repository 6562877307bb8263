"""Organizations, users, keys and sessions as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from wavehouse.kernel.ids import ApiKeyId, OrganizationId, UserId


class Role(StrEnum):
    """What a user may do in the organization."""

    ADMIN = "admin"
    USER = "user"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What an API key may do."""

    CATALOG_READ = "catalog:read"
    STATS_READ = "stats:read"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    CONVERSIONS_READ = "conversions:read"
    CONVERSIONS_WRITE = "conversions:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    LEARNING_READ = "learning:read"
    LEARNING_WRITE = "learning:write"
    USAGE_READ = "usage:read"
    USAGE_WRITE = "usage:write"
    GATEWAY_USE = "gateway:use"


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    organization_id: OrganizationId
    name: str
    slug: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of an organization who acts: by a session, a command, or an API key (its id)."""

    organization_id: OrganizationId
    user_id: UserId
    name: str
    role: str
    api_key_id: ApiKeyId | None = None


@dataclass(frozen=True, slots=True)
class NewLoginLink:
    """A one-time link; the token is shown once and not stored."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun; the token is the cookie's value."""

    token: str
    expires_at: datetime
    identity: Identity


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it may be listed."""

    api_key_id: ApiKeyId
    name: str
    key_prefix: str
    last4: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A new key with its text, which is not stored."""

    key: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The data needed to verify a key."""

    api_key_id: ApiKeyId
    organization_id: OrganizationId
    user_id: UserId
    name: str
    role: str
    key_hash: bytes
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request with an Idempotency-Key, now or when it was first sent."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A stored answer; ``status`` and ``body`` are None while the first request is under way."""

    request_hash: bytes
    status: int | None
    body: dict[str, Any] | None
