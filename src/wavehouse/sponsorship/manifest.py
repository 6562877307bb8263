"""Manifest of ``sponsorship``: sponsors, campaigns, conversions, reports."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Page, Reader, Routes, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="conversions",
            target="wavehouse.sponsorship.cli:conversions",
            summary="Import redeemed promo codes.",
            group="ingest",
        ),
        Command(
            name="sponsors",
            target="wavehouse.sponsorship.cli:sponsors",
            summary="Sponsors: add, list.",
            section=Section.SPONSORS,
        ),
        Command(
            name="campaigns",
            target="wavehouse.sponsorship.cli:campaigns",
            summary="Campaigns: add, import, list.",
            section=Section.SPONSORS,
        ),
        Command(
            name="pixels",
            target="wavehouse.sponsorship.cli:pixels",
            summary="Pixels for sponsors' pages: add, list.",
            section=Section.SPONSORS,
        ),
        Command(
            name="credits",
            target="wavehouse.sponsorship.cli:credits_",
            summary="Credits by model, side by side; derive them again.",
            section=Section.SPONSORS,
        ),
        Command(
            name="report",
            target="wavehouse.sponsorship.cli:report",
            summary="A sponsor report: PDF, workbook, CSV, JSON.",
            section=Section.SPONSORS,
        ),
        Command(
            name="reports",
            target="wavehouse.sponsorship.cli:reports",
            summary="Issued reports: list, verify.",
            section=Section.SPONSORS,
        ),
    ),
    routes=(Routes(target="wavehouse.sponsorship.http:routers"),),
    pages=(
        Page(
            path="/campaigns",
            title="Campaigns",
            icon="megaphone",
            key="c",
            order=20,
            target="wavehouse.web.campaigns:router",
        ),
        Page(
            path="/reports",
            title="Reports",
            icon="file-text",
            key="r",
            order=30,
            target="wavehouse.web.reports:router",
        ),
    ),
    readers=(Reader(kind="conversions", target="wavehouse.sponsorship.jobs:read_again"),),
)
