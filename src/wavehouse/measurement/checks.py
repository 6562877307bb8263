"""Checks of ``wavehouse doctor`` and ``/metrics`` values for logs, counting and quarantine."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.accounts import Identity
from wavehouse.kernel.findings import Finding, Measure
from wavehouse.measurement.service import inclusions as including
from wavehouse.measurement.service import quarantine as quarantining
from wavehouse.measurement.service import reading
from wavehouse.measurement.service.adoption import unknown_places
from wavehouse.store import Stores
from wavehouse.workspace import Workspace


def logs(workspace: Workspace) -> Finding:
    """The time of the newest event."""
    identity = workspace.identity
    with (
        workspace.stores.analytics.app(identity.organization_id) as analytics,
        workspace.stores.operational.app(identity.organization_id) as operational,
    ):
        newest = reading.freshness(analytics, operational, identity=identity).newest_request
    if newest is None:
        return Finding("logs", True, "no logs read yet", "wavehouse ingest logs access.log.gz")
    return Finding("logs", True, f"events to {newest:%Y-%m-%d %H:%M} UTC")


def waiting(workspace: Workspace) -> Finding:
    """Requests not counted yet and hours not rolled up yet."""
    with workspace.stores.operational.worker() as tx:
        backlog = reading.backlog(tx)
    left = backlog.batches + backlog.hours
    message = f"{backlog.batches} batches to count, {backlog.hours} hours to roll up"
    return Finding("counting", not left, message, "wavehouse rollup run" if left else "")


def quarantine(workspace: Workspace) -> Finding:
    """Rows in the quarantine."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        reasons = quarantining.waiting(tx, identity=workspace.identity)
    rows = sum(number for _, number in reasons)
    return Finding(
        "quarantine", not rows, f"{rows:,} rows", "wavehouse quarantine list" if rows else ""
    )


def inclusions(workspace: Workspace) -> Finding:
    """Inclusions past their date: their listeners are filtered again (R19)."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        expired = including.expired_inclusions(tx, identity=workspace.identity)
    if expired:
        return Finding(
            "inclusions",
            False,
            f"{len(expired)} expired: their listeners are filtered again (R19)",
            "wavehouse inclusions list",
        )
    return Finding("inclusions", True, "no expired inclusions")


def measures(stores: Stores, *, identity: Identity) -> Iterator[Measure]:
    """The metrics of logs, counting and quarantine."""
    with (
        stores.analytics.app(identity.organization_id) as analytics,
        stores.operational.app(identity.organization_id) as operational,
    ):
        fresh = reading.freshness(analytics, operational, identity=identity)
    yield Measure("wavehouse_dirty_hours", fresh.dirty_hours)
    yield Measure("wavehouse_quarantined_rows", fresh.quarantined)
    if fresh.newest_request is not None:
        yield Measure("wavehouse_newest_request_seconds", fresh.newest_request.timestamp())


def unknown_paths(workspace: Workspace) -> Finding:
    """Requests for files that no feed names, most requested first."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        places = unknown_places(tx, identity=workspace.identity)
    if not any(unknown.would_count for unknown in places):
        return Finding("unknown paths", True, "no countable requests for unknown files")
    named = "; ".join(f"{p.would_count:,} for {p.place}" for p in places if p.would_count)
    return Finding(
        "unknown paths",
        False,
        f"requests for unregistered files: {named}",
        f"wavehouse paths test https://{places[0].place}",
    )
