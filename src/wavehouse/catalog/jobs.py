"""Background work of ``catalog``: a job for each due feed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from uuid import UUID

from wavehouse.catalog.adapters.hubs import WebHub
from wavehouse.catalog.service.polling import (
    dispatch_polls,
    guarded_web,
    interval,
    poll_feed,
    poll_reading,
)
from wavehouse.catalog.service.websub import dispatch_subscriptions, subscribe
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.serving import address_of
from wavehouse.queue import Attempt
from wavehouse.workspace import Workspace


def dispatching(workspace: Workspace) -> Callable[[], None]:
    """Create the jobs of due feeds."""
    every = interval(workspace.settings)

    def work() -> None:
        dispatch_polls(workspace.stores.operational, every=every)

    return work


def dispatching_subscriptions(workspace: Workspace) -> Callable[[], None] | None:
    """Create the jobs of due subscriptions; does nothing without a public address."""
    if workspace.settings["site_url"] is None:
        return None

    def work() -> None:
        dispatch_subscriptions(workspace.stores.operational)

    return work


def subscribing(attempt: Attempt) -> str | None:
    """Request one subscription at its hub; returns a line when the hub rejects it."""
    workspace = attempt.workspace
    with closing(guarded_web(workspace.settings)) as web:
        return subscribe(
            workspace.stores.operational,
            identity=attempt.identity,
            subscription_id=UUID(attempt.payload["subscription_id"]),
            hub=WebHub(web),
            site=address_of(workspace.settings),
        )


def polling(attempt: Attempt) -> str | None:
    """Poll one feed; its result and the end of the job share one transaction.

    Returns a line when something was new or the poll failed.
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
