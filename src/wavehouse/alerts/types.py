"""Rules, observations and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class RuleName(StrEnum):
    """The names of the rules."""

    FIGURES_LATE = "figures_late"
    DAILY_ROLLUPS_LATE = "daily_rollups_late"
    ROLLUP_SLOW = "rollup_slow"
    SOURCE_QUIET = "source_quiet"
    FEED_FAILING = "feed_failing"
    UNKNOWN_PATH_SHARE = "unknown_path_share"
    BAD_IP_SHARE = "bad_ip_share"
    DOWNLOADS_FALLING = "downloads_falling"
    INCLUSION_EXPIRED = "inclusion_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: heading, unit, threshold setting and advice."""

    name: RuleName
    title: str
    unit: str
    setting: str | None
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A rule's current measurement; ``subject`` is empty for the whole organization.

    ``value`` and ``threshold`` are in the rule's unit; None when there is nothing to measure.
    """

    rule: RuleName
    subject: str = ""
    value: float | None
    threshold: float | None
    firing: bool
    message: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that opened."""

    alert_id: UUID
    rule: str
    subject: str
    message: str
    value: float | None
    threshold: float | None
    muted: bool
    opened_at: datetime
    seen_at: datetime
    clear_since: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def state(self) -> str:
        """The state: open, acknowledged or resolved."""
        if self.resolved_at is not None:
            return "resolved"
        return "open" if self.acknowledged_at is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class Silence:
    """A period without notifications about a rule."""

    silence_id: UUID
    rule: str
    subject: str | None
    until: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The result of an evaluation."""

    opened: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertEmail:
    """An email about an alert."""

    to: str
    subject: str
    text: str
