"""The program's own manifest: its commands, and checks of the machine and the server."""

from __future__ import annotations

from wavehouse.kernel.manifest import Chapter, Check, Command, Manifest, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="demo",
            target="wavehouse.cli.demo:demo",
            summary="The whole product on sample data, in seconds.",
            section=Section.START,
        ),
        Command(
            name="up",
            target="wavehouse.cli.serving:up",
            summary="Start the databases and the dashboard.",
            section=Section.START,
        ),
        Command(
            name="doctor",
            target="wavehouse.cli.doctor:doctor",
            summary="Report problems, and the commands that fix them.",
            section=Section.START,
        ),
        Command(
            name="work",
            target="wavehouse.cli.working:work",
            summary="Run background jobs in a separate process.",
        ),
        Command(
            name="ingest",
            target="wavehouse.cli.root:ingest",
            summary="Import feeds, access logs, conversions.",
            section=Section.DATA,
        ),
        Command(
            name="studio",
            target="wavehouse.cli.root:studio",
            summary="Make shows: projects, schedule, scripts, speech, feeds.",
            section=Section.PRODUCTION,
        ),
        Command(
            name="metrics",
            target="wavehouse.cli.metrics:metrics",
            summary="Values of /metrics, and a Grafana dashboard for them.",
        ),
        Command(
            name="config",
            target="wavehouse.cli.settings:config",
            summary="Settings, each with its value and source.",
        ),
    ),
    checks=(
        Check(name="python", target="wavehouse.cli.checks:python", before_opening=True),
        Check(name="disk", target="wavehouse.cli.checks:disk", before_opening=True),
        Check(name="postgresql", target="wavehouse.cli.checks:server"),
        Check(name="schema", target="wavehouse.cli.checks:ladders"),
        Check(name="clock", target="wavehouse.cli.checks:database_clock"),
    ),
    chapters=(
        Chapter(
            name="measured",
            summary="Feeds and logs of simulated shows, counted by the rules and checked.",
            target="wavehouse.cli.demo_measured:measured",
            order=10,
        ),
        Chapter(
            name="by itself",
            summary="Three workers poll feeds; one is killed; every job ends exactly once.",
            target="wavehouse.cli.demo_by_itself:by_itself",
            order=20,
        ),
    ),
)
