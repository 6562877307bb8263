"""Access at a time: from the current grants, or from the ledger for a past time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from wavehouse.entitlements.rules.states import LIVE
from wavehouse.entitlements.types import Access, Entitlement, GrantStatus, LedgerEntry

_LIVE = frozenset(status.value for status in LIVE)
NONE = Access(False)


def access(grants: Iterable[Entitlement], *, now: datetime) -> Access:
    """Access by any live grant (E12); the longest one sets the end."""
    live = [g for g in grants if holds(g.status, g.starts_at, g.expires_at, now)]
    if not live:
        return NONE
    best = max(live, key=lambda g: (g.expires_at is None, g.expires_at or now))
    is_grace = all(grant.status == GrantStatus.GRACE for grant in live)
    return Access(True, is_grace, best.expires_at, best.scope_kind)


def holds(status: str, start: datetime, end: datetime | None, now: datetime) -> bool:
    """Whether a grant gives access at a time; its interval is half-open (E13)."""
    return status in _LIVE and start <= now and (end is None or now < end)


def access_in(entries: Sequence[LedgerEntry], *, at: datetime) -> Access:
    """Access at a past time, by the last transition of each grant that had happened then."""
    latest: dict[object, Mapping[str, Any]] = {}
    for entry in effective(entries):
        if (entry.effective_at or entry.recorded_at) <= at:
            latest[entry.entitlement_id] = entry.state_after
    ends = [_end(state) for state in latest.values() if _held(state, at)]
    if not ends:
        return NONE
    return Access(True, valid_until=None if None in ends else max(e for e in ends if e))


def effective(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The effective history in chronological order: each grant's last generation."""
    newest: dict[object, int] = {}
    for entry in entries:
        known = newest.get(entry.entitlement_id, 0)
        newest[entry.entitlement_id] = max(known, entry.generation)
    kept = [e for e in entries if e.generation == newest[e.entitlement_id]]
    return sorted(kept, key=lambda e: (e.entitlement_id, e.seq))


def _held(state: Mapping[str, Any], at: datetime) -> bool:
    start = state.get("starts_at")
    return bool(start) and holds(
        str(state.get("status")), datetime.fromisoformat(str(start)), _end(state), at
    )


def _end(state: Mapping[str, Any]) -> datetime | None:
    end = state.get("expires_at")
    return datetime.fromisoformat(str(end)) if end else None
