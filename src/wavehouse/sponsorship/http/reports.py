"""``/api/v1/reports``: make a report, list reports, download their files.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the gate.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.config import Settings
from wavehouse.kernel.paging import PAGE, Page, cut
from wavehouse.sponsorship.http.common import (
    Cursor,
    Day,
    IdempotencyKey,
    Limit,
    once,
    place_in,
)
from wavehouse.sponsorship.service import archive, parties
from wavehouse.sponsorship.service.reports import from_rollups, make_report
from wavehouse.sponsorship.types import ListedReport, ReportType
from wavehouse.store import Analytics, Operational, Stores, Tx
from wavehouse.workspace import Gate

Form = Literal["pdf", "json", "xlsx", "csv"]
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "application/zip",
}


class ReportIn(BaseModel):
    """A report of a campaign between two UTC days, both included, in one format or several.

    Without days it covers the flight, up to today.
    """

    model_config = ConfigDict(extra="forbid")

    campaign_id: UUID
    first_day: Day | None = None
    last_day: Day | None = None
    report_type: ReportType = ReportType.SPONSOR
    formats: list[Form] = Field(default=["pdf"], min_length=1, max_length=4)


class ReportOut(BaseModel):
    """A report; ``sha256`` is of its file, ``rule_versions`` are those of its figures."""

    report_id: UUID
    number: str
    campaign_id: UUID
    campaign: str
    sponsor: str
    report_type: ReportType
    format: Form
    first_day: date
    last_day: date
    generated_at: datetime
    data_as_of: datetime | None
    size: int
    sha256: str
    rule_versions: Mapping[str, str]
    file: str

    @classmethod
    def of(cls, report: ListedReport) -> "ReportOut":
        """The report as a response, with the address of its file."""
        return cls(
            **{
                name: getattr(report, name)
                for name in cls.model_fields
                if hasattr(report, name) and name != "format"
            },
            format=form(report),
            size=report.file_size or 0,
            file=f"/api/v1/reports/{report.report_id}/file",
        )


class Made(BaseModel):
    """The reports of one request: the same figures in each format."""

    reports: list[ReportOut]
    warnings: list[str] = []


def form(report: ListedReport) -> Form:
    """A report's format by its usual name."""
    names: dict[str, Form] = {
        "pdf": "pdf",
        "json": "json",
        "excel": "xlsx",
        "csv": "csv",
    }
    return names[report.format]


def folder_of(settings: Settings) -> Path:
    """The folder for reports created by the API and the dashboard."""
    return Path(settings["home"]) / "reports"


def file_answer(report: ListedReport) -> Response:
    """A report's file as a download. Gone when it has changed since it was written."""
    name, content = archive.report_file(report)
    return Response(
        content,
        media_type=MEDIA_TYPES[form(report)],
        headers={
            "Content-Disposition": _disposition(name),
            "ETag": f'"{report.sha256[:32]}"',
        },
    )


def _disposition(name: str) -> str:
    """The header with a file's name in any script, and without its accents for old clients."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lstrip("-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def router(stores: Stores, settings: Settings, gate: Gate) -> APIRouter:
    """Reports."""
    api = APIRouter(prefix="/api/v1", tags=["reports"])
    database = stores.operational
    reads, writes = Scope.REPORTS_READ, Scope.REPORTS_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type

    def made(
        analytics: Tx[Analytics], tx: Tx[Operational], identity: Identity, body: ReportIn
    ) -> Made:
        stored = make_report(
            tx,
            identity=identity,
            card=parties.find_campaign(tx, identity=identity, wanted=str(body.campaign_id)),
            first=body.first_day,
            last=body.last_day,
            delivery=from_rollups(analytics, tx, identity=identity),
            formats=body.formats,
            folder=folder_of(settings),
            report_type=body.report_type,
        )
        return Made(
            reports=[
                ReportOut.of(archive.find_report(tx, identity=identity, report_id=report.report_id))
                for report in stored
            ],
            warnings=[report.warning for report in stored if report.warning],
        )

    @api.post("/reports", status_code=201, responses=gate.answers(writes, 404, 409, 413, 422))
    def make(
        body: ReportIn,
        request: Request,
        response: Response,
        identity: Annotated[Identity, Depends(gate(writes))],
        _key: IdempotencyKey = None,
    ) -> Made:
        """Make a report; every format has the same figures to the cent."""
        with (
            stores.analytics.app(identity.organization_id) as analytics,
            database.app(identity.organization_id) as tx,
        ):
            return once(
                tx,
                identity,
                request,
                response,
                body,
                Made,
                lambda: made(analytics, tx, identity, body),
            )

    @api.get("/reports", responses=gate.answers(reads))
    def reports(identity: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Page[ReportOut]:
        """Reports, latest first."""
        with database.app(identity.organization_id) as tx:
            reports = archive.list_reports(
                tx, identity=identity, before=place_in(cursor), limit=limit + 1
            )
        return cut(
            [ReportOut.of(report) for report in reports],
            key=lambda r: (r.generated_at.isoformat(), str(r.report_id)),
            limit=limit,
        )

    @api.get("/reports/{report_id}", responses=gate.answers(reads, 404))
    def report(report_id: UUID, identity: Reader) -> ReportOut:
        """One report."""
        with database.app(identity.organization_id) as tx:
            return ReportOut.of(archive.find_report(tx, identity=identity, report_id=report_id))

    @api.get(
        "/reports/{report_id}/file",
        response_class=Response,
        responses={
            200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}},
            **gate.answers(reads, 404, 410),
        },
    )
    def file(report_id: UUID, identity: Reader) -> Response:
        """A report's file, byte for byte as it was written, or 410."""
        with database.app(identity.organization_id) as tx:
            report = archive.find_report(tx, identity=identity, report_id=report_id)
        return file_answer(report)

    return api
