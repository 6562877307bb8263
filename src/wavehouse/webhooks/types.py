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
    """What is announced; each is emitted in the transaction of what it reports."""

    REPORT_GENERATED = "report.generated"
    CAMPAIGN_STATUS_CHANGED = "campaign.status_changed"
    ALERT_OPENED = "alert.opened"
    ALERT_RESOLVED = "alert.resolved"
    BUDGET_THRESHOLD_REACHED = "budget.threshold_reached"
    WEBHOOK_TEST = "webhook.test"


SUBSCRIBABLE = (
    EventType.REPORT_GENERATED,
    EventType.CAMPAIGN_STATUS_CHANGED,
    EventType.ALERT_OPENED,
    EventType.ALERT_RESOLVED,
    EventType.BUDGET_THRESHOLD_REACHED,
)
"""A test goes to the endpoint that is tested, whatever it subscribes to."""


class Outcome(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that gets events. Its secret is sealed and in no listing."""

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
    """An endpoint with its secret: the only time that it is shown."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The sealed secrets of an endpoint; the previous one signs too, until it expires."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(repr=False)
    previous_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to make now: the event, its endpoint, and which attempt it is."""

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
    """What came of an attempt: the status (None without an answer), the start of the answer."""

    status: int | None
    excerpt: str | None = None
    error: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An attempt as a page shows it."""

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
    """What a run of deliveries did."""

    dispatched: int = 0
    delivered: int = 0
    failed: int = 0
    disabled: int = 0
