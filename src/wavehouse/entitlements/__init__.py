"""The door of ``entitlements``: who may hear what, and the feeds that only they can read."""

from wavehouse.entitlements.service.granting import find, grant, link, listener_of, revoke
from wavehouse.entitlements.service.reading import (
    History,
    access_of,
    check,
    history,
    list_events,
    list_grants,
    of_listener,
    totals,
)
from wavehouse.entitlements.types import (
    Access,
    Entitlement,
    EntitlementId,
    EventStatus,
    GrantStatus,
    LedgerEntry,
    ListedEvent,
    NewGrant,
    ScopeKind,
    Total,
)

__all__ = [
    "Access",
    "Entitlement",
    "EntitlementId",
    "EventStatus",
    "GrantStatus",
    "History",
    "LedgerEntry",
    "ListedEvent",
    "NewGrant",
    "ScopeKind",
    "Total",
    "access_of",
    "check",
    "find",
    "grant",
    "history",
    "link",
    "list_events",
    "list_grants",
    "listener_of",
    "of_listener",
    "revoke",
    "totals",
]
