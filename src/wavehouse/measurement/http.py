"""``/api/v1``: counted figures, source files, and the quarantine.

Every route acts for the identity of its key: it opens transactions under the row security of that
organization. Without ``from __future__ import annotations``: FastAPI must see the dependencies,
which close over the gate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel import reference
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, cut, decoded
from wavehouse.measurement.rules.windows import CountWindow, differences
from wavehouse.measurement.service import quarantine, reading
from wavehouse.measurement.service.audience import audience
from wavehouse.measurement.service.quarantine import NO_READERS, Reader
from wavehouse.measurement.service.reading import By
from wavehouse.measurement.service.windows import by_window
from wavehouse.measurement.types import (
    RULE_VERSION,
    Audience,
    Figure,
    HourFigure,
    QuarantinedRow,
    SourceSummary,
)
from wavehouse.store import Stores
from wavehouse.workspace import Edge, Gate

MOST_DAYS = 3660
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("must be a date like 2026-11-01")
    return value


Day = Annotated[date, BeforeValidator(_day)]
First = Annotated[Day, Query(alias="from", description="The first UTC day.")]
Last = Annotated[Day, Query(alias="to", description="The last UTC day, included.")]
Grain = Literal["day", "hour"]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=2000)]


@dataclass(frozen=True)
class Provenance:
    """The rules and lists by which a figure was counted, and the time of its data."""

    rules: str
    lists: Mapping[str, str]
    data_as_of: datetime | None


@dataclass(frozen=True)
class Downloads:
    """Downloads of a period by the calendar window (R34), split by ``by``.

    ``listeners`` are distinct over the whole period, never a sum (R43); null when the period spans
    more than two months (R44). ``filtered`` are requests that were not counted, by reason.
    ``requests_from`` is set when retention has dropped requests of the period: ``listeners`` are
    null then, and ``filtered`` starts on that day. ``hours`` are the same downloads by UTC hour,
    for ``grain=hour`` only.
    """

    first_day: date
    last_day: date
    by: By
    downloads: int
    listeners: int | None
    rows: list[Figure]
    hours: list[HourFigure] | None
    filtered: Mapping[str, int]
    provenance: Provenance
    requests_from: date | None = None


@dataclass(frozen=True)
class WindowTotals:
    """Downloads of a period by each counting window (R34 to R36), and why they differ."""

    first_day: date
    last_day: date
    calendar: int
    first_touch: int
    last_touch: int
    why: list[str]


class Chosen(BaseModel):
    """Quarantine rows by id; without ids, all open rows."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field(default_factory=list, max_length=300)


@dataclass(frozen=True)
class Closed:
    """The numbers of rows tried, stored, still bad or discarded."""

    tried: int
    stored: int = 0
    still_bad: int = 0
    discarded: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Queued:
    """The job for the request; null when an earlier queued job already covers it."""

    job_id: UUID | None


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``measurement``."""
    workspace = edge.workspace
    return [router(workspace.stores, workspace.settings, edge.gate, edge.readers)]


def router(
    stores: Stores, settings: Settings, gate: Gate, readers: Mapping[str, Reader] = NO_READERS
) -> APIRouter:
    """Routes of ``measurement``; ``readers`` read other contexts' files again."""
    api = APIRouter(prefix="/api/v1")
    api.include_router(_figures(stores, gate))
    api.include_router(_sources(stores, gate))
    api.include_router(_quarantine(stores, settings, gate, readers))
    return api


def _figures(stores: Stores, gate: Gate) -> APIRouter:
    api = APIRouter(tags=["figures"])
    scope = Scope.STATS_READ
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    @api.get("/downloads", responses=gate.answers(scope, 422))
    def downloads(
        identity: Caller,
        first: First,
        last: Last,
        by: By = "day",
        grain: Grain = "day",
        podcast_id: UUID | None = None,
    ) -> Downloads:
        """Downloads of whole UTC days, for one show or all; by the hour for at most 31 days."""
        _check_period(first, last)
        with (
            stores.analytics.app(identity.organization_id) as analytics,
            stores.operational.app(identity.organization_id) as operational,
        ):
            rows = reading.figures(
                analytics,
                operational,
                identity=identity,
                by=by,
                first=first,
                last=last,
                podcast_id=podcast_id,
            )
            return Downloads(
                first,
                last,
                by,
                sum(row.downloads for row in rows),
                reading.listeners(
                    operational, identity=identity, first=first, last=last, podcast_id=podcast_id
                ),
                rows,
                None
                if grain == "day"
                else reading.hour_figures(
                    analytics,
                    identity=identity,
                    by=by,
                    first=first,
                    last=last,
                    podcast_id=podcast_id,
                ),
                reading.filtered(
                    operational, identity=identity, first=first, last=last, podcast_id=podcast_id
                ),
                Provenance(
                    RULE_VERSION,
                    reference.versions(),
                    reading.data_as_of(analytics, identity=identity),
                ),
                reading.dropped_until(operational, first=first),
            )

    @api.get("/audience", responses=gate.answers(scope, 422))
    def listeners(identity: Caller, first: First, last: Last) -> Audience:
        """Distinct listeners of the whole period, by show and by episode; rows do not add up (R43).

        Beyond two adjacent months ``total`` is null and ``months`` are reported one by one (R44).
        """
        _check_period(first, last)
        with stores.operational.app(identity.organization_id) as tx:
            return audience(tx, identity=identity, first=first, last=last)

    @api.get("/windows", responses=gate.answers(scope, 422))
    def windows(
        identity: Caller, first: First, last: Last, podcast_id: UUID | None = None
    ) -> WindowTotals:
        """The same requests by all three counting windows; two adjacent months at most (R44)."""
        _check_period(first, last)
        with stores.operational.app(identity.organization_id) as tx:
            counted = by_window(
                tx, identity=identity, first=first, last=last, podcast_id=podcast_id
            )
        return WindowTotals(
            first,
            last,
            counted.downloads[CountWindow.CALENDAR],
            counted.downloads[CountWindow.FIRST_TOUCH],
            counted.downloads[CountWindow.LAST_TOUCH],
            list(differences(counted)),
        )

    return api


def _sources(stores: Stores, gate: Gate) -> APIRouter:
    api = APIRouter(tags=["sources"])
    scope = Scope.SOURCES_READ
    Caller = Annotated[Identity, Depends(gate(scope))]  # noqa: N806 - it is a type

    @api.get("/sources/files", responses=gate.answers(scope))
    def files(identity: Caller, limit: Limit = PAGE, cursor: Cursor = None) -> Page[SourceSummary]:
        """Source files, most recent first, with their progress and their open quarantine rows."""
        before = None
        if cursor is not None:
            at, name = decoded(cursor, 2)
            before = (_instant(at), _id(name))
        with stores.operational.app(identity.organization_id) as tx:
            rows = quarantine.files(tx, identity=identity, limit=limit + 1, before=before)
        return cut(
            rows,
            key=lambda f: (f.last_read_at.isoformat(), str(f.source_file_id)),
            limit=limit,
        )

    return api


def _quarantine(
    stores: Stores, settings: Settings, gate: Gate, readers: Mapping[str, Reader]
) -> APIRouter:
    api = APIRouter(tags=["quarantine"])
    reads, writes = Scope.SOURCES_READ, Scope.SOURCES_WRITE
    ReadCaller = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    WriteCaller = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("/quarantine", responses=gate.answers(reads))
    def rows(
        identity: ReadCaller, limit: Limit = PAGE, cursor: Cursor = None
    ) -> Page[QuarantinedRow]:
        """Rows that could not be used, oldest first; excerpts are masked."""
        after = None
        if cursor is not None:
            at, file, line, name = decoded(cursor, 4)
            after = (_instant(at), file, _number(line), _id(name))
        with stores.operational.app(identity.organization_id) as tx:
            waiting = quarantine.listed(tx, identity=identity, limit=limit + 1, after=after)
        return cut(
            waiting,
            key=lambda r: (
                r.quarantined_at.isoformat(),
                r.file,
                str(r.line_number),
                str(r.quarantine_id),
            ),
            limit=limit,
        )

    @api.post("/quarantine/replay", status_code=202, responses=gate.answers(writes, 404, 413, 422))
    def replay(identity: WriteCaller, chosen: Chosen) -> Queued:
        """Read quarantined rows again in a job: good ones are stored and closed.

        ``GET /api/v1/jobs/{job_id}`` reports its progress. ``job_id`` is null while a job for all
        rows is queued or running, which covers the request.
        """
        with stores.operational.app(identity.organization_id) as tx:
            return Queued(quarantine.enqueue_replay(tx, identity=identity, ids=chosen.ids))

    @api.post("/quarantine/discard", responses=gate.answers(writes, 404, 413, 422))
    def discard(identity: WriteCaller, chosen: Chosen) -> Closed:
        """Close rows without storing them; the audit log records how many."""
        with stores.operational.app(identity.organization_id) as tx:
            closed = quarantine.discard(tx, identity=identity, ids=chosen.ids)
        return Closed(closed, discarded=closed)

    return api


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise UsageError("the end date is before the start date", hint="Swap from and to.")
    if (last - first).days >= MOST_DAYS:
        raise UsageError("the period is longer than ten years", hint="Use a shorter period.")
    if first < EARLIEST or last > LATEST:
        raise UsageError(f"dates must be from {EARLIEST} to {LATEST}")


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise _foreign_cursor() from None
    if instant.tzinfo is None:
        raise _foreign_cursor()
    return instant


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _foreign_cursor() from None


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise _foreign_cursor()
    return int(text)


def _foreign_cursor() -> UsageError:
    return UsageError("invalid cursor", hint="Start again without a cursor.")
