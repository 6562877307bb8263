"""Use case: read a feed: fetch, parse, measure, store.

Fetching and measuring take long, so no transaction is open meanwhile: one transaction reads the
known state, then everything is fetched, then one transaction writes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.adapters.feeds import FeedSource, is_web_address
from wavehouse.catalog.adapters.measuring import Measured, measure
from wavehouse.catalog.adapters.paging import Pages
from wavehouse.catalog.adapters.probe import MediaProbe
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import identity as identities
from wavehouse.catalog.queries import polls
from wavehouse.catalog.rules import polling, rows, versions
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.identity import changed_guids, moved_files, shared_files
from wavehouse.catalog.rules.paging import merged
from wavehouse.catalog.rules.versions import Place
from wavehouse.catalog.service.hubs import note_hub
from wavehouse.catalog.service.paging import last_poll, read_pages
from wavehouse.catalog.service.remembering import (
    POLL_EVERY,
    remember_failure,
    remember_move,
    remember_reading,
)
from wavehouse.catalog.types import (
    ChangedGuid,
    EnclosureVersion,
    Feed,
    Fetched,
    IngestedFeed,
    KnownEpisode,
    MediaFacts,
    PodcastState,
    PollOutcome,
    WrittenEpisode,
)
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import Interrupted, InvalidInput, WavehouseError
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.reference import MediaKey, media_key
from wavehouse.kernel.web_addresses import shown
from wavehouse.queue import LeaseLost
from wavehouse.store import Database, Operational, Tx

LONGEST_FEED_URL = 1000
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
class _Known:
    """The stored state of a feed's show before a read."""

    state: PodcastState | None
    episodes: Mapping[str, KnownEpisode]
    files: Mapping[Place, EnclosureVersion]

    @property
    def settled(self) -> bool:
        """True when every file has been measured."""
        return all(file.facts_source in {"probe", "media_file"} for file in self.files.values())


def ingest_feed(
    operational: Database[Operational],
    *,
    identity: Identity,
    location: str,
    reading: FeedReading,
) -> IngestedFeed:
    """Fetch, parse and store a feed; measure its new files. Repeating it changes nothing.

    If the feed cannot be read it raises, and the reason is stored with a registered show.
    """
    writing = reading.writing or (lambda: operational.app(identity.organization_id))
    with (
        telemetry.span("catalog.ingest_feed"),
        _remembering(writing, identity, location, reading),
    ):
        with operational.app(identity.organization_id) as tx:
            known = _known(tx, _by_url(tx, identity, location))
        fetched = _fetched(location, known, reading)
        if fetched.not_modified and known.state:
            with writing() as tx:
                return _not_modified(tx, identity, known.state, fetched, reading)
        name = location if not is_web_address(location) else shown(location)
        feed = parse_feed(
            fetched.body, location=fetched.location, charset=fetched.charset, name=name
        )
        feed_url = _feed_url(location, fetched, feed)
        with operational.app(identity.organization_id) as tx:
            known = _known(tx, _podcast(tx, identity, feed, (location, feed_url)))
            podcast_id = known.state.podcast_id if known.state else None
            last = last_poll(tx, identity=identity, podcast_id=podcast_id)
        pages = read_pages(
            feed,
            fetched,
            source=reading.source,
            known=known.episodes.keys(),
            last=last,
            again=reading.again,
        )
        feed = merged(feed, pages.feeds)
        measured = _measured(feed, known, reading)
        look = _Look(location, feed_url, fetched, feed, measured, pages)
        with writing() as tx:
            return _stored(tx, identity, look, reading)


@contextmanager
def _remembering(
    writing: Writing, identity: Identity, location: str, reading: FeedReading
) -> Iterator[None]:
    """Store the reason of a failure with the show, if one has this address."""
    try:
        yield
    except (LeaseLost, Interrupted):  # the attempt failed, not the feed
        raise
    except WavehouseError as wrong:
        with writing() as tx:
            state = _by_url(tx, identity, location)
            if state:
                remember_failure(
                    tx,
                    identity=identity,
                    podcast_id=state.podcast_id,
                    feed_url=state.feed_url,
                    error=wrong,
                    every=reading.every,
                )
        raise


def _by_url(tx: Tx[Operational], identity: Identity, feed_url: str) -> PodcastState | None:
    return queries.podcast_by_url(tx, organization_id=identity.organization_id, feed_url=feed_url)


def _podcast(
    tx: Tx[Operational], identity: Identity, feed: Feed, addresses: tuple[str, ...]
) -> PodcastState | None:
    """R03: find the show by podcast:guid, else by feed address, or, for files, by its items."""
    if feed.podcast_guid:
        known = queries.podcast_by_guid(
            tx, organization_id=identity.organization_id, podcast_guid=feed.podcast_guid
        )
        if known:
            return known
    by_address = (_by_url(tx, identity, address) for address in addresses)
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


def _known(tx: Tx[Operational], state: PodcastState | None) -> _Known:
    if state is None:
        return _Known(None, {}, {})
    episodes = queries.known_episodes(tx, podcast_id=state.podcast_id)
    files = queries.current_enclosures(tx, podcast_id=state.podcast_id)
    return _Known(
        state,
        {episode.guid: episode for episode in episodes},
        {(file.guid, MediaKey(file.media_host, file.media_path)): file for file in files},
    )


def _fetched(location: str, known: _Known, reading: FeedReading) -> Fetched:
    """The document; sends the last validators when no other work is pending."""
    conditional = not reading.again and not reading.media
    enough = reading.conditional
    if enough is None:
        enough = reading.probe is None or known.settled
    conditional = conditional and enough
    state = known.state if conditional else None
    return reading.source.fetch(
        location,
        etag=state.feed_etag if state else None,
        last_modified=state.feed_last_modified if state else None,
    )


def _not_modified(
    tx: Tx[Operational],
    identity: Identity,
    state: PodcastState,
    fetched: Fetched,
    reading: FeedReading,
) -> IngestedFeed:
    at = clock.now()
    next_poll_at = polling.next_poll(at=at, every=reading.every, key=state.podcast_id)
    title = queries.touch_podcast(tx, podcast_id=state.podcast_id, at=at, next_poll_at=next_poll_at)
    wanted = fetched.moved_to or state.feed_url
    feed_url = state.feed_url if len(wanted) > LONGEST_FEED_URL else wanted
    feed_url = _free_url(tx, identity, state, feed_url)
    if feed_url != state.feed_url:
        polls.set_feed_url(tx, podcast_id=state.podcast_id, feed_url=feed_url)
    result = IngestedFeed(
        state.podcast_id,
        title,
        feed_url,
        registered=False,
        not_modified=True,
        moved_from=state.feed_url if feed_url != state.feed_url else None,
    )
    remember_move(tx, identity=identity, result=result)
    remember_reading(tx, identity=identity, result=result, outcome=PollOutcome.NOT_MODIFIED)
    return result


def _feed_url(location: str, fetched: Fetched, feed: Feed) -> str:
    """The address to poll: the permanent redirect target; for a file, the address it states."""
    url = fetched.moved_to or location
    if not is_web_address(location):
        url = feed.self_url or fetched.location
    if len(url) > LONGEST_FEED_URL:
        raise InvalidInput(
            f"the feed's address has {len(url)} characters; {LONGEST_FEED_URL} are allowed",
            where=shown(url),
        )
    return url


def _given_facts(reading: FeedReading) -> dict[MediaKey, MediaFacts]:
    return {media_key(url): facts for url, facts in reading.media.items()}


def _measured(feed: Feed, known: _Known, reading: FeedReading) -> Measured:
    if reading.probe is None:
        return Measured({}, ())
    files = versions.files_of_feed(feed)
    wanted = versions.to_probe(
        files, known.files, known.episodes, _given_facts(reading), again=reading.again
    )
    if wanted and reading.turn:
        first = reading.turn * reading.most_probes % len(wanted)
        wanted = wanted[first:] + wanted[:first]
    measured = measure(wanted[: reading.most_probes], reading.probe)
    return replace(measured, left=max(0, len(wanted) - reading.most_probes))


@dataclass(frozen=True, slots=True)
class _Look:
    """One read of a feed: everything fetched from outside."""

    location: str
    feed_url: str
    fetched: Fetched
    feed: Feed
    measured: Measured
    pages: Pages


def _stored(
    tx: Tx[Operational], identity: Identity, look: _Look, reading: FeedReading
) -> IngestedFeed:
    """Write a read of a feed in one transaction, compared with the current state."""
    queries.lock_feeds(tx, organization_id=identity.organization_id)
    state = _podcast(tx, identity, look.feed, (look.location, look.feed_url))
    registered = state is None
    if state is None:
        state = queries.insert_podcast(
            tx, identity=identity, feed_url=look.feed_url, title=look.feed.title
        )
    known = _known(tx, state)
    changed, known = _renamed(tx, identity, state, look.feed, known)
    feed_url = _free_url(tx, identity, state, look.feed_url)
    _write_podcast(tx, state.podcast_id, look, feed_url, reading)
    written = queries.upsert_episodes(
        tx,
        organization_id=identity.organization_id,
        podcast_id=state.podcast_id,
        rows=rows.episode_rows(look.feed, known.episodes, clock.now()),
    )
    result = replace(
        _counted(state, look, feed_url, written),
        registered=registered,
        enclosure_changes=versions.enclosure_changes(look.feed, known.episodes),
        changed_guids=tuple(changed),
        shared_files=shared_files(look.feed),
    )
    result = _write_files(tx, identity, known, look, reading, result)
    remember_move(tx, identity=identity, result=result)
    remember_reading(tx, identity=identity, result=result, outcome=PollOutcome.READ)
    note_hub(
        tx,
        identity=identity,
        podcast_id=result.podcast_id,
        feed=look.feed,
        fetched=look.fetched,
    )
    _recorded(tx, identity, result)
    return result


def _renamed(
    tx: Tx[Operational], identity: Identity, state: PodcastState, feed: Feed, known: _Known
) -> tuple[list[ChangedGuid], _Known]:
    """Apply changed guids to episodes and changed queries to files."""
    changed = changed_guids(feed, known.episodes, known.files)
    if changed:
        identities.rename_guids(
            tx,
            organization_id=identity.organization_id,
            podcast_id=state.podcast_id,
            rows=[
                {
                    "episode_id": str(changed_guid.episode_id),
                    "before": changed_guid.before,
                    "after": changed_guid.after,
                }
                for changed_guid in changed
            ],
            at=clock.now(),
        )
        known = _known(tx, state)
    moved = moved_files(versions.files_of_feed(feed), known.files)
    if moved:
        identities.move_files(
            tx, podcast_id=state.podcast_id, rows=[asdict(moved_file) for moved_file in moved]
        )
        identities.note_media_change(tx, organization_id=identity.organization_id)
        known = _known(tx, state)
    return changed, known


def _counted(
    state: PodcastState, look: _Look, feed_url: str, written: list[WrittenEpisode]
) -> IngestedFeed:
    """The numbers of rows written for a feed."""
    new = sum(episode.inserted for episode in written)
    return IngestedFeed(
        podcast_id=state.podcast_id,
        title=look.feed.title,
        feed_url=feed_url,
        registered=False,
        not_modified=False,
        moved_from=state.feed_url if feed_url != state.feed_url else None,
        new=new,
        changed=len(written) - new,
        unchanged=len(look.feed.episodes) - len(written),
        left=look.measured.left,
        pages=look.pages.in_all,
        next_page_url=look.pages.next_url,
        page_note=look.pages.note,
        probe_failures=look.measured.failures,
        dropped=look.feed.dropped,
        notes=look.feed.notes,
    )


def _free_url(tx: Tx[Operational], identity: Identity, state: PodcastState, wanted: str) -> str:
    """The address to store: the new one, unless it is a file or belongs to another show."""
    if wanted == state.feed_url:
        return wanted
    if is_web_address(state.feed_url) and not is_web_address(wanted):
        return state.feed_url
    return state.feed_url if _by_url(tx, identity, wanted) else wanted


def _write_podcast(
    tx: Tx[Operational], podcast_id: PodcastId, look: _Look, feed_url: str, reading: FeedReading
) -> None:
    """Store the feed's show data. This does not start polling for a show read from a file."""
    at = clock.now()
    next_poll_at = None
    if is_web_address(look.location):
        next_poll_at = polling.next_poll(at=at, every=reading.every, key=podcast_id)
    queries.update_podcast(
        tx,
        podcast_id=podcast_id,
        row=rows.podcast_row(look.feed),
        feed_url=feed_url,
        etag=look.fetched.etag,
        last_modified=look.fetched.last_modified,
        at=at,
        next_poll_at=next_poll_at,
    )


def _write_files(
    tx: Tx[Operational],
    identity: Identity,
    known: _Known,
    look: _Look,
    reading: FeedReading,
    result: IngestedFeed,
) -> IngestedFeed:
    """Store new files, new versions of changed ones, and new facts of the others."""
    described = [
        (file, versions.described(file, look.measured.facts.get(file.place), _given_facts(reading)))
        for file in versions.files_of_feed(look.feed)
    ]
    inserts, updates = rows.file_rows(described, known.files, known.episodes, clock.now())
    if inserts:
        queries.insert_enclosures(
            tx,
            organization_id=identity.organization_id,
            podcast_id=result.podcast_id,
            rows=inserts,
        )
    if updates:
        queries.update_enclosures(tx, rows=updates)
    if segments := rows.segment_rows(described):
        queries.put_segments(tx, podcast_id=result.podcast_id, rows=segments)
    hops = _write_hops(tx, identity, result.podcast_id, rows.hop_rows(described))
    facts = [versions.after(known.files.get(file.place), seen) for file, seen in described]
    return replace(
        result,
        described=sum(seen.source == "media_file" for _, seen in described),
        probed=len(look.measured.facts),
        unknown=sum(not each.complete for each in facts),
        hops=hops,
    )


def _write_hops(
    tx: Tx[Operational], identity: Identity, podcast_id: PodcastId, hops: list[dict[str, Any]]
) -> int:
    """Store redirects; stored requests may name a new place, so they are marked."""
    new = identities.put_hops(tx, podcast_id=podcast_id, rows=hops, at=clock.now()) if hops else 0
    if new:
        identities.note_media_change(tx, organization_id=identity.organization_id)
    return new


def _recorded(tx: Tx[Operational], identity: Identity, result: IngestedFeed) -> None:
    """Write changes to the audit log; a read without changes writes nothing."""
    changes = result.enclosure_changes
    if result.registered or result.new or result.changed or result.changed_guids:
        audit.record(
            tx,
            actor=user_actor(identity),
            action="feed.registered" if result.registered else "feed.changed",
            resource=("podcast", result.podcast_id),
            organization_id=identity.organization_id,
            metadata={
                "new": result.new,
                "changed": result.changed,
                "dropped": len(result.dropped),
                "enclosure_changed": len(changes),
                "enclosure_changed_guids": [change.guid for change in changes[:20]],
                "guid_changed": [
                    [changed_guid.before, changed_guid.after]
                    for changed_guid in result.changed_guids[:20]
                ],
            },
        )
