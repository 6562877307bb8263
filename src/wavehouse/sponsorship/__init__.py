"""Sponsors, campaigns, conversions, credit, return on investment and the sponsor report."""

from wavehouse.sponsorship.service.rendering import render, render_pdf
from wavehouse.sponsorship.types import ReportData

__all__ = ["ReportData", "render", "render_pdf"]
