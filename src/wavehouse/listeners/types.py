"""Data types of listeners, their devices, actions and positions. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from wavehouse.kernel.ids import ActionId, ListenerId


class Kind(StrEnum):
    """The kind of a client's action. The last four never affect a position (P27)."""

    PROGRESS = "progress"
    SEEK = "seek"
    FINISH = "finish"
    UNFINISH = "unfinish"
    RESET = "reset"
    RESTORE = "restore"
    PLAY = "play"
    DOWNLOAD = "download"
    DELETE = "delete"
    NEW = "new"
    FLATTR = "flattr"


class Status(StrEnum):
    """The result of an action (P15)."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"
    GUARDED = "guarded"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class State(StrEnum):
    """The listener's progress in a chapter (P23)."""

    NONE = "none"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"


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
class Described:
    """Metadata of an episode besides file and guid: title, web page, publication date."""

    title: str | None = None
    link: str | None = None
    published_at: datetime | None = None


NO_DESCRIPTION = Described()


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode as named by a client: feed, media file, guid if it sent one."""

    podcast_url: str
    episode_url: str
    guid: str | None = None
    described: Described = NO_DESCRIPTION


@dataclass(frozen=True, slots=True)
class Sighting:
    """An episode named by a listener's app, and the time of the action that named it (P29)."""

    listener_id: ListenerId
    episode: Episode
    at: datetime


@dataclass(frozen=True, slots=True)
class NewAction:
    """An action as sent by a client; times are milliseconds, instants are aware.

    The chapter is given by its id, or by ``episode`` with an empty ``chapter_id``.
    """

    action_id: ActionId
    chapter_id: str
    kind: Kind
    position_ms: int | None = None
    started_ms: int | None = None
    duration_ms: int | None = None
    occurred_at: datetime | None = None
    sent_at: datetime | None = None
    device_id: str | None = None
    seen: ActionId | None = None
    episode: Episode | None = None

    def of_chapter(self, chapter_id: str) -> NewAction:
        """The action of another chapter. Each action of an upload needs it: ``replace`` is slow."""
        if chapter_id == self.chapter_id:
            return self
        return NewAction(
            self.action_id,
            chapter_id,
            self.kind,
            self.position_ms,
            self.started_ms,
            self.duration_ms,
            self.occurred_at,
            self.sent_at,
            self.device_id,
            self.seen,
            self.episode,
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A precondition of RFC 9110: versions that a position must have or must not have.

    ``exists`` is true or false for ``*`` in ``If-Match`` or ``If-None-Match``, None without it.
    """

    any_of: frozenset[int] | None = None
    none_of: frozenset[int] = frozenset()
    exists: bool | None = None

    def holds(self, version: int | None) -> bool:
        """Whether it holds for a position's version; None means no position."""
        if self.exists is not None and self.exists is (version is None):
            return False
        if self.any_of is not None and version not in self.any_of:
            return False
        return version not in self.none_of


@dataclass(frozen=True, slots=True)
class Upload:
    """The actions of one request, and the precondition for recording them (P12).

    ``episodes`` become chapters without an action.
    """

    caller: Caller
    actions: tuple[NewAction, ...]
    condition: Condition | None = None
    episodes: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """An action for folding: its effective time and its content."""

    action_id: ActionId
    kind: str
    position_ms: int | None
    started_ms: int | None
    duration_ms: int | None
    effective_at: datetime
    device_id: str | None
    seen_action_id: UUID | None
    clock_skewed: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """A listener's position in a chapter, folded from all actions (P2)."""

    position_ms: int
    duration_ms: int | None
    duration_changed: bool
    furthest_ms: int
    state: State
    finished_at: datetime | None
    finished_count: int
    effective_at: datetime
    action_id: ActionId
    device_id: str | None


@dataclass(frozen=True, slots=True)
class Folded:
    """The position after a set of actions, and the actions stopped by the guard (P9)."""

    position: Position | None
    guarded: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """A current row, with its version (the entity tag, P12) and its cursor."""

    chapter_id: str
    position_ms: int
    duration_ms: int | None
    duration_changed: bool
    furthest_ms: int
    state: str
    finished_at: datetime | None
    finished_count: int
    version: int
    seq: int
    effective_at: datetime
    action_id: ActionId
    device_id: str | None
    updated_at: datetime

    def folded(self) -> Position:
        """The row as a folded position, to fold further actions onto (P2)."""
        return Position(
            self.position_ms,
            self.duration_ms,
            self.duration_changed,
            self.furthest_ms,
            State(self.state),
            self.finished_at,
            self.finished_count,
            self.effective_at,
            self.action_id,
            self.device_id,
        )


@dataclass(frozen=True, slots=True)
class Displaced:
    """The position of another device before an action without knowledge of it moved far away (P10).

    ``action_id`` is that device's action, which can be restored (P11).
    """

    position_ms: int
    device_id: str | None
    at: datetime
    action_id: ActionId


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of one action, in request order (P15)."""

    action_id: ActionId
    status: Status
    reason: str = ""
    clock_skewed: bool = False
    displaced: Displaced | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of an upload: statuses, the next cursor (P19), chapters' versions (P12).

    ``chapters`` are the chapters of ``Upload.episodes``.
    """

    results: tuple[Recorded, ...]
    cursor: int
    versions: Mapping[str, int]
    chapters: Mapping[Episode, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """An action in a listener's feed, with its episode as the listener's apps name it.

    The addresses are None for a chapter that an app names only by its id. ``chapter_position_ms``
    and ``chapter_duration_ms`` are those of the current position.
    """

    seq: int
    action_id: ActionId
    chapter_id: str
    podcast_url: str | None
    episode_url: str | None
    guid: str | None
    kind: str
    position_ms: int | None
    started_ms: int | None
    duration_ms: int | None
    occurred_at: datetime
    device_id: str | None
    chapter_position_ms: int | None = None
    chapter_duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of a feed: ``cursor`` is where it ends (P17, P21)."""

    actions: tuple[Change, ...]
    cursor: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """A show that was followed or left; ``was_followed`` is false if it never was."""

    podcast_url: str
    is_subscribed: bool
    was_followed: bool
    seq: int


class ResumePolicy(StrEnum):
    """The listener's preference for resuming (P8); it changes neither the log nor the winner."""

    LATEST = "latest"
    FURTHEST = "furthest"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class ConflictHint:
    """P10: another device moved far from this one's position; ``backward`` when it went back."""

    position_ms: int
    device_position_ms: int
    direction: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to resume, and how far to rewind first (P34).

    ``choices`` are the positions to ask about, when that is the listener's policy (P8).
    """

    position_ms: int
    suggested_rewind_ms: int
    finished: bool
    furthest_ms: int
    state: str
    version: int
    updated_at: datetime
    device: str | None
    policy: str
    choices: tuple[int, ...] = ()
    conflict_hint: ConflictHint | None = None


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
