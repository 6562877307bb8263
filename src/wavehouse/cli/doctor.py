"""``wavehouse doctor``: what is wrong, and what to type."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND, WavehouseError

if TYPE_CHECKING:
    from wavehouse.kernel.config import Settings
    from wavehouse.workspace import Workspace

_ENOUGH_DISK = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    says: str
    type_this: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Look at settings, disk, server, schema, data; say what is wrong and what to type.

    Exit code 3 when something needs attention.
    """
    found = list(_examine())
    if as_json:
        terminal.print_json(
            {
                "ok": all(f.ok for f in found),
                "checks": [
                    {"name": f.name, "ok": f.ok, "says": f.says, "type": f.type_this or None}
                    for f in found
                ],
            }
        )
    else:
        terminal.print_table(
            ["", "check", "finding", "type this"],
            [["ok" if f.ok else "!!", f.name, f.says, f.type_this] for f in found],
        )
    if not all(f.ok for f in found):
        raise SystemExit(EXIT_FOUND)


def _examine() -> Iterator[Finding]:
    from wavehouse.kernel import config

    yield _python()
    try:
        settings = config.load()
    except WavehouseError as error:
        yield Finding(
            "settings", False, str(error), error.command or error.hint or "wavehouse config show"
        )
        return
    yield Finding("settings", True, f"home {settings.home}", "")
    yield _disk(settings)
    from wavehouse.app import open_workspace

    try:
        with open_workspace() as workspace:
            for look in (
                _server,
                _schema,
                _clock,
                _data,
                _waiting,
                _quarantine,
                _sizes,
                _inclusions,
            ):
                yield from _guarded(look, workspace)
    except Exception as unforeseen:
        from wavehouse.cli.faults import as_sentence

        found = unforeseen if isinstance(unforeseen, WavehouseError) else as_sentence(unforeseen)
        yield Finding("databases", False, str(found), found.command or found.hint or "")


def _guarded(look: Callable[..., Finding], workspace: Workspace) -> Iterator[Finding]:
    try:
        yield look(workspace)
    except WavehouseError as error:
        yield Finding(
            look.__name__.strip("_"), False, str(error), error.command or error.hint or ""
        )


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), f"{version} at {sys.prefix}")


def _disk(settings: Settings) -> Finding:

    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    says = f"{free / 2**30:,.1f} GiB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", False, f"{folder} is not writable", "export WAVEHOUSE_HOME=…")
    return Finding("disk", free > _ENOUGH_DISK, says, "" if free > _ENOUGH_DISK else "df -h")


def _server(workspace: Workspace) -> Finding:

    version = workspace.stores.operational.answer().version
    server = workspace.stores.server
    where = f"embedded, {server.data}" if server else "at the configured URL"
    return Finding("postgresql", True, f"{version}, {where}")


def _schema(workspace: Workspace) -> Finding:
    from wavehouse import schema
    from wavehouse.app import targets_of

    pending = 0
    for target in targets_of(workspace.stores):
        status = schema.status(target.conninfo, target.folder, role=target.role)
        pending += sum(entry.state != schema.EntryState.APPLIED for entry in status.entries)
    if pending:
        return Finding("schema", False, f"{pending} not as in the files", "wavehouse schema status")
    return Finding("schema", True, "three ladders applied")


def _clock(workspace: Workspace) -> Finding:
    from wavehouse.kernel import clock

    away = abs((workspace.stores.operational.answer().at - clock.now()).total_seconds())
    return Finding(
        "clock", away < 5, f"{away:.1f} s from the database's", "" if away < 5 else "timedatectl"
    )


def _data(workspace: Workspace) -> Finding:
    from wavehouse import catalog, measurement

    identity = workspace.identity
    with (
        workspace.stores.analytics.app(identity.organization_id) as analytics,
        workspace.stores.operational.app(identity.organization_id) as tx,
    ):
        shows = catalog.list_podcasts(tx, identity=identity)
        newest = measurement.freshness(analytics, tx, identity=identity).newest_request
    if not shows:
        return Finding("shows", True, "none yet", "wavehouse ingest feed https://…/feed.xml")
    if newest is None:
        return Finding("shows", True, f"{len(shows)}, no log read", "wavehouse ingest logs …")
    return Finding("shows", True, f"{len(shows)}; events to {newest:%Y-%m-%d %H:%M} UTC")


def _waiting(workspace: Workspace) -> Finding:
    from wavehouse import measurement

    with workspace.stores.operational.worker() as tx:
        backlog = measurement.backlog(tx)
    waiting = backlog.batches + backlog.hours
    says = f"{backlog.batches} batches to count, {backlog.hours} hours to roll up"
    return Finding("counting", not waiting, says, "wavehouse rollup run" if waiting else "")


def _quarantine(workspace: Workspace) -> Finding:
    from wavehouse import measurement

    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        reasons = measurement.waiting(tx, identity=workspace.identity)
    rows = sum(number for _, number in reasons)
    return Finding(
        "quarantine", not rows, f"{rows:,} rows", "wavehouse quarantine list" if rows else ""
    )


def _inclusions(workspace: Workspace) -> Finding:
    from wavehouse import measurement

    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        expired = measurement.expired_inclusions(tx, identity=workspace.identity)
    if expired:
        return Finding(
            "inclusions",
            False,
            f"{len(expired)} expired: their listeners are filtered again (R19)",
            "wavehouse inclusions list",
        )
    return Finding("inclusions", True, "none has expired")


def _sizes(workspace: Workspace) -> Finding:
    from wavehouse import catalog

    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        unknown = sum(entry.bytes is None for entry in catalog.media_index(tx))
    if unknown:
        return Finding(
            "media files",
            False,
            f"{unknown} of unknown size cannot be counted (R29)",
            "wavehouse ingest feed --again … or --media media.json",
        )
    return Finding("media files", True, "sizes known")
