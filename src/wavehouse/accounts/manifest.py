"""What ``accounts`` announces: API keys and the way to sign in."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Manifest, Page, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="sign-in-link",
            target="wavehouse.accounts.cli:sign_in_link",
            summary="A one-time link to sign in to the dashboard.",
            section=Section.START,
        ),
        Command(
            name="keys",
            target="wavehouse.accounts.cli:keys",
            summary="API keys: create, list, revoke.",
        ),
    ),
    pages=(
        Page(
            path="/tokens",
            title="API keys",
            icon="key-round",
            key="a",
            place=90,
            target="wavehouse.web.tokens:router",
        ),
    ),
)
