"""The stored state of a show, and how a feed is to be read: for reading and for storing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta

from wavehouse.accounts import Identity
from wavehouse.catalog.adapters.feeds import FeedSource, is_web_address
from wavehouse.catalog.adapters.probe import MediaProbe
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import identity as identities
from wavehouse.catalog.rules.versions import Place
from wavehouse.catalog.service.remembering import (
    POLL_EVERY,
)
from wavehouse.catalog.types import (
    EnclosureVersion,
    Feed,
    KnownEpisode,
    MediaFacts,
    PodcastState,
)
from wavehouse.kernel.reference import MediaKey, media_key
from wavehouse.store import Operational, Tx

Writing = Callable[[], AbstractContextManager[Tx[Operational]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """How to read a feed: its source, and how its files are described.

    ``conditional``: whether to send the last validators; None: only when all files are measured.
    ``writing`` opens the transaction of the result, such as that of a job's completion.
    """

    source: FeedSource
    probe: MediaProbe | None = None
    media: Mapping[str, MediaFacts] = field(default_factory=dict)
    again: bool = False
    most_probes: int = 200
    every: timedelta = POLL_EVERY
    conditional: bool | None = None
    turn: int = 0
    """Which files are measured first when there are more than a run measures."""
    writing: Writing | None = None


@dataclass(frozen=True, slots=True)
class KnownShow:
    """The stored state of a feed's show before a read."""

    state: PodcastState | None
    episodes: Mapping[str, KnownEpisode]
    files: Mapping[Place, EnclosureVersion]

    @classmethod
    def read(cls, tx: Tx[Operational], state: PodcastState | None) -> KnownShow:
        """A show's episodes and files; none of a show that is not registered."""
        if state is None:
            return cls(None, {}, {})
        episodes = queries.known_episodes(tx, podcast_id=state.podcast_id)
        files = queries.current_enclosures(tx, podcast_id=state.podcast_id)
        return cls(
            state,
            {episode.guid: episode for episode in episodes},
            {(file.guid, MediaKey(file.media_host, file.media_path)): file for file in files},
        )

    @property
    def settled(self) -> bool:
        """True when every file has been measured."""
        return all(file.facts_source in {"probe", "media_file"} for file in self.files.values())


def show_by_url(tx: Tx[Operational], feed_url: str, *, identity: Identity) -> PodcastState | None:
    """The show that is registered with this address."""
    return queries.podcast_by_url(tx, organization_id=identity.organization_id, feed_url=feed_url)


def show_of(
    tx: Tx[Operational], feed: Feed, addresses: tuple[str, ...], *, identity: Identity
) -> PodcastState | None:
    """R03: find the show by podcast:guid, else by feed address, or, for files, by its items."""
    if feed.podcast_guid:
        known = queries.podcast_by_guid(
            tx, organization_id=identity.organization_id, podcast_guid=feed.podcast_guid
        )
        if known:
            return known
    by_address = (show_by_url(tx, address, identity=identity) for address in addresses)
    return next((state for state in by_address if state), None) or _by_items(
        tx, identity, feed, addresses
    )


def _by_items(
    tx: Tx[Operational], identity: Identity, feed: Feed, addresses: tuple[str, ...]
) -> PodcastState | None:
    """The show that was read once from a file and once from the web.

    Two web addresses stay two shows: one may be a copy by another publisher.
    """
    if feed.podcast_guid:
        return None
    by_file = not all(is_web_address(address) for address in addresses)
    guids = [episode.guid for episode in feed.episodes]
    for similar in identities.podcasts_with_items(
        tx, organization_id=identity.organization_id, guids=guids
    ):
        fewer = min(similar.episodes, len(guids))
        one_title = similar.title.casefold() == feed.title.casefold()
        by_file_now = by_file or not is_web_address(similar.feed_url)
        if one_title and by_file_now and 2 * similar.shared >= fewer:
            return identities.podcast_by_id(tx, podcast_id=similar.podcast_id)
    return None


def free_url(tx: Tx[Operational], state: PodcastState, wanted: str, *, identity: Identity) -> str:
    """The address to store: the new one, unless it is a file or belongs to another show."""
    if wanted == state.feed_url:
        return wanted
    if is_web_address(state.feed_url) and not is_web_address(wanted):
        return state.feed_url
    return state.feed_url if show_by_url(tx, wanted, identity=identity) else wanted


def given_facts(reading: FeedReading) -> dict[MediaKey, MediaFacts]:
    """The facts of files that the caller has given, by the file's key."""
    return {media_key(url): facts for url, facts in reading.media.items()}
