"""Manifest of ``usage``: commands, routes, page, jobs, the gateway."""

from __future__ import annotations

from wavehouse.kernel.manifest import (
    Check,
    Command,
    Job,
    Manifest,
    Page,
    Routes,
    Schedule,
    Section,
)

MANIFEST = Manifest(
    commands=(
        Command(
            name="usage",
            target="wavehouse.usage.cli:usage",
            summary="Model usage and costs; models, prices, upstreams.",
            section=Section.PRODUCTION,
        ),
        Command(
            name="budgets",
            target="wavehouse.usage.cli:budgets",
            summary="Budgets: set, list, top up, history.",
            section=Section.PRODUCTION,
        ),
    ),
    routes=(Routes(target="wavehouse.usage.http:routers"),),
    pages=(
        Page(
            path="/usage",
            title="Usage",
            icon="arrow-left-right",
            key="u",
            order=45,
            target="wavehouse.web.usage:router",
        ),
    ),
    jobs=(
        Job(kind="usage.budget_email", target="wavehouse.usage.jobs:email", transactional=False),
    ),
    schedules=(
        Schedule(
            name="sweeping of reservations",
            seconds=30,
            first=10,
            target="wavehouse.usage.jobs:sweeping",
        ),
        Schedule(
            name="rolling of budgets", seconds=60, first=20, target="wavehouse.usage.jobs:rolling"
        ),
        Schedule(
            name="reconciliation of usage",
            seconds=86_400,
            first=600,
            target="wavehouse.usage.jobs:nightly",
        ),
        Schedule(
            name="rollups of usage",
            seconds=600,
            first=90,
            target="wavehouse.usage.jobs:rolling_up",
        ),
    ),
    checks=(Check(name="usage totals", target="wavehouse.usage.checks:totals"),),
)
