"""Manifest of ``backups``: its commands, its page, the daily backup, and its check."""

from __future__ import annotations

from wavehouse.kernel.manifest import Chapter, Check, Command, Manifest, Page, Schedule

MANIFEST = Manifest(
    commands=(
        Command(
            name="backup",
            target="wavehouse.backups.cli:backup",
            summary="Backups: create, list, verify, prune.",
        ),
        Command(
            name="restore",
            target="wavehouse.backups.cli:restore",
            summary="Restore a backup, to any second.",
        ),
    ),
    pages=(
        Page(
            path="/backups",
            title="Backups",
            icon="download",
            key="b",
            order=59,
            target="wavehouse.web.backups:router",
        ),
    ),
    schedules=(
        Schedule(
            name="backing_up",
            seconds=86_400,
            first=7_200,
            target="wavehouse.backups.jobs:backing_up",
        ),
    ),
    chapters=(
        Chapter(
            name="people",
            summary="A listener buys, resumes elsewhere and is erased; a restored backup is, too.",
            target="wavehouse.backups.demo:people",
            order=70,
        ),
    ),
    checks=(Check(name="backups", target="wavehouse.backups.checks:backups"),),
)
