"""Manifest of ``schema``: migrations of any PostgreSQL."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest

MANIFEST = Manifest(
    commands=(
        Command(
            name="schema",
            target="wavehouse.schema.cli:schema",
            summary="Apply, roll back and show migrations of any PostgreSQL.",
        ),
    ),
)
