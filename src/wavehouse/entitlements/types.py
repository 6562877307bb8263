"""Entitlements as values: facts of events, grants and their transitions, money, access, feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from wavehouse.kernel.ids import ListenerId

EntitlementId = NewType("EntitlementId", UUID)
FeedId = NewType("FeedId", UUID)
STRIPE = "stripe"
OPERATOR = "operator"


class ScopeKind(StrEnum):
    """The kind of a grant's source (E11)."""

    SUBSCRIPTION = "subscription"
    ORDER = "order"
    GIFT = "gift"
    MANUAL = "manual"
    PROMO = "promo"
    IMPORT = "import"


class GrantStatus(StrEnum):
    """The state of a grant. ``active``, ``grace`` and ``cancelled`` give access until their end."""

    ACTIVE = "active"
    GRACE = "grace"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    REVOKED = "revoked"


class EventStatus(StrEnum):
    """The outcome of a stored event."""

    RECEIVED = "received"
    PENDING_PARENT = "pending_parent"
    APPLIED = "applied"
    IGNORED = "ignored"
    ANOMALY = "anomaly"


class OrderRefund(StrEnum):
    """Access after the full refund of a one-off purchase (E19)."""

    KEEP = "keep"
    REVOKE = "revoke"
    KEEP_UNTIL = "keep_until"


class DuringDispute(StrEnum):
    """Access while a dispute is open (E21), or a subscription is unpaid (E18)."""

    SUSPEND = "suspend"
    KEEP = "keep"


Scalar = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """The fields of a provider's event that the fold reads; they identify no person.

    ``refs`` are ids at the provider by kind (customer, subscription, invoice, payment_intent,
    charge, refund, dispute, session, grant). ``offers`` are prices, products and lookup keys.
    ``previous`` holds the earlier values of the ``values`` that an update changed.
    """

    event_id: str
    type: str
    created: datetime
    kind: str
    subject: str
    refs: Mapping[str, str] = field(default_factory=dict)
    listener_id: UUID | None = None
    offers: tuple[str, ...] = ()
    values: Mapping[str, Scalar] = field(default_factory=dict)
    previous: Mapping[str, Scalar] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fact as the database stores it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "created": self.created.isoformat(),
            "refs": dict(self.refs),
            "listener_id": str(self.listener_id) if self.listener_id else None,
            "offers": list(self.offers),
            "values": dict(self.values),
            "previous": dict(self.previous),
        }

    @classmethod
    def of_json(cls, event_id: str, kind: str, stored: Mapping[str, Any]) -> Fact:
        """The fact of a stored event; ``kind`` is the event's type."""
        listener = stored["listener_id"]
        return cls(
            event_id,
            kind,
            datetime.fromisoformat(stored["created"]),
            stored["kind"],
            stored["subject"],
            stored["refs"],
            UUID(listener) if listener else None,
            tuple(stored["offers"]),
            stored["values"],
            stored["previous"],
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """The resource that a price, product or lookup key grants; ``days`` limits a purchase."""

    provider_ref: str
    type: str
    resource: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The effect of failed payments, refunds and disputes; defaults of an organization."""

    grace_days: int = 7
    unpaid: DuringDispute = DuringDispute.SUSPEND
    order_refund: OrderRefund = OrderRefund.REVOKE
    refund_keep_days: int = 14
    dispute: DuringDispute = DuringDispute.SUSPEND
    payload_days: int = 90


@dataclass(frozen=True, slots=True, order=True)
class GrantKey:
    """The identity of a grant: one per listener, type, resource and scope (E11)."""

    listener_id: UUID
    type: str
    resource: str
    scope_kind: str
    scope: str


@dataclass(frozen=True, slots=True)
class GrantState:
    """A grant at a time: access in ``[starts_at, expires_at)`` unless suspended or revoked."""

    status: GrantStatus
    starts_at: datetime
    expires_at: datetime | None
    reason: str
    revoked_at: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """The state as the ledger stores it."""
        return {
            "status": self.status.value,
            "starts_at": self.starts_at.isoformat(),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a grant: the event that caused it, the time at its source, the state after."""

    at: datetime
    event_id: str
    actor: str
    reason: str
    after: GrantState


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant with its history; the last transition is its state."""

    key: GrantKey
    history: tuple[Transition, ...]
    customer: str | None = None
    payment_intent: str | None = None
    price: str | None = None

    @property
    def state(self) -> GrantState:
        """The state after the last transition."""
        return self.history[-1].after


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved, in units of its currency; negative for refunds and disputes."""

    reference: str
    kind: str
    amount: Decimal
    currency: str
    occurred_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Episode:
    """A continuing failure of payments; ``recovered_at`` ended the previous one (E16)."""

    listener_id: UUID
    scope: str
    since: datetime
    recovered_at: datetime | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an event in a fold."""

    status: EventStatus
    parent: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """The result of a fold; it depends on the set of events and not on their order (E8)."""

    grants: tuple[Grant, ...]
    movements: tuple[Movement, ...]
    episodes: tuple[Episode, ...]
    outcomes: Mapping[str, Outcome]
    scopes: frozenset[tuple[str, str]]
    """Kinds and names of every scope in the events."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in the database with its fact; None without one."""

    external_event_id: UUID
    source: str
    event_id: str
    type: str
    facts: dict[str, Any] | None

    @property
    def fact(self) -> Fact:
        """The fact of an event that has one."""
        return Fact.of_json(self.event_id, self.type, self.facts or {})


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of a delivery: ``is_new`` False for a duplicate; ``status`` of the event."""

    event_id: str
    is_new: bool
    status: EventStatus


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """A stored event as shown to operators, without content."""

    external_event_id: UUID
    source: str
    event_id: str
    type: str
    status: str
    note: str | None
    parent_ref: str | None
    livemode: bool
    created: datetime
    received_at: datetime
    processed_at: datetime | None
    conflicts: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A grant of the table with its listener's address (None after erasure)."""

    entitlement_id: EntitlementId
    listener_id: ListenerId | None
    email: str | None
    type: str
    resource: str
    scope_kind: str
    scope: str
    status: str
    granted_at: datetime
    starts_at: datetime
    expires_at: datetime | None
    is_permanent: bool
    revoked_at: datetime | None
    revoke_reason: str | None
    created_by: str
    grant_reason: str | None

    def status_at(self, now: datetime) -> str:
        """The displayed status: a live grant past its end is ``expired``."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return "expired" if is_over and self.status != GrantStatus.REVOKED else self.status


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A transition of the ledger (E25)."""

    entitlement_id: EntitlementId
    seq: int
    generation: int
    external_event_id: UUID | None
    actor: str
    reason: str
    state_before: dict[str, Any] | None
    state_after: dict[str, Any]
    effective_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """Money by currency and kind, exact."""

    currency: str
    kind: str
    amount: Decimal
    entries: int


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a listener may use a resource at a time, and until when that is valid (E29)."""

    granted: bool
    in_grace: bool = False
    valid_until: datetime | None = None
    scope_kind: str | None = None


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A manual grant (E23); ``expires_at`` None only with ``is_permanent``."""

    listener_id: ListenerId
    type: str
    resource: str
    kind: ScopeKind
    scope: str
    reason: str
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    is_permanent: bool = False


@dataclass(frozen=True, slots=True)
class Processed:
    """The result of a run of the processor."""

    events: int = 0
    transitions: int = 0
    pending: int = 0
    notices: int = 0
    anomalies: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """A resource on which the provider and this installation disagree for a customer (E28)."""

    listener_id: UUID
    customer: str
    type: str
    resource: str
    provider_active: bool
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class PrivateFeed:
    """A private feed; its token is not stored."""

    feed_id: FeedId
    listener_id: ListenerId
    resource: str
    generation: int
    created_at: datetime
    rotated_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A private feed with its token, which is shown once."""

    feed: PrivateFeed
    token: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An episode of a private feed; ``url`` is its stable address on this server."""

    episode_id: UUID
    title: str
    guid: str | None
    published_at: datetime | None
    url: str
    media_type: str
    duration_seconds: int | None = None
