"""The reports page: create, list, download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import sponsorship
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.spelling import day_of
from wavehouse.sponsorship import ListedReport, ReportType
from wavehouse.sponsorship.http import file_answer, folder_of
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back

MOST = 100
_FIELDS = ("campaign", "from", "to", "type", "formats")
FORMATS = ("pdf", "xlsx", "csv", "json")
_TYPES = {
    ReportType.SPONSOR: "Sponsor report",
    ReportType.PERFORMANCE: "Performance",
    ReportType.ROI: "Return on the fee",
}
_FORMS = {"pdf": "PDF", "excel": "XLSX", "csv": "CSV", "json": "JSON"}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of a report, to download."""

    form: str
    href: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report with its files as the page shows it."""

    number: str
    sponsor: str
    campaign: str
    kind: str
    period: str
    made: str
    files: tuple[ReportFile, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A campaign to report on, with the days that its report usually covers."""

    campaign_id: str
    label: str
    chosen: bool


def router(context: PageContext) -> APIRouter:
    """Routes of ``/reports``, its form and its files."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    def page(
        request: Request, identity: Identity, campaign: str, entered: Entered = NOTHING
    ) -> Response:
        with workspace.stores.operational.app(identity.organization_id) as tx:
            cards = sponsorship.list_campaigns(tx, identity=identity)
            made = sponsorship.list_reports(tx, identity=identity, limit=MOST)
        wanted = next((c for c in cards if str(c.campaign_id) == campaign), None) or (
            cards[0] if cards else None
        )
        today = clock.today()
        return context.page(
            request,
            "reports",
            identity,
            entered=entered,
            lines=lines(made),
            choices=[
                Choice(str(c.campaign_id), f"{c.sponsor} · {c.name}", c is wanted) for c in cards
            ],
            first=wanted.start_date.isoformat() if wanted else "",
            last=min(wanted.end_date, today).isoformat() if wanted else "",
            types=[(kind.value, name) for kind, name in _TYPES.items()],
            formats=[(name, _FORMS.get(name, name.upper())) for name in FORMATS],
        )

    @routes.get("/reports")
    def show(request: Request, campaign: str = "") -> Response:
        return page(request, context.visitor(request), campaign)

    @routes.post("/reports")
    def make(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            files, warned = made(identity, fields)
        except CORRECTABLE as error:
            entered = refused(fields, error, _FIELDS)
            return page(request, identity, fields.get("campaign", ""), entered)
        return back("/reports", "boxes" if warned else "made", files)

    def made(identity: Identity, fields: dict[str, str]) -> tuple[int, bool]:
        """Create the requested report; returns the number of files, and whether signs lack."""
        formats = [name for name in FORMATS if f"format.{name}" in fields]
        if not formats:
            raise InvalidInput("Tick PDF, XLSX, CSV or JSON.", where="formats")
        kind = fields.get("type", "")
        if kind not in list(ReportType):
            raise InvalidInput("Unknown type of report.", where="type")
        with (
            workspace.stores.analytics.app(identity.organization_id) as analytics,
            workspace.stores.operational.app(identity.organization_id) as tx,
        ):
            files = sponsorship.make_report(
                tx,
                identity=identity,
                card=sponsorship.find_campaign(
                    tx, identity=identity, wanted=fields.get("campaign", "")
                ),
                first=day_of(fields.get("from", ""), "from"),
                last=day_of(fields.get("to", ""), "to"),
                delivery=sponsorship.from_rollups(analytics, tx, identity=identity),
                formats=formats,
                folder=folder_of(workspace.settings),
                report_type=ReportType(kind),
            )
        return len(files), any(file.missing_signs for file in files)

    @routes.get("/reports/{report_id}/file")
    def file(report_id: UUID, request: Request) -> Response:
        identity = context.visitor(request)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            report = sponsorship.find_report(tx, identity=identity, report_id=report_id)
        return file_answer(report)

    return routes


def lines(made: Sequence[ListedReport]) -> list[ReportLine]:
    """A line for each report, latest first; file types in a fixed order."""
    report_lines = []
    for (number, generated_at), same in groupby(made, lambda r: (r.number, r.generated_at)):
        reports = sorted(same, key=lambda r: [*_FORMS].index(r.format))
        first = reports[0]
        report_lines.append(
            ReportLine(
                number or str(first.report_id)[:8],
                first.sponsor,
                first.campaign,
                _TYPES.get(ReportType(first.report_type), first.report_type),
                fmt.period(first.first_day, first.last_day),
                fmt.instant(generated_at),
                tuple(
                    ReportFile(_FORMS[r.format], f"/reports/{r.report_id}/file", r.sha256)
                    for r in reports
                ),
            )
        )
    return report_lines
