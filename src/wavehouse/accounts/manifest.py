"""Manifest of ``accounts``: API keys, members, signing in."""

from __future__ import annotations

from wavehouse.kernel.manifest import Command, Job, Manifest, Page, Routes, Section

MANIFEST = Manifest(
    commands=(
        Command(
            name="sign-in-link",
            target="wavehouse.accounts.cli.keys:sign_in_link",
            summary="A one-time link to sign in to the dashboard.",
            section=Section.START,
        ),
        Command(
            name="init",
            target="wavehouse.accounts.cli.plans:init",
            summary="Choose the plan; the first start asks for it.",
            section=Section.START,
        ),
        Command(
            name="keys",
            target="wavehouse.accounts.cli.keys:keys",
            summary="API keys: create, list, revoke.",
        ),
        Command(
            name="members",
            target="wavehouse.accounts.cli.members:members",
            summary="People: invite, list, change roles, remove.",
        ),
    ),
    jobs=(
        Job(kind="accounts.invite", target="wavehouse.accounts.jobs:inviting", transactional=False),
    ),
    routes=(Routes(target="wavehouse.accounts.http:routers"),),
    pages=(
        Page(
            path="/tokens",
            title="API keys",
            icon="key-round",
            key="a",
            order=90,
            target="wavehouse.web.tokens:router",
        ),
        Page(path="/sign-in/email", target="wavehouse.web.entering:router"),
        Page(path="/account", target="wavehouse.web.account:router"),
        Page(
            path="/members",
            title="Members",
            icon="users",
            key="m",
            order=95,
            target="wavehouse.web.members:router",
        ),
    ),
)
