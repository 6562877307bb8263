"""Manifest of ``alerts``: rule evaluation, commands, routes, page, check, metrics."""

from __future__ import annotations

from wavehouse.kernel.manifest import (
    Check,
    Command,
    Gauge,
    Job,
    Manifest,
    Metrics,
    Page,
    Routes,
    Schedule,
)

MANIFEST = Manifest(
    commands=(
        Command(
            name="alerts",
            target="wavehouse.alerts.cli:alerts",
            summary="Freshness and alerts: list, acknowledge, silence.",
        ),
    ),
    routes=(Routes(target="wavehouse.alerts.http:routers"),),
    pages=(
        Page(
            path="/alerts",
            title="Alerts",
            icon="triangle-alert",
            key="w",
            order=45,
            target="wavehouse.web.alerts:router",
        ),
    ),
    jobs=(
        Job(kind="alerts.notify", target="wavehouse.alerts.jobs:notifying", transactional=False),
    ),
    schedules=(
        Schedule(
            name="evaluation of alerts",
            seconds=60,
            target="wavehouse.alerts.jobs:evaluating",
        ),
    ),
    checks=(Check(name="alerts", target="wavehouse.alerts.checks:alerts"),),
    metrics=(
        Metrics(
            target="wavehouse.alerts.checks:measures",
            gauges=(
                Gauge("wavehouse_alerts_open", "Alerts that are open, by rule.", ("rule",)),
                Gauge(
                    "wavehouse_figure_delay_seconds",
                    "How long the oldest stored request has waited to be counted.",
                ),
                Gauge(
                    "wavehouse_figure_delay_p99_seconds",
                    "How long hours waited for their rollup within a day, 99th percentile.",
                ),
                Gauge(
                    "wavehouse_rollup_longest_seconds",
                    "How long the longest rollup of the last day took.",
                ),
                Gauge(
                    "wavehouse_daily_rollups_late",
                    "1 when past days are not rolled up by 02:00 UTC, else 0.",
                ),
                Gauge(
                    "wavehouse_unknown_path_share",
                    "Share of recent requests for files that no feed names, 0 to 1.",
                ),
                Gauge(
                    "wavehouse_bad_ip_share",
                    "Share of recent requests from data-centre networks, 0 to 1.",
                ),
            ),
        ),
    ),
)
