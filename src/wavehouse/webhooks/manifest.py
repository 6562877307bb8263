"""Manifest of ``webhooks``: commands, API, page, and the sending job."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Page, Routes, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="webhooks",
            target="wavehouse.webhooks.cli:webhooks",
            summary="Send events to other programs: endpoints, deliveries, replay.",
        ),
        Command(
            name="send-webhooks",
            target="wavehouse.webhooks.cli:send_webhooks",
            summary="Send the due webhooks once; `up` does this continuously.",
        ),
    ),
    routes=(Routes(target="wavehouse.webhooks.http:routers"),),
    pages=(Page(path="/webhooks", target="wavehouse.web.webhooks:router"),),
    schedules=(
        Schedule(
            name="sending of webhooks",
            seconds=5,
            first=3,
            target="wavehouse.webhooks.jobs:delivering",
        ),
    ),
)
