"""Endpoints, events and deliveries of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId

EndpointId = NewType("EndpointId", UUID)
EventId = NewType("EventId", UUID)


class EventType(StrEnum):
    """Event types; each is emitted in the same transaction as the change it reports."""

    REPORT_GENERATED = "report.generated"
    CAMPAIGN_STATUS_CHANGED = "campaign.status_changed"
    EPISODE_PUBLISHED = "episode.published"
    EPISODE_FAILED = "episode.failed"
    CONTENT_GENERATED = "content.generated"
    CONTENT_FAILED = "content.failed"
    ALERT_OPENED = "alert.opened"
    ALERT_RESOLVED = "alert.resolved"
    BUDGET_THRESHOLD_REACHED = "budget.threshold_reached"
    TIER_LIMIT_REACHED = "tier.limit_reached"
    WEBHOOK_TEST = "webhook.test"


SUBSCRIBABLE = (
    EventType.REPORT_GENERATED,
    EventType.CAMPAIGN_STATUS_CHANGED,
    EventType.EPISODE_PUBLISHED,
    EventType.EPISODE_FAILED,
    EventType.CONTENT_GENERATED,
    EventType.CONTENT_FAILED,
    EventType.ALERT_OPENED,
    EventType.ALERT_RESOLVED,
    EventType.BUDGET_THRESHOLD_REACHED,
    EventType.TIER_LIMIT_REACHED,
)
"""A test is sent to its endpoint, whatever the subscriptions."""


class Outcome(StrEnum):
    """The outcome of a delivery attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that receives events. Its secret is encrypted and never listed."""

    endpoint_id: EndpointId
    url: str
    description: str | None
    event_types: list[str]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """A new endpoint with its secret, which is only shown once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The encrypted secrets of an endpoint; the previous one stays valid until it expires."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(repr=False)
    previous_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A due delivery: the event, its endpoint, and the number of the attempt."""

    delivery_id: UUID
    organization_id: OrganizationId
    endpoint_id: EndpointId
    event_id: EventId
    series: int
    attempt: int
    url: str
    secret_sealed: bytes = field(repr=False)
    previous_secret_sealed: bytes | None = field(repr=False)
    previous_secret_expires_at: datetime | None
    event_type: str
    payload: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of an attempt: status (None without a response), start of the response."""

    status: int | None
    excerpt: str | None = None
    error: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery attempt as a page shows it."""

    delivery_id: UUID
    endpoint_id: EndpointId
    event_id: EventId
    event_type: str
    occurred_at: datetime
    series: int
    attempt: int
    status: str
    next_attempt_at: datetime | None
    attempted_at: datetime | None
    response_status: int | None
    response_excerpt: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The result of a delivery run."""

    dispatched: int = 0
    delivered: int = 0
    failed: int = 0
    disabled: int = 0
