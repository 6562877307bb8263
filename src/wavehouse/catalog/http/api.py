"""``/api/v1/podcasts``: shows and episodes, as published in the feeds.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.catalog.service import (
    enqueue_poll,
    find_podcast,
    list_episodes,
    list_podcasts,
    pause_feed,
    resume_feed,
)
from wavehouse.catalog.types import EpisodeSummary, PodcastSummary
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.fields import Exact
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, page_of
from wavehouse.store import Database, Operational
from wavehouse.workspace import Gate

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=500)]


@dataclass(frozen=True)
class Episode:
    """An episode of a show."""

    episode_id: UUID
    podcast_id: UUID
    guid: str
    title: str
    audio_url: str
    published_at: datetime
    duration_seconds: int | None


class FeedAddress(BaseModel):
    """A feed that has changed, as named by a Podping or a publisher's hook."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[Exact, Field(min_length=1, max_length=4096)]


@dataclass(frozen=True)
class QueuedPoll:
    """A poll for a worker; ``queued`` is False when it was already queued."""

    podcast_id: UUID
    queued: bool


def router(database: Database[Operational], gate: Gate) -> APIRouter:
    """The HTTP routes of ``catalog``."""
    api = APIRouter(prefix="/api/v1", tags=["catalog"])
    scope = Scope.CATALOG_READ
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    def shows(identity: Identity) -> list[PodcastSummary]:
        with database.app(identity.organization_id) as tx:
            return list_podcasts(tx, identity=identity)

    def show_of(identity: Identity, podcast_id: UUID) -> PodcastSummary:
        matching = [show for show in shows(identity) if show.podcast_id == podcast_id]
        if not matching:
            raise NotFound("there is no such show", command="GET /api/v1/podcasts")
        return matching[0]

    @api.get("/podcasts", responses=gate.answers(scope))
    def podcasts(
        identity: Caller, limit: Limit = PAGE, cursor: Cursor = None
    ) -> Page[PodcastSummary]:
        """The shows by title, with the state of their feeds."""
        return page_of(
            shows(identity), key=lambda s: (str(s.podcast_id),), cursor=cursor, limit=limit
        )

    @api.get("/podcasts/{podcast_id}", responses=gate.answers(scope, 404))
    def podcast(podcast_id: UUID, identity: Caller) -> PodcastSummary:
        """One show."""
        return show_of(identity, podcast_id)

    @api.get("/podcasts/{podcast_id}/episodes", responses=gate.answers(scope, 404))
    def episodes(
        podcast_id: UUID, identity: Caller, limit: Limit = PAGE, cursor: Cursor = None
    ) -> Page[Episode]:
        """A show's episodes, newest first."""
        show = show_of(identity, podcast_id)
        with database.app(identity.organization_id) as tx:
            episodes = list_episodes(tx, identity=identity, podcast_id=PodcastId(show.podcast_id))
        return page_of(
            [_to_model(episode) for episode in episodes],
            key=lambda e: (str(e.episode_id),),
            cursor=cursor,
            limit=limit,
        )

    _add_polling(api, database, gate)
    return api


def _add_polling(api: APIRouter, database: Database[Operational], gate: Gate) -> None:
    """Add the routes that poll a feed now, pause it, resume it."""
    scope = Scope.SOURCES_WRITE
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    @api.post("/feeds/poll", status_code=202, responses=gate.answers(scope, 404, 409, 422))
    def poll_address(feed: FeedAddress, identity: Caller) -> QueuedPoll:
        """Poll the feed with this address as soon as a worker is free."""
        with database.app(identity.organization_id) as tx:
            podcast_id = find_podcast(tx, identity=identity, name=feed.url)
            queued = enqueue_poll(tx, identity=identity, podcast_id=podcast_id)
        return QueuedPoll(podcast_id, queued)

    @api.post(
        "/podcasts/{podcast_id}/poll", status_code=202, responses=gate.answers(scope, 404, 409)
    )
    def poll(podcast_id: UUID, identity: Caller) -> QueuedPoll:
        """Poll a show's feed as soon as a worker is free."""
        with database.app(identity.organization_id) as tx:
            queued = enqueue_poll(tx, identity=identity, podcast_id=PodcastId(podcast_id))
        return QueuedPoll(podcast_id, queued)

    @api.post("/podcasts/{podcast_id}/pause", status_code=204, responses=gate.answers(scope, 404))
    def pause(podcast_id: UUID, identity: Caller) -> None:
        """Stop polling a show's feed until it is resumed."""
        with database.app(identity.organization_id) as tx:
            pause_feed(tx, identity=identity, podcast_id=PodcastId(podcast_id))

    @api.post(
        "/podcasts/{podcast_id}/resume", status_code=204, responses=gate.answers(scope, 404, 409)
    )
    def resume(podcast_id: UUID, identity: Caller) -> None:
        """Resume polling a show's feed, starting at once."""
        with database.app(identity.organization_id) as tx:
            resume_feed(tx, identity=identity, podcast_id=PodcastId(podcast_id))


def _to_model(episode: EpisodeSummary) -> Episode:
    return Episode(
        episode.episode_id,
        episode.podcast_id,
        episode.guid,
        episode.title,
        episode.audio_url,
        episode.publish_date,
        episode.duration_seconds,
    )
