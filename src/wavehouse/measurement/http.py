"""``/api/v1``: counted figures, the files they came from, and the quarantine.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the workspace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wavehouse.accounts import Scope
from wavehouse.kernel import reference
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE, Page, cut, decoded
from wavehouse.measurement.rules.windows import CountWindow, differences
from wavehouse.measurement.service import quarantine, reading
from wavehouse.measurement.service.audience import audience
from wavehouse.measurement.service.quarantine import NO_READERS, Reader
from wavehouse.measurement.service.reading import By
from wavehouse.measurement.service.windows import by_window
from wavehouse.measurement.types import RULE_VERSION, Audience, QuarantinedRow, SourceSummary
from wavehouse.workspace import Edge, Gate, Workspace

MOST_DAYS = 3660
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def _day(value: object) -> object:
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("must be a day like 2026-11-01")
    return value


Day = Annotated[date, BeforeValidator(_day)]
First = Annotated[Day, Query(alias="from", description="The first UTC day.")]
Last = Annotated[Day, Query(alias="to", description="The last UTC day, included.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[str | None, Query(max_length=2000)]


@dataclass(frozen=True)
class Row:
    """A member of a split and its downloads; ``label`` is an episode's title."""

    member: str
    label: str
    downloads: int


@dataclass(frozen=True)
class Provenance:
    """By which rules and lists a figure was counted, and as of when."""

    rules: str
    lists: Mapping[str, str]
    data_as_of: datetime | None


@dataclass(frozen=True)
class Downloads:
    """Downloads of a period by the calendar window (R34), split by ``by``.

    ``listeners`` are distinct over the whole period and never a sum (R43); null when the period
    spans more than two months (R44). ``filtered`` are requests that were not counted, by reason.
    """

    first_day: date
    last_day: date
    by: By
    downloads: int
    listeners: int | None
    rows: list[Row]
    filtered: Mapping[str, int]
    provenance: Provenance


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
    """Rows of the quarantine by id; without ids all that wait."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field(default_factory=list, max_length=300)


@dataclass(frozen=True)
class Closed:
    """What became of the rows."""

    tried: int
    stored: int = 0
    still_bad: int = 0
    discarded: int = 0
    unreadable: list[str] = field(default_factory=list)


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``measurement``."""
    return [router(edge.workspace, edge.gate, edge.readers)]


def router(
    workspace: Workspace, gate: Gate, readers: Mapping[str, Reader] = NO_READERS
) -> APIRouter:
    """The HTTP entrance of ``measurement``; ``readers`` read other contexts' files again."""
    api = APIRouter(prefix="/api/v1")
    api.include_router(_figures(workspace, gate))
    api.include_router(_sources(workspace, gate))
    api.include_router(_quarantine(workspace, gate, readers))
    return api


def _figures(workspace: Workspace, gate: Gate) -> APIRouter:
    api = APIRouter(tags=["figures"])
    scope = Scope.STATS_READ
    caller = Depends(gate(scope))

    @api.get("/downloads", responses=gate.answers(scope, 422), dependencies=[caller])
    def downloads(
        first: First, last: Last, by: By = "day", podcast_id: UUID | None = None
    ) -> Downloads:
        """Downloads of whole UTC days, for one show or for all."""
        _check_period(first, last)
        rows = reading.figures(workspace, by, first=first, last=last, podcast_id=podcast_id)
        known = reading.freshness(workspace)
        return Downloads(
            first,
            last,
            by,
            sum(row.downloads for row in rows),
            reading.listeners(workspace, first=first, last=last, podcast_id=podcast_id),
            [Row(row.member, row.label, row.downloads) for row in rows],
            reading.filtered(workspace, first=first, last=last),
            Provenance(RULE_VERSION, reference.versions(), known.newest_rollup),
        )

    @api.get("/audience", responses=gate.answers(scope, 422), dependencies=[caller])
    def listeners(first: First, last: Last) -> Audience:
        """Distinct listeners of the whole period, by show and by episode; nothing adds up (R43).

        Beyond two adjacent months ``total`` is null and ``months`` are told one by one (R44).
        """
        _check_period(first, last)
        return audience(workspace, first=first, last=last)

    @api.get("/windows", responses=gate.answers(scope, 422), dependencies=[caller])
    def windows(first: First, last: Last, podcast_id: UUID | None = None) -> WindowTotals:
        """The same requests by all three counting windows; two adjacent months at most (R44)."""
        _check_period(first, last)
        found = by_window(workspace, first=first, last=last, podcast_id=podcast_id)
        return WindowTotals(
            first,
            last,
            found.downloads[CountWindow.CALENDAR],
            found.downloads[CountWindow.FIRST_TOUCH],
            found.downloads[CountWindow.LAST_TOUCH],
            list(differences(found)),
        )

    return api


def _sources(workspace: Workspace, gate: Gate) -> APIRouter:
    api = APIRouter(tags=["sources"])
    scope = Scope.SOURCES_READ
    caller = Depends(gate(scope))

    @api.get("/sources/files", responses=gate.answers(scope), dependencies=[caller])
    def files(limit: Limit = PAGE, cursor: Cursor = None) -> Page[SourceSummary]:
        """Files that were read, the latest first, with how far and how many rows wait."""
        before = None
        if cursor is not None:
            at, name = decoded(cursor, 2)
            before = (_instant(at), _id(name))
        return cut(
            quarantine.files(workspace, limit=limit + 1, before=before),
            key=lambda f: (f.last_read_at.isoformat(), str(f.source_file_id)),
            limit=limit,
        )

    return api


def _quarantine(workspace: Workspace, gate: Gate, readers: Mapping[str, Reader]) -> APIRouter:
    api = APIRouter(tags=["quarantine"])
    reads, writes = Scope.SOURCES_READ, Scope.SOURCES_WRITE

    @api.get("/quarantine", responses=gate.answers(reads), dependencies=[Depends(gate(reads))])
    def rows(limit: Limit = PAGE, cursor: Cursor = None) -> Page[QuarantinedRow]:
        """Rows that could not be used, the oldest first; excerpts are masked."""
        after = None
        if cursor is not None:
            at, file, line, name = decoded(cursor, 4)
            after = (_instant(at), file, _number(line), _id(name))
        return cut(
            quarantine.listed(workspace, limit=limit + 1, after=after),
            key=lambda r: (
                r.quarantined_at.isoformat(),
                r.file,
                str(r.line_number),
                str(r.quarantine_id),
            ),
            limit=limit,
        )

    @api.post(
        "/quarantine/replay",
        responses=gate.answers(writes, 404, 413, 422),
        dependencies=[Depends(gate(writes))],
    )
    def replay(chosen: Chosen) -> Closed:
        """Read rows again at their file and place; what is good now is stored, and closed."""
        found = quarantine.replay(workspace, ids=chosen.ids, readers=readers)
        return Closed(found.tried, found.stored, found.still_bad, unreadable=list(found.unreadable))

    @api.post(
        "/quarantine/discard",
        responses=gate.answers(writes, 404, 413, 422),
        dependencies=[Depends(gate(writes))],
    )
    def discard(chosen: Chosen) -> Closed:
        """Close rows without storing them; how many is written to the audit log."""
        closed = quarantine.discard(workspace, ids=chosen.ids)
        return Closed(closed, discarded=closed)

    return api


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise UsageError("the last day lies before the first", hint="Swap from and to.")
    if (last - first).days >= MOST_DAYS:
        raise UsageError("ask for ten years at most", hint="Ask for a shorter period.")
    if first < EARLIEST or last > LATEST:
        raise UsageError(f"the days must lie between {EARLIEST} and {LATEST}")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError("this cursor is not one of this list", hint="Begin without a cursor.")
    return found


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UsageError("this cursor is not one of this list") from None


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise UsageError("this cursor is not one of this list")
    return int(text)
