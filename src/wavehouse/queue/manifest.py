"""Manifest of ``queue``: background jobs, commands, routes and checks."""

from __future__ import annotations

from wavehouse.kernel.manifest import Check, Command, Gauge, Manifest, Metrics, Page, Routes

MANIFEST = Manifest(
    commands=(
        Command(
            name="jobs",
            target="wavehouse.queue.cli:jobs",
            summary="Background jobs: list, show, retry, cancel, pause.",
        ),
    ),
    routes=(Routes(target="wavehouse.queue.http:routers"),),
    pages=(
        Page(
            path="/jobs",
            title="Jobs",
            icon="calendar",
            key="j",
            order=50,
            target="wavehouse.web.jobs:router",
        ),
    ),
    checks=(
        Check(name="queue", target="wavehouse.queue.checks:queue"),
        Check(name="dead letter", target="wavehouse.queue.checks:dead_letter"),
        Check(name="queue tables", target="wavehouse.queue.checks:tables"),
    ),
    metrics=(
        Metrics(
            target="wavehouse.queue.checks:measures",
            gauges=(
                Gauge("wavehouse_jobs_due", "Due jobs that are waiting, by lane.", ("lane",)),
                Gauge("wavehouse_jobs_running", "Running jobs, by lane.", ("lane",)),
                Gauge(
                    "wavehouse_jobs_oldest_due_seconds",
                    "How long the oldest due job has waited, by lane.",
                    ("lane",),
                ),
                Gauge(
                    "wavehouse_jobs_ended",
                    "Jobs that ended within a day, by status; dead: the whole dead letter queue.",
                    ("status",),
                ),
            ),
        ),
    ),
)
