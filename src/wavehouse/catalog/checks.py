"""Checks of ``wavehouse doctor`` on shows and media files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from wavehouse.accounts import Identity
from wavehouse.catalog.service import files_of_several, list_podcasts, media_index
from wavehouse.catalog.types import PodcastSummary
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding, Measure
from wavehouse.store import Stores
from wavehouse.workspace import Workspace

_STATES = ("active", "failing", "gone", "paused", "unpolled")
_LATE = timedelta(hours=1)


def feeds(workspace: Workspace) -> Finding:
    """Feeds that cannot be read, are gone, or are not polled by any worker."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        listed = list_podcasts(tx, identity=workspace.identity)
    bad = [show for show in listed if show.state in {"failing", "gone"}]
    if bad:
        first = bad[0]
        more = f"; {len(bad) - 1} more" if len(bad) > 1 else ""
        reason = first.poll_message or "the feed could not be read"
        return Finding(
            "feeds",
            False,
            f'"{first.title}" is {first.state}: {reason}{more}',
            "wavehouse feeds list",
        )
    late = _late_by(listed)
    if late > _LATE:
        waits = f"a feed has been due for {late.total_seconds() / 3600:.1f} hours"
        return Finding("feeds", False, f"{waits}; no worker is polling", "wavehouse up")
    polled = sum(show.state == "active" for show in listed)
    return Finding("feeds", True, f"{polled} polled")


def _late_by(shows: list[PodcastSummary]) -> timedelta:
    now = clock.now()
    waits = [now - show.next_poll_at for show in shows if show.next_poll_at is not None]
    return max([*waits, timedelta(0)])


def measures(stores: Stores, *, identity: Identity) -> Iterator[Measure]:
    """Feeds by state, and how overdue their polls are."""
    with stores.operational.app(identity.organization_id) as tx:
        listed = list_podcasts(tx, identity=identity)
    states = Counter(show.state for show in listed)
    for state in _STATES:
        yield Measure("wavehouse_feeds", states[state], {"state": state})
    yield Measure("wavehouse_feed_poll_late_seconds", round(_late_by(listed).total_seconds()))


def shows(workspace: Workspace) -> Finding:
    """The number of shows."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        listed = list_podcasts(tx, identity=workspace.identity)
    if not listed:
        return Finding("shows", True, "none yet", "wavehouse ingest feed https://…/feed.xml")
    return Finding("shows", True, f"{len(listed)}")


def media_sizes(workspace: Workspace) -> Finding:
    """Files of unknown size, which cannot be counted (R29)."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        unknown = sum(entry.bytes is None for entry in media_index(tx))
    if unknown:
        return Finding(
            "media files",
            False,
            f"{unknown} of unknown size cannot be counted (R29)",
            "wavehouse ingest feed --again … or --media media.json",
        )
    return Finding("media files", True, "all sizes are known")


def shared_files(workspace: Workspace) -> Finding:
    """Files shared by several episodes: a rule decides which one a request counts for (R03)."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        files = files_of_several(tx, identity=workspace.identity)
    if not files:
        return Finding("shared files", True, "each file belongs to one episode")
    first = files[0]
    titles = ", ".join(f'"{title}"' for title in first.titles[:3])
    more = f"; {len(files) - 1} more files" if len(files) > 1 else ""
    return Finding(
        "shared files",
        False,
        f"{titles} share a file, {first.media_host}{first.media_path}: a request counts for the "
        f"one published last before it (R03){more}",
        "wavehouse episodes list --shared",
    )
