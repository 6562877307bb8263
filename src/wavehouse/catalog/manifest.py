"""Manifest of ``catalog``: feeds, shows, episodes and their media files."""

from __future__ import annotations

from wavehouse.kernel.manifest import (
    Check,
    Command,
    Gauge,
    Job,
    Manifest,
    Metrics,
    Routes,
    Schedule,
    Section,
)

MANIFEST = Manifest(
    commands=(
        Command(
            name="feed",
            target="wavehouse.catalog.cli:feed",
            summary="Register shows and episodes from RSS feeds.",
            group="ingest",
        ),
        Command(
            name="feeds",
            target="wavehouse.catalog.cli:feeds",
            summary="Registered shows and the polling of their feeds.",
            section=Section.DATA,
        ),
        Command(
            name="episodes",
            target="wavehouse.catalog.cli:episodes",
            summary="Episodes: list, merge, split, undo.",
            section=Section.DATA,
        ),
        Command(
            name="paths",
            target="wavehouse.catalog.cli:paths",
            summary="Rules from paths to files: add, test, list, remove.",
            section=Section.DATA,
        ),
        Command(
            name="lists",
            target="wavehouse.catalog.cli:lists",
            summary="Your own prefixes, agents, parameters, path rules.",
            section=Section.DATA,
        ),
    ),
    routes=(Routes(target="wavehouse.catalog.http:routers"),),
    jobs=(
        Job(kind="catalog.poll", target="wavehouse.catalog.jobs:polling", transactional=False),
        Job(
            kind="catalog.subscribe",
            target="wavehouse.catalog.jobs:subscribing",
            transactional=False,
        ),
    ),
    schedules=(
        Schedule(
            name="polling of feeds",
            seconds=20,
            first=5,
            target="wavehouse.catalog.jobs:dispatching",
        ),
        Schedule(
            name="subscriptions at hubs",
            seconds=60,
            target="wavehouse.catalog.jobs:dispatching_subscriptions",
        ),
    ),
    checks=(
        Check(name="feeds", target="wavehouse.catalog.checks:feeds"),
        Check(name="shows", target="wavehouse.catalog.checks:shows"),
        Check(name="media files", target="wavehouse.catalog.checks:media_sizes"),
        Check(name="shared files", target="wavehouse.catalog.checks:shared_files"),
    ),
    metrics=(
        Metrics(
            target="wavehouse.catalog.checks:measures",
            gauges=(
                Gauge(
                    "wavehouse_feeds",
                    "Feeds by state: active, failing, gone (410), paused, unpolled.",
                    ("state",),
                ),
                Gauge(
                    "wavehouse_feed_poll_late_seconds",
                    "How long the most overdue feed has waited for its poll.",
                ),
            ),
        ),
    ),
)
