"""Checks of ``wavehouse doctor`` and values of ``/metrics`` on logs, counting and quarantine."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.kernel.findings import Finding, Measure
from wavehouse.measurement.service.inclusions import expired_inclusions
from wavehouse.measurement.service.reading import freshness
from wavehouse.workspace import Workspace


def logs(workspace: Workspace) -> Finding:
    """How far the events go."""
    newest = freshness(workspace).newest_request
    if newest is None:
        return Finding("logs", True, "none read yet", "wavehouse ingest logs access.log.gz")
    return Finding("logs", True, f"events to {newest:%Y-%m-%d %H:%M} UTC")


def waiting(workspace: Workspace) -> Finding:
    """Requests that are not counted yet, hours that are not rolled up yet."""
    fresh = freshness(workspace)
    left = fresh.pending_batches + fresh.dirty_hours
    message = f"{fresh.pending_batches} batches to count, {fresh.dirty_hours} hours to roll up"
    return Finding("counting", not left, message, "wavehouse rollup run" if left else "")


def quarantine(workspace: Workspace) -> Finding:
    """Rows that could not be used."""
    rows = freshness(workspace).quarantined
    return Finding(
        "quarantine", not rows, f"{rows:,} rows", "wavehouse quarantine list" if rows else ""
    )


def inclusions(workspace: Workspace) -> Finding:
    """Inclusions past their date: their listeners are filtered again (R19)."""
    expired = expired_inclusions(workspace)
    if expired:
        return Finding(
            "inclusions",
            False,
            f"{len(expired)} expired: their listeners are filtered again (R19)",
            "wavehouse inclusions list",
        )
    return Finding("inclusions", True, "none has expired")


def measures(workspace: Workspace) -> Iterator[Measure]:
    """What an operator watches."""
    fresh = freshness(workspace)
    yield Measure(
        "wavehouse_pending_batches", "Batches of requests not counted yet.", fresh.pending_batches
    )
    yield Measure("wavehouse_dirty_hours", "Hours not rolled up yet.", fresh.dirty_hours)
    yield Measure("wavehouse_quarantined_rows", "Rows that could not be used.", fresh.quarantined)
    if fresh.newest_request is not None:
        yield Measure(
            "wavehouse_newest_request_seconds",
            "Time of the newest request, in seconds since 1970.",
            fresh.newest_request.timestamp(),
        )
