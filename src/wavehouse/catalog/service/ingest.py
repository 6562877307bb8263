"""Use case: read a feed: fetch, parse, measure; ``storing`` writes it.

Fetching and measuring take long, so no transaction is open meanwhile: one transaction reads the
known state, then everything is fetched, then one transaction writes everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from wavehouse.accounts import Identity
from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.adapters.measuring import Measured, measure
from wavehouse.catalog.queries import feeds as queries
from wavehouse.catalog.queries import polls
from wavehouse.catalog.rules import polling, versions
from wavehouse.catalog.rules.feed import parse_feed
from wavehouse.catalog.rules.paging import merged
from wavehouse.catalog.service.known import (
    FeedReading,
    KnownShow,
    Writing,
    free_url,
    given_facts,
    show_by_url,
    show_of,
)
from wavehouse.catalog.service.paging import last_poll, read_pages
from wavehouse.catalog.service.remembering import (
    remember_failure,
    remember_move,
    remember_reading,
)
from wavehouse.catalog.service.storing import Look, store
from wavehouse.catalog.types import (
    Feed,
    Fetched,
    IngestedFeed,
    PodcastState,
    PollOutcome,
)
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import Interrupted, InvalidInput, WavehouseError
from wavehouse.kernel.web_addresses import shown
from wavehouse.queue import LeaseLost
from wavehouse.store import Database, Operational, Tx

LONGEST_FEED_URL = 1000


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
            known = KnownShow.read(tx, show_by_url(tx, location, identity=identity))
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
            known = KnownShow.read(tx, show_of(tx, feed, (location, feed_url), identity=identity))
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
        look = Look(location, feed_url, fetched, feed, measured, pages)
        with writing() as tx:
            return store(tx, look, reading, identity=identity)


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
            state = show_by_url(tx, location, identity=identity)
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


def _fetched(location: str, known: KnownShow, reading: FeedReading) -> Fetched:
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
    feed_url = free_url(tx, state, feed_url, identity=identity)
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


def _measured(feed: Feed, known: KnownShow, reading: FeedReading) -> Measured:
    if reading.probe is None:
        return Measured({}, ())
    files = versions.files_of_feed(feed)
    wanted = versions.to_probe(
        files, known.files, known.episodes, given_facts(reading), again=reading.again
    )
    if wanted and reading.turn:
        first = reading.turn * reading.most_probes % len(wanted)
        wanted = wanted[first:] + wanted[:first]
    measured = measure(wanted[: reading.most_probes], reading.probe)
    return replace(measured, left=max(0, len(wanted) - reading.most_probes))
