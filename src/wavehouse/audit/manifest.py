"""Manifest of ``audit``: commands, page, the seal every minute, the daily verification, check."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Manifest, Page, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="audit",
            target="wavehouse.audit.cli:audit",
            summary="The audit log: list, seal, verify, export, prove.",
        ),
    ),
    pages=(
        Page(
            path="/audit",
            title="Audit log",
            icon="check",
            key="v",
            order=58,
            target="wavehouse.web.audit:router",
        ),
    ),
    schedules=(
        Schedule(name="audit-sealing", seconds=60, first=60, target="wavehouse.audit.jobs:sealing"),
        Schedule(
            name="audit-verifying",
            seconds=86_400,
            first=10_800,
            target="wavehouse.audit.jobs:verifying",
        ),
    ),
    checks=(Check(name="audit log", target="wavehouse.audit.checks:audit_log"),),
)
