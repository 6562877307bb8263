"""Data types for organizations, users, keys and sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from wavehouse.kernel.ids import ApiKeyId, InvitationId, OrganizationId, UserId


class Role(StrEnum):
    """A user's role in an organization."""

    ADMIN = "admin"
    USER = "user"
    VIEWER = "viewer"


class Tier(StrEnum):
    """The plan of an organization, smallest first."""

    FREE = "free"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class Persona(StrEnum):
    """The kind of creator."""

    SOLO_PODCASTER = "solo_podcaster"
    PRODUCER = "producer"
    AGENCY = "agency"
    ENTERPRISE = "enterprise"


class Limit(StrEnum):
    """A limit of a tier. Tiers limit projects, never how often they are published (CRE-12)."""

    PROJECTS = "projects"
    SEATS = "seats"
    RETENTION_DAYS = "retention_days"


class Access(StrEnum):
    """The access that a route or a command requires of a role, lowest first."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Scope(StrEnum):
    """A permission of an API key."""

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
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    LEARNING_READ = "learning:read"
    LEARNING_WRITE = "learning:write"
    STUDIO_READ = "studio:read"
    STUDIO_WRITE = "studio:write"
    ENTITLEMENTS_READ = "entitlements:read"
    ENTITLEMENTS_WRITE = "entitlements:write"
    ERASURES_READ = "erasures:read"
    ERASURES_WRITE = "erasures:write"
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
    """A user acting in an organization: by a session, a command, or an API key (its id).

    ``organization`` is the organization's name, set for sessions, for the page's header.
    """

    organization_id: OrganizationId
    user_id: UserId
    name: str
    role: str
    api_key_id: ApiKeyId | None = None
    organization: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """An organization's tier, its agreed number of projects if any, and its persona.

    ``seats`` counts members and open invitations. ``chosen_at`` is when the first-start questions
    were answered; None until then.
    """

    plan_tier: str
    project_limit: int | None
    seats: int
    persona: str | None
    chosen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's organization, and the role there."""

    organization_id: OrganizationId
    name: str
    slug: str
    role: str


@dataclass(frozen=True, slots=True)
class Member:
    """A user in an organization, with the role there."""

    user_id: UserId
    name: str
    email: str
    role: str
    joined_at: datetime
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation for one address, without its token."""

    invitation_id: InvitationId
    organization_id: OrganizationId
    email: str
    role: str
    invited_by: str
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Email:
    """An email to send; the text may contain a secret link."""

    to: str
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of accepting an invitation. ``is_new`` is True when it created the user."""

    identity: Identity
    organization: Organization
    is_new: bool


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a user; a flagged one may have been copied and cannot sign in."""

    credential_id: bytes
    user_id: UserId
    public_key: bytes
    name: str
    last_used_at: datetime | None
    flagged_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A user and the password's hash, or the marker for none."""

    user_id: UserId
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProviderSignIn:
    """A pending sign-in at a provider: the values its ID token and code must match."""

    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """The dashboard's base address, without a path: the origin of its passkeys."""

    origin: str

    @property
    def name(self) -> str:
        """The host name: the relying party id of passkeys."""
        return urlsplit(self.origin).hostname or "localhost"


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
    """An API key as listed, without its secret."""

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
    """The response to a request with an Idempotency-Key, new or stored."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A stored response; ``status`` and ``body`` are None while the first request is running."""

    request_hash: bytes
    status: int | None
    body: dict[str, Any] | None
