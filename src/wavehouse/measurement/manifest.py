"""Manifest of ``measurement``: logs, counting, rollups, quarantine."""

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
    Section,
)

MANIFEST = Manifest(
    commands=(
        Command(
            name="logs",
            target="wavehouse.measurement.cli:logs",
            summary="Read access logs and count downloads.",
            group="ingest",
        ),
        Command(
            name="watch",
            target="wavehouse.measurement.cli:watch",
            summary="Read logs as they arrive in folders.",
            group="ingest",
        ),
        Command(
            name="quarantine",
            target="wavehouse.measurement.cli:quarantine",
            summary="Rows that could not be used: list, replay, discard.",
            section=Section.DATA,
        ),
        Command(
            name="downloads",
            target="wavehouse.measurement.cli:downloads",
            summary="Counted downloads by day, episode, app, country.",
            section=Section.FIGURES,
        ),
        Command(
            name="audience",
            target="wavehouse.measurement.cli:audience",
            summary="Distinct listeners in a period, by show or episode.",
            section=Section.FIGURES,
        ),
        Command(
            name="requests",
            target="wavehouse.measurement.cli:requests",
            summary="Requests, and the reason why each one counts or not.",
            section=Section.FIGURES,
        ),
        Command(
            name="inclusions",
            target="wavehouse.measurement.cli:inclusions",
            summary="Networks shared by many people: add, list, revalidate.",
            section=Section.FIGURES,
        ),
        Command(
            name="indexes",
            target="wavehouse.measurement.cli:indexes",
            summary="Indexes on raw listener events: show, full or slim set.",
            section=Section.DATA,
        ),
        Command(
            name="rollup",
            target="wavehouse.measurement.cli:rollup",
            summary="Recompute rollups of dirty hours; compare them with raw events.",
            section=Section.FIGURES,
        ),
        Command(
            name="warehouse",
            target="wavehouse.measurement.cli:warehouse",
            summary="Sealed days, other engines, counting on a cluster.",
            section=Section.DATA,
        ),
    ),
    routes=(Routes(target="wavehouse.measurement.http:routers"),),
    pages=(
        Page(
            path="/sources",
            title="Sources",
            icon="files",
            key="s",
            order=40,
            target="wavehouse.web.sources:router",
        ),
    ),
    jobs=(
        Job(
            kind="measurement.replay",
            target="wavehouse.measurement.jobs:replaying",
            transactional=False,
        ),
    ),
    schedules=(
        Schedule(name="counting", seconds=60, target="wavehouse.measurement.jobs:counting"),
        Schedule(
            name="sealing",
            seconds=3_600,
            first=600,
            target="wavehouse.measurement.jobs:sealing",
        ),
        Schedule(name="watching", seconds=5, first=0, target="wavehouse.measurement.jobs:watching"),
    ),
    checks=(
        Check(name="logs", target="wavehouse.measurement.checks:logs"),
        Check(name="counting", target="wavehouse.measurement.checks:waiting"),
        Check(name="quarantine", target="wavehouse.measurement.checks:quarantine"),
        Check(name="unknown paths", target="wavehouse.measurement.checks:unknown_paths"),
        Check(name="inclusions", target="wavehouse.measurement.checks:inclusions"),
    ),
    metrics=(
        Metrics(
            target="wavehouse.measurement.checks:measures",
            gauges=(
                Gauge("wavehouse_dirty_hours", "Hours not rolled up yet."),
                Gauge("wavehouse_quarantined_rows", "Rows that could not be used."),
                Gauge(
                    "wavehouse_newest_request_seconds",
                    "Time of the newest request, in seconds since 1970; absent before the first.",
                ),
            ),
        ),
    ),
)
