"""Manifest of ``studio``: commands, API, feeds, background work, demo chapter."""

from __future__ import annotations

from wavehouse.kernel.manifest import Chapter, Check, Command, Job, Manifest, Page, Routes, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="projects",
            group="studio",
            target="wavehouse.studio.cli.projects:projects",
            summary="Projects: create, list, change, archive.",
        ),
        Command(
            name="episodes",
            group="studio",
            target="wavehouse.studio.cli.projects:episodes",
            summary="Episodes in production, scripts, revisions.",
        ),
        Command(
            name="notes",
            group="studio",
            target="wavehouse.studio.cli.notes:notes",
            summary="Notes: changes for the next episode.",
        ),
        Command(
            name="memory",
            group="studio",
            target="wavehouse.studio.cli.memory:memory",
            summary="Agent memory, as of any point in time.",
        ),
        Command(
            name="documents",
            group="studio",
            target="wavehouse.studio.cli.material:documents",
            summary="Texts, pages and PDFs that a script may cite.",
        ),
        Command(
            name="highlights",
            group="studio",
            target="wavehouse.studio.cli.highlights:highlights",
            summary="Marked passages of a script.",
        ),
        Command(
            name="chat",
            group="studio",
            target="wavehouse.studio.cli.chat:chat",
            summary="Ask questions about an episode; answers quote it.",
        ),
        Command(
            name="events",
            group="studio",
            target="wavehouse.studio.cli.material:events",
            summary="User events: types, quarantine, replay.",
        ),
        Command(
            name="schedule",
            group="studio",
            target="wavehouse.studio.cli.schedule:schedule",
            summary="Publishing times: set, show, skip, cancel.",
        ),
        Command(
            name="generate",
            group="studio",
            target="wavehouse.studio.cli.generate:generate",
            summary="Generate episodes: now, again, approve; list the steps.",
        ),
        Command(
            name="production",
            group="studio",
            target="wavehouse.studio.cli.production:production",
            summary="Voices, level, writer and speaker of a project.",
        ),
        Command(
            name="feed",
            group="studio",
            target="wavehouse.studio.cli.generate:feed",
            summary="A project's feed: address, public or private.",
        ),
        Command(
            name="files",
            group="studio",
            target="wavehouse.studio.cli.files:files",
            summary="Stored files; delete the unreferenced ones.",
        ),
    ),
    checks=(Check(name="studio files", target="wavehouse.studio.checks:files"),),
    routes=(Routes(target="wavehouse.studio.http:routers"),),
    chapters=(
        Chapter(
            name="studio",
            summary="A note changes the next script, which is spoken in Italian within its budget.",
            target="wavehouse.studio.demo:studio",
            order=30,
        ),
    ),
    jobs=(
        Job(kind="studio.generate", target="wavehouse.studio.jobs:generate", transactional=False),
        Job(kind="studio.ping", target="wavehouse.studio.jobs:ping", transactional=False),
    ),
    schedules=(
        Schedule(
            name="planning of episodes",
            seconds=60,
            first=5,
            target="wavehouse.studio.jobs:planning_ahead",
        ),
        Schedule(
            name="making of due episodes",
            seconds=5,
            target="wavehouse.studio.jobs:dispatching",
        ),
        Schedule(
            name="collection of unreferenced files",
            seconds=86400,
            target="wavehouse.studio.jobs:collecting_files",
        ),
    ),
    pages=(
        Page(
            path="/studio",
            title="Studio",
            icon="audio-lines",
            key="d",
            order=35,
            target="wavehouse.web.studio:router",
        ),
    ),
)
