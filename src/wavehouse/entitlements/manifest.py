"""Manifest of ``entitlements``: routes, commands, jobs, checks."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Manifest, Page, Routes, Schedule, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="entitlements",
            target="wavehouse.entitlements.cli:entitlements",
            summary="Listeners' access: grants, payment events, offers.",
            section=Section.LISTENERS,
        ),
    ),
    routes=(Routes(target="wavehouse.entitlements.http:routers"),),
    pages=(
        Page(
            path="/entitlements",
            title="Entitlements",
            icon="users",
            key="e",
            order=57,
            target="wavehouse.web.entitlements:router",
        ),
        Page(path="/listener/access", target="wavehouse.web.listener_access:router"),
    ),
    checks=(Check(name="payment events", target="wavehouse.entitlements.checks:payments"),),
    schedules=(
        Schedule(
            name="folding of payment events",
            seconds=5,
            first=2,
            target="wavehouse.entitlements.jobs:folding",
        ),
        Schedule(
            name="reduction of payment events",
            seconds=86_400,
            first=600,
            target="wavehouse.entitlements.jobs:reducing",
        ),
        Schedule(
            name="reconciliation of entitlements",
            seconds=86_400,
            first=900,
            target="wavehouse.entitlements.jobs:reconcile",
        ),
    ),
)
