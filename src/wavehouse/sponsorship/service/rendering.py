"""A report's data as a document: every format is made from the same object."""

from __future__ import annotations

from wavehouse.kernel import telemetry
from wavehouse.kernel.reference.font_signs import missing_signs
from wavehouse.sponsorship.adapters.report_csv import render_csv
from wavehouse.sponsorship.adapters.report_json import render_json
from wavehouse.sponsorship.adapters.typesetter import typesetter
from wavehouse.sponsorship.rules import page
from wavehouse.sponsorship.rules.tables import tables
from wavehouse.sponsorship.types import ReportData

FORMATS = ("csv", "json", "pdf", "xlsx")


def render_pdf(data: ReportData) -> bytes:
    """The report as PDF/UA-1: the same data gives the same bytes."""
    with telemetry.span("report.render", format="pdf"):
        return typesetter(data.template_id).pdf(page.view(data), created_at=data.generated_at)


def missing_in_pdf(data: ReportData) -> str:
    """The signs of the report that the PDF's fonts lack, each once."""
    return missing_signs(page.view(data))


def render_xlsx(data: ReportData) -> bytes:
    """The report as a workbook."""
    from wavehouse.sponsorship.adapters import report_xlsx  # its library takes 40 ms to import

    with telemetry.span("report.render", format="xlsx"):
        title = f"{data.sponsor} · {data.campaign}"
        return report_xlsx.render_xlsx(tables(data), title=title, created_at=data.generated_at)


def render(data: ReportData, format_: str) -> bytes:
    """The report in one of ``FORMATS``; CSV is a zip with one file per table."""
    if format_ == "csv":
        return render_csv(tables(data), created_at=data.generated_at)
    if format_ == "xlsx":
        return render_xlsx(data)
    return render_pdf(data) if format_ == "pdf" else render_json(data)
