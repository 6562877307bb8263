"""Manifest of ``listeners``: accounts of listeners and the protocols of their apps."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Routes, Schedule, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="listeners",
            target="wavehouse.listeners.cli:listeners",
            summary="Listeners, and passwords for their apps.",
            section=Section.LISTENERS,
        ),
        Command(
            name="sync-conformance",
            target="wavehouse.listeners.cli:sync_conformance",
            summary="Check how a gpodder-type server stores positions.",
            section=Section.LISTENERS,
        ),
    ),
    routes=(Routes(target="wavehouse.listeners.http:routers"),),
    schedules=(
        Schedule(
            name="tidying of listeners' sessions",
            seconds=900,
            first=5,
            target="wavehouse.listeners.jobs:tidying",
        ),
    ),
)
