"""Public interface of ``entitlements``: listeners' access, and their private feeds."""

from wavehouse.entitlements.rules.links import feed_path
from wavehouse.entitlements.rules.signature import header as signature_header
from wavehouse.entitlements.service.feeds import FEED, close_feed, feeds_of, make_feed
from wavehouse.entitlements.service.granting import find, grant, link, listener_of, revoke
from wavehouse.entitlements.service.processing import process
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
from wavehouse.entitlements.service.receiving import Endpoint, receive
from wavehouse.entitlements.service.settings import set_offer
from wavehouse.entitlements.types import (
    Access,
    Entitlement,
    EntitlementId,
    EventStatus,
    GrantStatus,
    LedgerEntry,
    ListedEvent,
    NewFeed,
    NewGrant,
    Offer,
    PrivateFeed,
    ScopeKind,
    Total,
)

__all__ = [
    "FEED",
    "Access",
    "Endpoint",
    "Entitlement",
    "EntitlementId",
    "EventStatus",
    "GrantStatus",
    "History",
    "LedgerEntry",
    "ListedEvent",
    "NewFeed",
    "NewGrant",
    "Offer",
    "PrivateFeed",
    "ScopeKind",
    "Total",
    "access_of",
    "check",
    "close_feed",
    "feed_path",
    "feeds_of",
    "find",
    "grant",
    "history",
    "link",
    "list_events",
    "list_grants",
    "listener_of",
    "make_feed",
    "of_listener",
    "process",
    "receive",
    "revoke",
    "set_offer",
    "signature_header",
    "totals",
]
