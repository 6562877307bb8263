"""The first run: three steps, each checked against the databases."""

from __future__ import annotations

from wavehouse.web.services import Freshness
from wavehouse.web.view import Step

_SHOW = (
    "Register your show",
    "Its RSS feed names the episodes and their audio files.",
    "wavehouse ingest feed https://example.com/feed.xml",
)
_LOG = (
    "Read an access log",
    "Of your host or CDN, plain or compressed; most formats are recognized.",
    "wavehouse ingest logs access.log.gz",
)
_COUNT = (
    "See the first downloads",
    "Requests are counted as they are read, or within a minute.",
    "",
)
_NOTHING_COUNTS = (
    "See the first downloads",
    "Requests were read, but none counts as a download yet. For the reasons:",
    "wavehouse requests",
)


def steps(*, has_shows: bool, fresh: Freshness) -> tuple[Step, ...]:
    """The steps, or an empty list when all three are done."""
    has_requests = fresh.events_to is not None
    has_downloads = fresh.rollup_at is not None
    if has_shows and has_downloads:
        return ()
    last = _NOTHING_COUNTS if has_requests and has_shows else _COUNT
    listed = ((_SHOW, has_shows), (_LOG, has_requests), (last, has_downloads))
    following = next(number for number, (_, done) in enumerate(listed) if not done)
    return tuple(
        Step(
            title,
            text,
            "done" if done else "next" if number == following else "later",
            "" if done else command,
        )
        for number, ((title, text, command), done) in enumerate(listed)
    )
