"""Pure rules: tokens and their hashes, API key format, permissions."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from wavehouse.accounts.types import (
    Access,
    Email,
    Invitation,
    KeyRecord,
    Limit,
    Organization,
    Plan,
    Role,
    Scope,
    Tier,
)
from wavehouse.kernel import words

LINK_LIFETIME = timedelta(hours=24)
EMAILED_LINK_LIFETIME = timedelta(minutes=15)
CHALLENGE_LIFETIME = timedelta(minutes=5)
PROVIDER_LIFETIME = timedelta(minutes=10)
FRESH = timedelta(minutes=15)
INVITATION_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(days=30)
TOUCH_INTERVAL = timedelta(minutes=1)
LONGEST_NAME = 100
ANSWERS_KEPT = timedelta(hours=24)
UNUSABLE_PASSWORD = "!"  # noqa: S105 - the marker that no password can ever match
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"wh_(live|test)_([0-9A-Za-z]{8})_([0-9A-Za-z]{32})_([0-9a-f]{8})")


def token_hash(token: str) -> bytes:
    """SHA-256 of a token. It holds 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def is_fresh(began_at: datetime | None, at: datetime) -> bool:
    """Whether a sign-in is recent enough to change credentials: 15 minutes."""
    return began_at is not None and at - began_at < FRESH


def request_hash(request: bytes) -> bytes:
    """SHA-256 of the parts that identify a request."""
    return hashlib.sha256(request).digest()


def base62(noise: bytes, length: int) -> str:
    """``length`` characters of [0-9A-Za-z] from random bytes (at least one byte per character)."""
    number = int.from_bytes(noise)
    letters = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        letters.append(_BASE62[digit])
    return "".join(letters)


def key_text(prefix: str, secret: str, environment: str = "live") -> str:
    """Build a key's text: ``wh_<env>_<id8>_<32 base62>_<crc32>``."""
    body = f"wh_{environment}_{prefix}_{secret}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def read_key(text: str) -> tuple[str, str] | None:
    """The (prefix, secret) of a key, or None: malformed keys never reach the database."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    environment, prefix, secret, _ = match.groups()
    if not hmac.compare_digest(text, key_text(prefix, secret, environment)):
        return None
    return prefix, secret


def key_is_valid(record: KeyRecord, secret: str, at: datetime) -> bool:
    """True when the secret matches and the key is active at ``at``."""
    genuine = hmac.compare_digest(record.key_hash, token_hash(secret))
    return (
        genuine
        and record.revoked_at is None
        and (record.expires_at is None or at < record.expires_at)
    )


TIERS: Mapping[Tier, Mapping[Limit, int | None]] = {
    Tier.FREE: {Limit.PROJECTS: 1, Limit.SEATS: 3, Limit.RETENTION_DAYS: 90},
    Tier.STARTER: {Limit.PROJECTS: 3, Limit.SEATS: 5, Limit.RETENTION_DAYS: 180},
    Tier.PROFESSIONAL: {Limit.PROJECTS: 10, Limit.SEATS: 20, Limit.RETENTION_DAYS: 365},
    Tier.ENTERPRISE: {Limit.PROJECTS: None, Limit.SEATS: None, Limit.RETENTION_DAYS: None},
}
"""The limits of each tier; None is unlimited. They are defined only here."""
LIMITS = tuple(Limit)
_REMEDIES = {
    Limit.SEATS: "Remove a member, revoke an invitation, or choose a larger plan.",
    Limit.PROJECTS: "Archive a project, or choose a larger plan.",
    Limit.RETENTION_DAYS: "Keep raw data for fewer days, or choose a larger plan.",
}


def allowed(plan: Plan, limit: Limit) -> int | None:
    """The limit of an organization; None means unlimited.

    An agreed number of projects overrides the tier's. An unknown tier counts as the smallest.
    """
    if limit is Limit.PROJECTS and plan.project_limit is not None:
        return plan.project_limit
    tier = Tier(plan.plan_tier) if plan.plan_tier in set(Tier) else Tier.FREE
    return TIERS[tier][limit]


def remedy(limit: Limit) -> str:
    """Advice for a limit that was reached, as a sentence."""
    return _REMEDIES[limit]


_LEAST_ROLE = {Access.READ: Role.VIEWER, Access.WRITE: Role.USER, Access.ADMIN: Role.ADMIN}
_RANKS = {Role.VIEWER: 0, Role.USER: 1, Role.ADMIN: 2}
_ADMIN_SCOPES = frozenset(
    {
        Scope.MEMBERS_WRITE,
        Scope.ENTITLEMENTS_READ,
        Scope.ENTITLEMENTS_WRITE,
        Scope.ERASURES_READ,
        Scope.ERASURES_WRITE,
    }
)


def access_of(scope: Scope) -> Access:
    """The access level of a scope: some need an administrator, other reading a viewer."""
    if scope in _ADMIN_SCOPES:
        return Access.ADMIN
    return Access.READ if scope.endswith(":read") else Access.WRITE


def least_role(access: Access) -> Role:
    """The lowest role with this access."""
    return _LEAST_ROLE[access]


def role_allows(role: str, access: Access) -> bool:
    """True when a user of this role has the access. An unknown role has none."""
    return role in _RANKS and _RANKS[Role(role)] >= _RANKS[least_role(access)]


def invitation_state(invitation: Invitation, at: datetime) -> str:
    """``accepted``, ``revoked``, ``expired`` or ``open``."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "open" if at < invitation.expires_at else "expired"


def invitation_email(invitation: Invitation, organization: Organization, link: str) -> Email:
    """The email of an invitation."""
    return Email(
        to=invitation.email,
        subject=words.line(f"Invitation to {organization.name}"),
        text=f"{invitation.invited_by} invites you to work with {organization.name} in "
        f"Wavehouse.\n\n{link}\n\n"
        f"The link works once, for this address, within {INVITATION_LIFETIME.days} days. If you "
        "received several of these emails, use the newest. If you do not know the sender, ignore "
        "this email.\n",
    )


def slug_of(name: str) -> str:
    """A slug for an organization's name: lower-case letters and digits, joined by dashes."""
    parts = re.findall(r"[a-z0-9]+", name.casefold())
    return "-".join(parts) or "organization"
