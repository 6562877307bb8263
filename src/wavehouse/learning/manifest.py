"""What ``learning`` announces: the learner model and its evaluation."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="learning",
            target="wavehouse.learning.cli:learning",
            summary="The learner model: fit, evaluate; the difficulty of a text.",
            section=Section.LISTENERS,
        ),
    ),
)
