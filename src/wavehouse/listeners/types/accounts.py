"""Listeners, their devices, sessions, passwords and passkeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from wavehouse.kernel.ids import ListenerId


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener: an email address and no other personal data."""

    listener_id: ListenerId
    email: str


@dataclass(frozen=True, slots=True)
class ListedListener:
    """An account as an operator sees it: amounts of data, no content."""

    listener_id: ListenerId
    email: str
    suspended_at: datetime | None
    last_seen_at: datetime | None
    devices: int
    shows: int
    positions: int


@dataclass(frozen=True, slots=True)
class Site:
    """Address at which listeners reach this server: ``https://pod.example``, without a path.

    ``is_set`` is false when the setting ``site_url`` is missing and this machine's address is used.
    """

    origin: str
    is_set: bool = True

    @classmethod
    def of(cls, site_url: str | None, port: int) -> Site:
        """The site of the settings; without ``site_url`` this machine's."""
        return cls(site_url or f"http://localhost:{port}", is_set=site_url is not None)

    @property
    def name(self) -> str:
        """The host name: the sender's domain and the relying party of passkeys (AC3)."""
        return urlsplit(self.origin).hostname or "localhost"

    @property
    def secure(self) -> bool:
        """Whether cookies are for HTTPS only."""
        return self.origin.startswith("https:")


@dataclass(frozen=True, slots=True)
class NewAppPassword:
    """A password for one app; its text is known only now."""

    app_password_id: UUID
    username: str
    text: str
    device: str


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A live app password, with the last use of its sessions."""

    app_password_id: UUID
    name: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request and their session, whose served cursor decides P19.

    ``by_app`` is true for an app password, which may not change the account; ``signed_in_at`` is
    the time of the last authentication. ``is_shared`` is true when the password came without a
    cookie: other clients may send the same one.
    """

    listener_id: ListenerId
    email: str
    session: bytes
    by_app: bool = False
    signed_in_at: datetime | None = None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A listener and the hash of their password, which most do not have (AC4)."""

    listener_id: ListenerId
    email: str
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A stored passkey; ``flagged_at`` is when its counter went back (AC3)."""

    credential_id: bytes
    listener_id: ListenerId
    email: str
    public_key: bytes
    sign_count: int
    name: str
    last_used_at: datetime | None
    flagged_at: datetime | None


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A change of address as seen by the token of one of its emails (AC9)."""

    listener_id: ListenerId
    new_email: str
    new_email_display: str
    other_agreed: bool


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A stored session; its family are the tokens of one sign-in (AC5)."""

    listener_id: ListenerId
    email: str
    token_hash: bytes
    family_id: UUID
    rotated_at: datetime | None
    last_seen_at: datetime
    expires_at: datetime
    absolute_expires_at: datetime
    by_app: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device as named by a client, with the number of shows the listener follows."""

    device_id: str
    name: str
    kind: str
    subscriptions: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The numbers of expired things that were deleted."""

    links: int
    sessions: int
    challenges: int
    email_changes: int
    chapters: int
    limits: int
    app_passwords: int
    devices: int
    accounts: int
    emails: int
