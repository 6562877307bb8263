"""Models, prices, reservations, events, budgets as values. Money is Decimal, never float (U2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

ModelId = NewType("ModelId", UUID)
BudgetId = NewType("BudgetId", UUID)
ReservationId = NewType("ReservationId", UUID)

EVERY_END_USER = "*"
"""The scope_ref of a budget that each end user gets a copy of."""


class Unit(StrEnum):
    """A unit that is counted and priced (U1)."""

    INPUT = "input"
    OUTPUT = "output"
    CACHE_READ = "cache_read"
    CACHE_WRITE = "cache_write"
    REASONING = "reasoning"
    CHARACTER = "character"
    AUDIO_SECOND = "audio_second"
    REQUEST = "request"


class Modality(StrEnum):
    """The kind of output of a model."""

    TEXT = "text"
    SPEECH = "speech"
    AUDIO = "audio"
    IMAGE = "image"
    EMBEDDING = "embedding"


class BudgetScope(StrEnum):
    """The scope of a budget."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    API_KEY = "api_key"
    END_USER = "end_user"


class BudgetPeriod(StrEnum):
    """How often a budget resets; ``total`` never resets: a prepaid amount."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


class PeriodKind(StrEnum):
    """The periods of an organization's calendar (U8)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class EventStatus(StrEnum):
    """The outcome of a call."""

    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model."""

    model_id: ModelId
    provider: str
    name: str
    version: str
    modality: str
    context_window: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Price:
    """A unit price, valid until the next price of the same unit and tier (U1)."""

    unit: str
    tier: str
    price: Decimal
    currency: str
    effective_from: datetime
    revision: int
    source: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price as listings show it."""

    model: str
    provider: str
    unit: str
    tier: str
    price: Decimal
    currency: str
    effective_from: datetime
    revision: int
    source: str


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model, its prices at a given time as JSON, and the organization's currency."""

    model_id: ModelId
    provider: str
    name: str
    modality: str
    context_window: int | None
    status: str
    prices: list[Any]
    ledger_currency: str | None
    has_period: bool


@dataclass(frozen=True, slots=True)
class Line:
    """The quantity and cost of one unit; ``price`` is None when the unit has none."""

    unit: Unit
    quantity: Decimal
    cost: Decimal
    price: Decimal | None = None
    effective_from: datetime | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost lines and their sum; ``priced`` is False when a unit has no price."""

    lines: tuple[Line, ...]
    total: Decimal
    priced: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """The project and end user that a call is made for, besides the identity."""

    project_id: UUID | None = None
    end_user: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount reserved for one call (U4)."""

    reservation_id: ReservationId
    request_id: str
    model_id: ModelId
    amount: Decimal
    currency: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """A stored reservation."""

    reservation_id: ReservationId
    request_id: str
    model_id: ModelId
    model: str
    project_id: UUID | None
    end_user: str | None
    operation: str
    amount: Decimal
    currency: str
    status: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReserveAnswer:
    """The result of ``usage.reserve``."""

    outcome: str
    reservation_id: ReservationId | None
    created_at: datetime | None
    expires_at: datetime | None
    budget_id: BudgetId | None
    budget_name: str | None
    hard_limit: Decimal | None
    settled: Decimal | None
    reserved: Decimal | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class SettleAnswer:
    """The result of ``usage.settle``."""

    outcome: str
    event_id: UUID
    occurred_at: datetime
    late: bool
    alerts: list[Any]


@dataclass(frozen=True, slots=True)
class Used:
    """The usage of a call to be settled.

    ``metadata`` holds facts for people, such as an upstream's report that was rejected.
    """

    quantities: Mapping[Unit, Decimal]
    status: EventStatus = EventStatus.SUCCESS
    error_code: str | None = None
    latency_ms: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """The event of a settled reservation; ``repeated`` when it had already been settled."""

    event_id: UUID
    occurred_at: datetime
    cost: Decimal
    currency: str
    late: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget in its current period."""

    budget_id: BudgetId
    name: str
    scope: str
    scope_id: UUID | None
    scope_ref: str | None
    period: str
    currency: str
    hard_limit: Decimal
    granted: Decimal
    settled: Decimal
    reserved: Decimal
    soft_thresholds: list[int]
    is_hard: bool
    is_active: bool
    allow_unpriced: bool
    notify_emails: list[str]
    period_starts_at: datetime
    period_ends_at: datetime


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """A past period of a budget."""

    budget_id: BudgetId
    name: str
    period_starts_at: datetime
    period_ends_at: datetime
    hard_limit: Decimal
    granted: Decimal
    settled: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An amount that was added to a budget."""

    grant_id: UUID
    budget_id: BudgetId
    budget: str
    amount: Decimal
    currency: str
    note: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month of the organization's calendar, as instants."""

    kind: PeriodKind
    local_date: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class LastPeriod:
    """The last stored period of a kind."""

    kind: str
    local_date: date
    starts_at: datetime
    ends_at: datetime
    timezone: str


@dataclass(frozen=True, slots=True)
class Daily:
    """The usage of a day by model, project and unit."""

    usage_date: date
    project_id: UUID | None
    model: str
    unit: str
    quantity: Decimal
    requests: int
    errors: int
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Spent:
    """The cost of a day."""

    usage_date: date
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """A usage event as listings show it."""

    event_id: UUID
    occurred_at: datetime
    model: str
    operation: str
    request_id: str
    project_id: UUID | None
    end_user: str | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: Decimal
    currency: str
    status: str
    error_code: str | None
    late: bool
    adjusts_event_id: UUID | None
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A total that differs from the sum of its events (U10)."""

    total: str
    key: str
    expected: Decimal
    actual: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The last comparison of an organization's totals with its events."""

    organization_id: UUID
    checked_at: datetime
    compared: int
    differences: list[Any]
    repaired_at: datetime | None


@dataclass(frozen=True, slots=True)
class NetEvent:
    """An event with its cost including adjustments."""

    event_id: UUID
    occurred_at: datetime
    organization_id: UUID
    lines: list[Any]
    net_lines: list[Any]
    net_cost: Decimal
    currency: str
    adjustments: int


@dataclass(frozen=True, slots=True)
class Repriced:
    """The result of repricing."""

    examined: int
    adjusted: int
    difference: Decimal
    unblocked: int


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server that implements the OpenAI API. Its key is encrypted and never listed."""

    upstream_id: UUID
    provider: str
    base_url: str
    key_sealed: bytes | None = field(repr=False)
    allow_private: bool
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that an upstream serves."""

    name: str
    provider: str
    modality: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fallback:
    """The model to call instead of another; applies to all projects if it names none."""

    project_id: UUID | None
    model: str
    fallback: str


@dataclass(frozen=True, slots=True)
class DaySum:
    """An organization's usage of a UTC day: events with adjustments, tokens in and out, cost."""

    organization_id: UUID
    day: date
    events: int
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Usage of a model and project in a UTC hour or day, which starts at ``bucket``.

    ``project_id`` is the nil id for none. Latencies in milliseconds, of the events that have one.
    """

    bucket: datetime
    model_id: UUID
    project_id: UUID
    currency: str
    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: Decimal
    latency_ms_total: int
    latency_known: int
    latency_ms_max: int | None
    events: int
