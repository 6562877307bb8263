"""Polls of feeds: what came of them, and when the next one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from wavehouse.kernel.errors import Unreachable
from wavehouse.kernel.ids import OrganizationId, PodcastId


class PollOutcome(StrEnum):
    """What came of the last poll of a feed."""

    READ = "read"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"
    GONE = "gone"


class ServerBusy(Unreachable):
    """Another server answers with an error and says when to ask again (`Retry-After`)."""

    code = "server_busy"
    title = "The server asks to come back later"

    def __init__(self, message: str, *, where: str, wait: timedelta) -> None:
        """``wait`` is the time that the server asks for."""
        super().__init__(message, where=where)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed that is due."""

    podcast_id: PodcastId
    organization_id: OrganizationId


@dataclass(frozen=True, slots=True)
class FeedToPoll:
    """What a poll needs to know of a feed."""

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
    """What is known of a feed after a poll."""

    title: str
    feed_url: str
    outcome: str
    failures: int
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedMove:
    """An address that a feed had before."""

    from_url: str
    to_url: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll did, as one line for people; ``ok`` is False when the feed could not be read."""

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
