"""Background work of ``catalog``: a job for each feed that is due."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from wavehouse.catalog.service.polling import (
    dispatch_polls,
    interval,
    poll_feed,
    poll_reading,
)
from wavehouse.kernel.ids import PodcastId
from wavehouse.queue import Attempt
from wavehouse.workspace import Workspace


def dispatching(workspace: Workspace) -> Callable[[], None]:
    """Make the jobs of the feeds that are due."""
    every = interval(workspace.settings)

    def work() -> None:
        dispatch_polls(workspace.stores.operational, every=every)

    return work


def polling(attempt: Attempt) -> str | None:
    """Poll one feed; its result and the end of the job are one transaction.

    A line when it brought something, or failed.
    """
    workspace = attempt.workspace
    with poll_reading(workspace.settings) as reading:
        polled = poll_feed(
            workspace.stores.operational,
            identity=attempt.identity,
            podcast_id=PodcastId(UUID(attempt.payload["podcast_id"])),
            reading=reading,
            by_hand=bool(attempt.payload.get("by_hand")),
            writing=attempt.finishing,
        )
    if polled is None or (polled.ok and not polled.new and not polled.moved_from):
        return None
    return f'Feed "{polled.title}": {polled.message}'
