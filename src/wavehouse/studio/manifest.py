"""Manifest of ``studio``: commands and the API."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Page, Routes

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
            summary="What the next episode should change.",
        ),
        Command(
            name="memory",
            group="studio",
            target="wavehouse.studio.cli.memory:memory",
            summary="What is remembered, as of any time.",
        ),
        Command(
            name="documents",
            group="studio",
            target="wavehouse.studio.cli.material:documents",
            summary="Texts, pages and PDFs that a script may cite.",
        ),
        Command(
            name="chat",
            group="studio",
            target="wavehouse.studio.cli.chat:chat",
            summary="Ask an episode; answers quote it.",
        ),
        Command(
            name="events",
            group="studio",
            target="wavehouse.studio.cli.material:events",
            summary="What people did; types, quarantine, replay.",
        ),
    ),
    routes=(Routes(target="wavehouse.studio.http:routers"),),
    pages=(
        Page(
            path="/studio",
            title="Studio",
            icon="audio-lines",
            key="d",
            place=35,
            target="wavehouse.web.studio:router",
        ),
    ),
)
