"""Repeated jobs of ``measurement``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from wavehouse.kernel import terminal
from wavehouse.measurement.service.audience_index import index_listeners
from wavehouse.measurement.service.counting import count
from wavehouse.measurement.service.quarantine import replay
from wavehouse.measurement.service.rolling import roll_up
from wavehouse.measurement.service.sealing import seal
from wavehouse.measurement.service.watching import Watch
from wavehouse.queue import Attempt
from wavehouse.workspace import Workspace


def counting(workspace: Workspace) -> Callable[[], None]:
    """Count and roll up what other processes have ingested."""

    def work() -> None:
        count(workspace.stores.operational, workspace.settings)
        roll_up(workspace.stores)

    return work


def replaying(attempt: Attempt) -> str:
    """Read quarantined rows again; count and roll up the good ones."""
    workspace = attempt.workspace

    def progress(tried: int, stored: int) -> None:
        attempt.checkpoint({"tried": tried, "stored": stored})

    done = replay(
        workspace.stores.operational,
        workspace.settings,
        identity=attempt.identity,
        ids=[UUID(each) for each in attempt.payload.get("ids", [])],
        readers=attempt.readers,
        progress=progress,
    )
    count(workspace.stores.operational, workspace.settings)
    roll_up(workspace.stores)
    attempt.checkpoint({"tried": done.tried, "stored": done.stored, "still_bad": done.still_bad})
    return f"{done.tried:,} quarantined rows tried; {done.stored:,} are now stored"


def sealing(workspace: Workspace) -> Callable[[], str | None]:
    """Seal the days that are due, and index their listeners."""

    def work() -> str | None:
        done = seal(workspace.stores, workspace.settings)
        index_listeners(workspace.stores)
        sealed = [each for each in done if not (each.reason or each.by_another)]
        lines = [f"Sealed: {len(sealed)} days."] if sealed else []
        lines += [f"{each.day} is not sealed: {each.reason}" for each in done if each.reason]
        return "\n".join(lines) or None

    return work


def watching(workspace: Workspace) -> Callable[[], str | None] | None:
    """Read the logs that arrive in the folders of the setting ``watch``."""
    folders = [Path(name) for name in workspace.settings["watch"]]
    if not folders:
        return None
    terminal.say(f"Watching {', '.join(map(str, folders))}")
    looks = Watch(workspace.stores, workspace.settings, folders, identity=workspace.identity)

    def work() -> str | None:
        done = looks.look()
        if not done.files:
            return None
        return (
            f"{len(done.files)} log files: {done.tally.stored:,} new requests, "
            f"{done.downloads:+,} downloads"
        )

    return work
