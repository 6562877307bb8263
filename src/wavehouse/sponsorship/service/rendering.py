"""A report's data as a document: every format from the one object."""

from __future__ import annotations

from wavehouse.kernel import telemetry
from wavehouse.sponsorship.adapters.report_json import render_json
from wavehouse.sponsorship.adapters.typesetter import typesetter
from wavehouse.sponsorship.rules import page
from wavehouse.sponsorship.types import ReportData

FORMATS = ("json", "pdf")


def render_pdf(data: ReportData) -> bytes:
    """The report as PDF/UA-1: the same data, the same bytes."""
    with telemetry.span("report.render", format="pdf"):
        return typesetter(data.template_id).pdf(page.view(data), created_at=data.generated_at)


def render(data: ReportData, format_: str) -> bytes:
    """The report in one of ``FORMATS``."""
    return render_pdf(data) if format_ == "pdf" else render_json(data)
