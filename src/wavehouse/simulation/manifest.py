"""Manifest of ``simulation``: test data with a known truth."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest

MANIFEST = Manifest(
    commands=(
        Command(
            name="simulate",
            target="wavehouse.simulation.cli:simulate",
            summary="Write feeds and logs with a known truth.",
        ),
    ),
)
