"""Manifest of ``learning``: the learner model and its evaluation."""

from __future__ import annotations

from wavehouse.kernel.manifest import Chapter, Command, Manifest, Page, Routes, Schedule, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="learning",
            target="wavehouse.learning.cli:learning",
            summary="The learner model: fit, evaluate; the difficulty of a text.",
            section=Section.LISTENERS,
        ),
    ),
    routes=(Routes(target="wavehouse.learning.http:routers"),),
    pages=(
        Page(
            path="/learning",
            title="Learning",
            icon="audio-lines",
            key="l",
            order=60,
            target="wavehouse.web.learning:router",
        ),
    ),
    chapters=(
        Chapter(
            name="learning",
            summary="A learner of known level listens to twenty pieces; the studio generates the "
            "next.",
            target="wavehouse.learning.demo:learning",
            order=40,
        ),
    ),
    schedules=(
        Schedule(
            name="closing of what learners left",
            seconds=300,
            first=10,
            target="wavehouse.learning.jobs:closing",
        ),
        Schedule(
            name="behaviour of the last days",
            seconds=900,
            first=60,
            target="wavehouse.learning.jobs:recent_behavior",
        ),
        Schedule(
            name="behaviour of a year",
            seconds=86_400,
            first=3_600,
            target="wavehouse.learning.jobs:whole_behavior",
        ),
        Schedule(
            name="archive of idle sessions",
            seconds=86_400,
            first=7_200,
            target="wavehouse.learning.jobs:archiving",
        ),
        Schedule(
            name="pieces made for learners",
            seconds=5,
            target="wavehouse.learning.jobs:making",
        ),
    ),
)
