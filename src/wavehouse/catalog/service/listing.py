"""Use cases that read: registered shows, and matching requests to files."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import identity as identities
from wavehouse.catalog.types import (
    EpisodeSummary,
    FileOfSeveral,
    ListedEpisode,
    MediaIndexEntry,
    PodcastSummary,
)
from wavehouse.kernel.ids import EpisodeId, PodcastId
from wavehouse.store import Operational, Tx


def list_podcasts(tx: Tx[Operational], *, identity: Identity) -> list[PodcastSummary]:
    """The organization's shows, by title."""
    return queries.podcasts(tx, organization_id=identity.organization_id)


def list_episodes(
    tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId | None = None
) -> list[EpisodeSummary]:
    """Episodes of one show, or of all, newest first."""
    return queries.episodes(tx, organization_id=identity.organization_id, podcast_id=podcast_id)


def media_types(
    tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId
) -> dict[EpisodeId, str]:
    """The stated media types of a show's files by episode; without those that state none."""
    organization_id = identity.organization_id
    return queries.media_types(tx, organization_id=organization_id, podcast_id=podcast_id)


def media_index(tx: Tx[Operational]) -> list[MediaIndexEntry]:
    """Every version of every file by host and path, then by time, for matching requests.

    A request matches the last entry at its place whose ``valid_from`` is not after it.
    """
    return queries.media_index(tx)


def listed_episodes(
    tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId | None = None
) -> list[ListedEpisode]:
    """Episodes with their show, former guids, and merge target; newest first."""
    return identities.listed_episodes(
        tx, organization_id=identity.organization_id, podcast_id=podcast_id
    )


def files_of_several(tx: Tx[Operational], *, identity: Identity) -> list[FileOfSeveral]:
    """Files shared by several episodes; a rule decides which one a request counts for (R03)."""
    return identities.files_of_several(tx, organization_id=identity.organization_id)
