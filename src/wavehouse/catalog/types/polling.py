"""Polls of feeds: outcomes, and the next poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from wavehouse.kernel.errors import Unreachable
from wavehouse.kernel.ids import OrganizationId, PodcastId


class PollOutcome(StrEnum):
    """The outcome of the last poll of a feed."""

    READ = "read"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"
    GONE = "gone"


class ServerBusy(Unreachable):
    """The server returned an error with a time to retry (`Retry-After`)."""

    code = "server_busy"
    title = "The server asks to come back later"

    def __init__(self, message: str, *, where: str, wait: timedelta) -> None:
        """``wait`` is the time that the server asked for."""
        super().__init__(message, where=where)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed that is due."""

    podcast_id: PodcastId
    organization_id: OrganizationId


@dataclass(frozen=True, slots=True)
class FeedToPoll:
    """The data that a poll needs about a feed."""

    podcast_id: PodcastId
    title: str
    feed_url: str
    ingestion_status: str
    outcome: str | None
    polled_at: datetime | None
    read_at: datetime | None
    unmeasured: int
    pages: int
    next_page_url: str | None


@dataclass(frozen=True, slots=True)
class PollState:
    """The state of a feed after a poll."""

    title: str
    feed_url: str
    outcome: str
    failures: int
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedMove:
    """A former address of a feed."""

    from_url: str
    to_url: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Polled:
    """The result of a poll, as one line; ``ok`` is False when the feed could not be read."""

    podcast_id: PodcastId
    title: str
    feed_url: str
    outcome: PollOutcome
    message: str
    new: int = 0
    changed: int = 0
    failures: int = 0
    next_poll_at: datetime | None = None
    moved_from: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the feed was read, or had not changed."""
        return self.outcome in {PollOutcome.READ, PollOutcome.NOT_MODIFIED}
