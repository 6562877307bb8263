"""Subscriptions to the hubs of feeds (WebSub)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId, PodcastId


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription to a feed's hub."""

    subscription_id: UUID
    organization_id: OrganizationId
    podcast_id: PodcastId
    hub_url: str
    topic_url: str
    state: str
    message: str | None
    failures: int
    requested_at: datetime | None
    expires_at: datetime | None
    announced_at: datetime | None
