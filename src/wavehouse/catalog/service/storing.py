"""Storing a read of a feed: one transaction, compared with the state that it finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.adapters.measuring import Measured
from wavehouse.catalog.adapters.paging import Pages
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import identity as identities
from wavehouse.catalog.rules import polling, rows, versions
from wavehouse.catalog.rules.identity import changed_guids, moved_files, shared_files
from wavehouse.catalog.service.hubs import note_hub
from wavehouse.catalog.service.known import (
    FeedReading,
    KnownShow,
    free_url,
    given_facts,
    show_of,
)
from wavehouse.catalog.service.remembering import (
    remember_move,
    remember_reading,
)
from wavehouse.catalog.types import (
    ChangedGuid,
    Feed,
    Fetched,
    IngestedFeed,
    PodcastState,
    PollOutcome,
    WrittenEpisode,
)
from wavehouse.kernel import clock
from wavehouse.kernel.ids import PodcastId
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class Look:
    """One read of a feed: everything fetched from outside."""

    location: str
    feed_url: str
    fetched: Fetched
    feed: Feed
    measured: Measured
    pages: Pages


def store(
    tx: Tx[Operational], look: Look, reading: FeedReading, *, identity: Identity
) -> IngestedFeed:
    """Write a read of a feed in one transaction, compared with the current state."""
    queries.lock_feeds(tx, organization_id=identity.organization_id)
    state = show_of(tx, look.feed, (look.location, look.feed_url), identity=identity)
    registered = state is None
    if state is None:
        state = queries.insert_podcast(
            tx, identity=identity, feed_url=look.feed_url, title=look.feed.title
        )
    known = KnownShow.read(tx, state)
    changed, known = _renamed(tx, identity, state, look.feed, known)
    feed_url = free_url(tx, state, look.feed_url, identity=identity)
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
    tx: Tx[Operational], identity: Identity, state: PodcastState, feed: Feed, known: KnownShow
) -> tuple[list[ChangedGuid], KnownShow]:
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
        known = KnownShow.read(tx, state)
    moved = moved_files(versions.files_of_feed(feed), known.files)
    if moved:
        identities.move_files(
            tx, podcast_id=state.podcast_id, rows=[asdict(moved_file) for moved_file in moved]
        )
        identities.note_media_change(tx, organization_id=identity.organization_id)
        known = KnownShow.read(tx, state)
    return changed, known


def _counted(
    state: PodcastState, look: Look, feed_url: str, written: list[WrittenEpisode]
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


def _write_podcast(
    tx: Tx[Operational], podcast_id: PodcastId, look: Look, feed_url: str, reading: FeedReading
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
    known: KnownShow,
    look: Look,
    reading: FeedReading,
    result: IngestedFeed,
) -> IngestedFeed:
    """Store new files, new versions of changed ones, and new facts of the others."""
    described = [
        (file, versions.described(file, look.measured.facts.get(file.place), given_facts(reading)))
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
