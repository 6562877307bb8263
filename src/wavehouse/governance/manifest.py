"""Manifest of ``governance``: commands, pages, checks, and the daily run of retention."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Manifest, Page, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="retention",
            target="wavehouse.governance.cli.retaining:retention",
            summary="Retention of data: policies, plan, apply, legal holds.",
        ),
        Command(
            name="classify",
            target="wavehouse.governance.cli.classifying:classify",
            summary="Classification of each column: category, level, person, erasure.",
        ),
        Command(
            name="lineage",
            target="wavehouse.governance.cli.deriving:lineage",
            summary="Lineage: which columns are derived from which.",
        ),
    ),
    pages=(
        Page(
            path="/classification",
            title="Classification",
            icon="files",
            key="i",
            order=54,
            target="wavehouse.web.classification:router",
        ),
        Page(
            path="/retention",
            title="Retention",
            icon="calendar",
            key="y",
            order=55,
            target="wavehouse.web.retention:router",
        ),
    ),
    schedules=(
        Schedule(
            name="retention",
            seconds=86_400,
            first=3_600,
            target="wavehouse.governance.jobs:retaining",
        ),
    ),
    checks=(
        Check(name="retention", target="wavehouse.governance.checks:retention"),
        Check(name="classification", target="wavehouse.governance.checks:classification"),
    ),
)
