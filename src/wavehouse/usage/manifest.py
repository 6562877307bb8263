"""What ``usage`` announces: usage and budgets by command, API and page, upkeep, the gateway."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="usage",
            target="wavehouse.usage.cli:usage",
            summary="What models were used and cost; models and prices.",
            section=Section.PRODUCTION,
        ),
        Command(
            name="budgets",
            target="wavehouse.usage.cli:budgets",
            summary="Budgets: set, list, top up, history.",
            section=Section.PRODUCTION,
        ),
    ),
)
