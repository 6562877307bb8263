"""Positions folded from actions, and where to resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from wavehouse.kernel.ids import ActionId


class State(StrEnum):
    """The listener's progress in a chapter (P23)."""

    NONE = "none"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"


class Position(msgspec.Struct, frozen=True):
    """A listener's position in a chapter, folded from all actions (P2)."""

    position_ms: int
    duration_ms: int | None
    duration_changed: bool
    furthest_ms: int
    state: State
    finished_at: datetime | None
    finished_count: int
    effective_at: datetime
    action_id: ActionId
    device_id: str | None


@dataclass(frozen=True, slots=True)
class Folded:
    """The position after a set of actions, and the actions stopped by the guard (P9)."""

    position: Position | None
    guarded: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """A current row, with its version (the entity tag, P12) and its cursor."""

    chapter_id: str
    position_ms: int
    duration_ms: int | None
    duration_changed: bool
    furthest_ms: int
    state: str
    finished_at: datetime | None
    finished_count: int
    version: int
    seq: int
    effective_at: datetime
    action_id: ActionId
    device_id: str | None
    updated_at: datetime

    def folded(self) -> Position:
        """The row as a folded position, to fold further actions onto (P2)."""
        return Position(
            self.position_ms,
            self.duration_ms,
            self.duration_changed,
            self.furthest_ms,
            State(self.state),
            self.finished_at,
            self.finished_count,
            self.effective_at,
            self.action_id,
            self.device_id,
        )


class ResumePolicy(StrEnum):
    """The listener's preference for resuming (P8); it changes neither the log nor the winner."""

    LATEST = "latest"
    FURTHEST = "furthest"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class ConflictHint:
    """P10: another device moved far from this one's position; ``backward`` when it went back."""

    position_ms: int
    device_position_ms: int
    direction: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to resume, and how far to rewind first (P34).

    ``choices`` are the positions to ask about, when that is the listener's policy (P8).
    """

    position_ms: int
    suggested_rewind_ms: int
    finished: bool
    furthest_ms: int
    state: str
    version: int
    updated_at: datetime
    device: str | None
    policy: str
    choices: tuple[int, ...] = ()
    conflict_hint: ConflictHint | None = None
