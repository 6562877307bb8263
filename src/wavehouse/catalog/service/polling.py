"""Polling: scheduled and manual polls; pausing and resuming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.adapters import Web, WebFeedSource, WebMediaProbe, is_web_address
from wavehouse.catalog.queries import polls
from wavehouse.catalog.service.ingest import ingest_feed
from wavehouse.catalog.service.known import FeedReading, Writing
from wavehouse.catalog.service.remembering import remember_failure
from wavehouse.catalog.types import (
    FeedMove,
    FeedToPoll,
    IngestedFeed,
    Polled,
    PollOutcome,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Conflict, Interrupted, NotFound, WavehouseError
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.web_addresses import shown, spellings_of
from wavehouse.queue import Lane, LeaseLost, NewJob, enqueue
from wavehouse.store import Database, Operational, Tx

POLL = "catalog.poll"
AT_ONCE = 1000
READ_WHOLE_AFTER = timedelta(hours=6)
_LIST = "wavehouse feeds list"


@contextmanager
def poll_reading(settings: Settings, *, allow_private: bool = False) -> Iterator[FeedReading]:
    """How polls read feeds: over the web, measuring files, at the configured interval."""
    with closing(guarded_web(settings, allow_private=allow_private)) as web:
        yield FeedReading(
            source=WebFeedSource(web), probe=WebMediaProbe(web), every=interval(settings)
        )


def guarded_web(settings: Settings, *, allow_private: bool = False) -> Web:
    """The web client for polls and hubs: private addresses only if the setting allows them."""
    allowed = allow_private or settings["feed_allow_private"]
    hint = "The operator allows private addresses with WAVEHOUSE_FEED_ALLOW_PRIVATE."
    return Web(allow_private=allowed, hint=hint)


def interval(settings: Settings) -> timedelta:
    """The polling interval."""
    return timedelta(minutes=settings["feed_poll_minutes"])


def dispatch_polls(operational: Database[Operational], *, every: timedelta) -> int:
    """Create a job for every due feed of all organizations; returns how many.

    A feed whose last job is still running does not get another.
    """
    at = clock.now()
    with operational.worker() as tx:
        due = polls.take_due_feeds(tx, at=at, again_at=at + every, limit=AT_ONCE)
        jobs = [
            NewJob(
                POLL,
                organization_id=feed.organization_id,
                payload={"podcast_id": str(feed.podcast_id)},
                unique_key=str(feed.podcast_id),
                keep_done=False,
            )
            for feed in due
        ]
        return len(enqueue(tx, *jobs)) if jobs else 0


def enqueue_poll(tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId) -> bool:
    """Queue a poll of a feed; False when one is already queued.

    NotFound for an unknown show, Conflict for a feed that was read from a file.
    """
    feed = _feed(tx, identity, podcast_id)
    if not is_web_address(feed.feed_url):
        raise _by_file(feed)
    job = NewJob(
        POLL,
        payload={"podcast_id": str(podcast_id), "by_hand": True},
        unique_key=str(podcast_id),
        lane=Lane.INTERACTIVE,
    )
    return bool(enqueue(tx, job, identity=identity))


def poll_feed(
    operational: Database[Operational],
    *,
    identity: Identity,
    podcast_id: PodcastId,
    reading: FeedReading,
    by_hand: bool = True,
    writing: Writing | None = None,
) -> Polled | None:
    """Poll one feed; a failure is returned, not raised. None when it is paused or gone.

    A manual poll includes paused and gone feeds. ``writing`` opens the transaction of
    the result, such as that of a job's completion. NotFound for an unknown show.
    """
    with operational.app(identity.organization_id) as tx:
        feed = _feed(tx, identity, podcast_id)
    if not is_web_address(feed.feed_url):
        raise _by_file(feed)
    if not by_hand and (feed.ingestion_status == "paused" or feed.outcome == PollOutcome.GONE):
        return None
    reading = replace(
        reading,
        conditional=_conditional(feed),
        turn=int(clock.now().timestamp() / max(reading.every.total_seconds(), 1)),
        writing=writing or (lambda: operational.app(identity.organization_id)),
    )
    try:
        result = ingest_feed(
            operational, identity=identity, location=feed.feed_url, reading=reading
        )
    except (LeaseLost, Interrupted):
        raise
    except WavehouseError as wrong:
        with operational.app(identity.organization_id) as tx:
            return _after(tx, identity, podcast_id, str(wrong))
    if result.podcast_id != podcast_id:
        return _another(operational, identity, feed, result, reading)
    with operational.app(identity.organization_id) as tx:
        return replace(
            _after(tx, identity, podcast_id, _message(result)),
            new=result.new,
            changed=result.changed,
            moved_from=result.moved_from,
        )


def _conditional(feed: FeedToPoll) -> bool | None:
    """Whether a poll may send validators, because "not modified" would be enough."""
    if feed.unmeasured or feed.next_page_url:
        return False
    recent = feed.read_at is not None and clock.now() - feed.read_at < READ_WHOLE_AFTER
    return True if recent else None


def _message(result: IngestedFeed) -> str:
    moved = f"; moved from {shown(result.moved_from)}" if result.moved_from else ""
    if result.not_modified:
        return f"not modified{moved}"
    left = f", {result.left} files left to measure" if result.left else ""
    dropped = f", {len(result.dropped)} dropped" if result.dropped else ""
    return f"{result.new} new, {result.changed} changed{dropped}{left}{moved}"


def _another(
    operational: Database[Operational],
    identity: Identity,
    feed: FeedToPoll,
    result: IngestedFeed,
    reading: FeedReading,
) -> Polled:
    """The error when an address now serves another show."""
    wrong = Conflict(f'the address serves the feed of another show, "{result.title}"')
    with operational.app(identity.organization_id) as tx:
        remember_failure(
            tx,
            identity=identity,
            podcast_id=feed.podcast_id,
            feed_url=feed.feed_url,
            error=wrong,
            every=reading.every,
        )
        return _after(tx, identity, feed.podcast_id, str(wrong))


def _after(tx: Tx[Operational], identity: Identity, podcast_id: PodcastId, message: str) -> Polled:
    state = polls.poll_state(tx, organization_id=identity.organization_id, podcast_id=podcast_id)
    return Polled(
        podcast_id,
        state.title,
        state.feed_url,
        PollOutcome(state.outcome),
        message,
        failures=state.failures,
        next_poll_at=state.next_poll_at,
    )


def find_podcast(tx: Tx[Operational], *, identity: Identity, name: str) -> PodcastId:
    """The show with an id, an address (current or former) or a title. NotFound, or Conflict."""
    wanted = name.strip()
    named = polls.podcasts_named(
        tx,
        organization_id=identity.organization_id,
        name=wanted,
        spellings=spellings_of(wanted),
    )
    if not named:
        register = f"wavehouse ingest feed {wanted}" if is_web_address(wanted) else _LIST
        raise NotFound(f"no show has the id, address or title {shown(wanted)!r}", command=register)
    if len(named) > 1:
        ids = ", ".join(str(podcast_id) for podcast_id in named[:5])
        raise Conflict(f"{len(named)} shows are called {wanted!r}", hint=f"Give an id: {ids}.")
    return named[0]


def pause_feed(tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId) -> None:
    """Stop polling a feed until it is resumed. NotFound for an unknown show."""
    feed = _feed(tx, identity, podcast_id)
    polls.set_next_poll(tx, podcast_id=feed.podcast_id, status="paused", next_poll_at=None)
    _record(tx, identity, podcast_id, "feed.paused")


def resume_feed(tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId) -> None:
    """Resume polling a feed that was paused, is gone, or was read from a file.

    NotFound for an unknown show, Conflict when its address is not on the web.
    """
    feed = _feed(tx, identity, podcast_id)
    if not is_web_address(feed.feed_url):
        raise _by_file(feed)
    polls.forget_failures(tx, podcast_id=feed.podcast_id)
    polls.set_next_poll(tx, podcast_id=feed.podcast_id, status="active", next_poll_at=clock.now())
    _record(tx, identity, podcast_id, "feed.resumed")


def feed_moves(tx: Tx[Operational], *, identity: Identity, podcast_id: PodcastId) -> list[FeedMove]:
    """The former addresses of a feed, latest first. NotFound for an unknown show."""
    _feed(tx, identity, podcast_id)
    return polls.moves(tx, organization_id=identity.organization_id, podcast_id=podcast_id)


def _feed(tx: Tx[Operational], identity: Identity, podcast_id: PodcastId) -> FeedToPoll:
    feed = polls.feed_to_poll(tx, organization_id=identity.organization_id, podcast_id=podcast_id)
    if feed is None:
        raise NotFound("there is no such show", command=_LIST)
    return feed


def _by_file(feed: FeedToPoll) -> Conflict:
    return Conflict(
        f'the feed of "{feed.title}" was read from a file and has no address to poll',
        hint="Import its file again, or register its address.",
        command="wavehouse ingest feed https://example.com/feed.xml",
    )


def _record(tx: Tx[Operational], identity: Identity, podcast_id: PodcastId, action: str) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("podcast", podcast_id),
        organization_id=identity.organization_id,
        metadata={},
    )
