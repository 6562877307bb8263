"""Data types of listeners, their devices, actions and positions. No I/O.

Types with an instance for each action of an upload are msgspec structs, which are made ten times
faster than dataclasses.
"""

from __future__ import annotations

from wavehouse.listeners.types.accounts import (
    AppPassword,
    Caller,
    Device,
    EmailChange,
    Forgotten,
    ListedListener,
    Listener,
    NewAppPassword,
    Passkey,
    Site,
    StoredPassword,
    StoredSession,
)
from wavehouse.listeners.types.actions import (
    Action,
    Batch,
    Change,
    Changes,
    Condition,
    Displaced,
    Kind,
    NewAction,
    Recorded,
    Status,
    Upload,
)
from wavehouse.listeners.types.episodes import (
    NO_DESCRIPTION,
    Described,
    Episode,
    Sighting,
    SubscriptionChange,
)
from wavehouse.listeners.types.positions import (
    ConflictHint,
    Folded,
    Position,
    Resume,
    ResumePolicy,
    State,
    StoredPosition,
)

__all__ = [
    "NO_DESCRIPTION",
    "Action",
    "AppPassword",
    "Batch",
    "Caller",
    "Change",
    "Changes",
    "Condition",
    "ConflictHint",
    "Described",
    "Device",
    "Displaced",
    "EmailChange",
    "Episode",
    "Folded",
    "Forgotten",
    "Kind",
    "ListedListener",
    "Listener",
    "NewAction",
    "NewAppPassword",
    "Passkey",
    "Position",
    "Recorded",
    "Resume",
    "ResumePolicy",
    "Sighting",
    "Site",
    "State",
    "Status",
    "StoredPassword",
    "StoredPosition",
    "StoredSession",
    "SubscriptionChange",
    "Upload",
]
