"""Manifest of ``governance``: retention's commands, page, check and daily run."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Manifest, Page, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="retention",
            target="wavehouse.governance.cli:retention",
            summary="How long data is kept: policies, plan, apply, legal holds.",
        ),
    ),
    pages=(
        Page(
            path="/retention",
            title="Retention",
            icon="calendar",
            key="y",
            place=55,
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
    checks=(Check(name="retention", target="wavehouse.governance.checks:retention"),),
)
