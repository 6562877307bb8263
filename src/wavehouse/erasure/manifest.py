"""Manifest of ``erasure``: requests, their execution, access requests."""

from __future__ import annotations

from wavehouse.kernel.manifest import (
    Check,
    Command,
    Manifest,
    Page,
    Routes,
    Schedule,
    Section,
)

MANIFEST = Manifest(
    commands=(
        Command(
            name="erasure",
            target="wavehouse.erasure.cli.requests:erasure",
            summary="Erasure requests: decide, carry out, verify, certify.",
        ),
        Command(
            name="access",
            target="wavehouse.erasure.cli.access:access",
            summary="Requests for a copy of personal data.",
        ),
        Command(
            name="erase",
            target="wavehouse.erasure.cli.listener:erase",
            summary="Erase a listener with all their data.",
            group="listeners",
            section=Section.LISTENERS,
        ),
        Command(
            name="erase",
            target="wavehouse.erasure.cli.learner:erase",
            summary="Erase a learner with all their data.",
            group="learning",
            section=Section.PRODUCTION,
        ),
    ),
    routes=(Routes(target="wavehouse.erasure.http:routers"),),
    pages=(
        Page(
            path="/erasures",
            title="Erasure",
            icon="users",
            key="z",
            order=56,
            target="wavehouse.web.erasures:router",
        ),
        Page(path="/listener/erasure", target="wavehouse.web.listener_erasure:router"),
    ),
    schedules=(
        Schedule(
            name="erasures",
            seconds=60,
            first=30,
            target="wavehouse.erasure.jobs:erasing",
        ),
    ),
    checks=(Check(name="erasures", target="wavehouse.erasure.checks:erasures"),),
)
