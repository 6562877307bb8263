"""Manifest of ``audit``: its commands, the seal every minute, and its check."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Manifest, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="audit",
            target="wavehouse.audit.cli:audit",
            summary="The audit log: list, seal, verify, export, prove.",
        ),
    ),
    schedules=(
        Schedule(name="audit-sealing", seconds=60, first=60, target="wavehouse.audit.jobs:sealing"),
    ),
    checks=(Check(name="audit log", target="wavehouse.audit.checks:audit_log"),),
)
