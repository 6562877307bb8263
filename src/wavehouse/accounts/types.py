"""Organizations, users, keys and sessions as values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from wavehouse.kernel.config import Settings
from wavehouse.kernel.ids import ApiKeyId, OrganizationId, UserId
from wavehouse.store import Stores


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


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    organization_id: OrganizationId
    name: str
    slug: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is acting: a user of an organization, by a session or by an API key."""

    organization_id: OrganizationId
    user_id: UserId
    name: str
    role: str


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
    """A key that was just made: the only moment at which its text is known."""

    key: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What verifying a key needs to know of it."""

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
    """What a request with an Idempotency-Key was answered, now or when it first came."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A stored answer; ``status`` and ``body`` are None while the first request is under way."""

    request_hash: bytes
    status: int | None
    body: dict[str, Any] | None


class Gate(Protocol):
    """The API's door, built by the web and handed to each context's routes.

    ``gate(scope)`` is a FastAPI dependency: who asks, by an API key that has the scope, within
    its rate. ``gate.answers(scope, 404)`` describes what a route may answer beside its own.
    """

    def __call__(self, scope: Scope) -> Callable[..., Identity]:
        """The dependency of a route that needs this scope."""
        ...

    def answers(self, scope: Scope, *statuses: int) -> dict[int | str, dict[str, Any]]:
        """The problems of a route, for the OpenAPI."""
        ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a command or a request works with: the settings, the open databases, who acts."""

    settings: Settings
    stores: Stores
    organization: Organization
    identity: Identity


class OpenWorkplace(Protocol):
    """Opens the workplace: every command gets this one as click's object (``app.workplace``)."""

    def __call__(self) -> AbstractContextManager[Workplace]:
        """The databases started, migrated and open while the block lasts."""
