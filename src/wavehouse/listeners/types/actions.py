"""Actions as sent, their results, and the feed of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from wavehouse.kernel.ids import ActionId
from wavehouse.listeners.types.accounts import Caller
from wavehouse.listeners.types.episodes import Episode


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


class NewAction(msgspec.Struct, frozen=True):
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


class Action(msgspec.Struct, frozen=True):
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
class Displaced:
    """The position of another device before an action without knowledge of it moved far away (P10).

    ``action_id`` is that device's action, which can be restored (P11).
    """

    position_ms: int
    device_id: str | None
    at: datetime
    action_id: ActionId


class Recorded(msgspec.Struct, frozen=True):
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
