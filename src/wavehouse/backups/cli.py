"""``wavehouse backup`` and ``wavehouse restore``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel.options import INSTANT

if TYPE_CHECKING:
    from wavehouse.backups.types import Listed, Restored
    from wavehouse.kernel.config import Settings
    from wavehouse.workspace import OpenWorkspace

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def backup() -> None:
    """Backups of the embedded server and the home's files.

    \b
      wavehouse backup create
      wavehouse backup verify NAME --restore
      wavehouse restore NAME

    After the first backup, the write-ahead log is archived too, so that `wavehouse restore
    --to-time` can restore any point in time. Copy the folder `backups` to another machine.
    """  # noqa: D301 - click's mark of lines that are not joined


@backup.command()
@_JSON
@click.pass_obj
def create(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Back up all databases and the home's files, while the server runs."""
    from wavehouse.backups.service import creating
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        workspace.require_operator()
        made = creating.create(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            say=terminal.say,
        )
    if as_json:
        terminal.print_json(_listed(made))
    else:
        terminal.out(f"{made.backup.backup_id}: {made.backup.size / 2**20:,.1f} MiB")


@backup.command("list")
@_JSON
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List the finished backups, oldest first, and until when each can be restored."""
    from wavehouse.backups.service import creating
    from wavehouse.kernel import terminal

    listed = creating.catalogue(_local(context))
    if as_json:
        terminal.print_json({"backups": [_listed(each) for each in listed]})
        return
    if not listed:
        terminal.say("No backup yet: wavehouse backup create")
        return
    terminal.print_table(
        ["name", "MiB", "restorable from", "until", "expires", "version"],
        [
            [
                each.backup.backup_id,
                f"{each.backup.size / 2**20:,.1f}",
                each.backup.finished_at,
                each.until,
                f"{each.expires_at:%Y-%m-%d}",
                each.backup.product,
            ]
            for each in listed
        ],
    )


@backup.command()
@click.argument("name")
@click.option("--restore", "trial", is_flag=True, help="Also restore it into a scratch folder.")
@_JSON
@click.pass_context
def verify(context: click.Context, name: str, trial: bool, as_json: bool) -> None:
    """Compare every file of a backup with its digest; exit code 3 with a damaged one.

    With --restore a server is started on a restored copy, checked (rows, schema, audit log,
    rollups) and removed.
    """
    from wavehouse.backups.service import checking, restoring
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    settings = _local(context)
    faults = restoring.verify(settings.home, name)
    restored = None
    if trial and not faults:
        restored = restoring.trial(settings, name, finish=checking.finish, say=terminal.say)
    ok = not faults and (restored is None or restored.ok)
    try:
        restoring.note_verified(settings.home, name, ok=not faults, restored=restored)
    except OSError as error:
        terminal.complain(f"the result could not be stored beside the backup: {error.strerror}")
    if as_json:
        terminal.print_json(
            {
                "ok": ok,
                "faults": [{"where": each.where, "message": each.message} for each in faults],
                "checks": _checks(restored) if restored else None,
            }
        )
    else:
        for fault in faults:
            terminal.complain(f"{fault.where}: {fault.message}")
        if restored:
            _print_checks(restored)
        terminal.out("verified" if ok else "damaged")
    context.exit(EXIT_DONE if ok else EXIT_FOUND)


@backup.command()
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@click.pass_obj
def prune(open_workspace: OpenWorkspace, dry_run: bool) -> None:
    """Remove expired and unfinished backups, and segments that no backup needs.

    The newest backup is always kept.
    """
    from wavehouse.backups.service import creating
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        workspace.require_operator()
        removed = creating.prune(workspace.settings, identity=workspace.identity, dry_run=dry_run)
    for name in removed:
        terminal.out(name)
    terminal.say(f"{len(removed)} {'would be ' if dry_run else ''}removed.")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--to-time",
    type=INSTANT,
    help="Restore to this instant, such as 2026-11-30T09:41:00 (UTC without an offset) "
    "[default: the end of the backup].",
)
@click.option("--latest", is_flag=True, help="Restore everything that was archived.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new WAVEHOUSE_HOME, instead of this one.",
)
@click.option("--undo", is_flag=True, help="Return to the state before the last restore.")
@click.option("--finish", is_flag=True, help="Finish a restore that stopped before it was ready.")
@_JSON
@click.pass_context
def restore(
    context: click.Context,
    name: str | None,
    to_time: datetime | None,
    latest: bool,
    into: Path | None,
    undo: bool,
    finish: bool,
    as_json: bool,
) -> None:
    """Restore a backup: stop `wavehouse up` first.

    The earlier state is kept in the home, and --undo returns to it; an undo that was stopped is
    continued by --undo too. The server is only ready once the erasures since the backup, or since
    the restore that is undone, are repeated; until then every other command is refused. Exit code 3
    when a check of the restored databases fails.

    With --into, the erasures of this home are repeated in the new one until it is ready. Later ones
    must be asked for in both.
    """
    from wavehouse.backups.service import checking, restoring, undoing
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, UsageError

    if sum([name is not None, undo, finish]) != 1:
        raise UsageError(
            "give a backup's name, --undo or --finish", command="wavehouse backup list"
        )
    if latest and to_time is not None:
        raise UsageError("give --to-time or --latest")
    if name is None and (latest or to_time is not None or (undo and into is not None)):
        raise UsageError("--to-time, --latest and --into are options of restoring a backup")
    settings = _local(context)
    if undo:
        taken_back = undoing.undo(settings, finish=checking.finish, say=terminal.say)
        if taken_back is None:
            if as_json:
                terminal.print_json({"home": settings.home, "backup": None, "ok": True})
            else:
                terminal.out("The restore had copied nothing: the home is as it was before it.")
            return
        restored = taken_back
    elif finish:
        restored = _finished(into.absolute() if into else settings.home)
    else:
        restored = restoring.restore(
            settings,
            str(name),
            into=into,
            to_time=to_time,
            latest=latest,
            finish=checking.finish,
            say=terminal.say,
        )
    if as_json:
        terminal.print_json(
            {
                "home": restored.home,
                "backup": restored.backup_id,
                "ok": restored.ok,
                "kept_aside": restored.kept_aside,
                "erasures": restored.replayed,
                "checks": _checks(restored),
            }
        )
    else:
        _print_checks(restored)
        if undo:
            terminal.out(f"The state before the restore is back in {restored.home}.")
        else:
            terminal.out(f"Restored {restored.backup_id} into {restored.home}.")
        terminal.say("Create a new backup now: earlier ones only reach times before this restore.")
        if restored.kept_aside:
            which = "restored one" if undo else "state before"
            terminal.say(f"The {which} is in {restored.kept_aside}.")
    context.exit(EXIT_DONE if restored.ok else EXIT_FOUND)


def _finished(home: Path) -> Restored:
    from wavehouse.backups import adapters
    from wavehouse.backups.service import checking, restoring
    from wavehouse.kernel.errors import Refused

    pending = adapters.read_pending(home)
    if pending is None:
        raise Refused("there is no unfinished restore", where=str(home))
    return restoring.complete(home, pending, finish=checking.finish)


def _local(context: click.Context) -> Settings:
    """The settings, without opening the databases: they may be what is damaged."""
    from wavehouse.kernel import config
    from wavehouse.kernel.databases import DATABASES
    from wavehouse.kernel.errors import Refused

    settings = config.load()
    if any(settings.url_of(name) for name in DATABASES):
        raise Refused(
            "wavehouse restores only its embedded server",
            hint="Restore servers at URLs with pg_restore, pgBackRest or the provider's own "
            "backups, then run `wavehouse erasure replay` before they are used.",
        )
    return settings


def _listed(each: Listed) -> dict[str, Any]:
    from wavehouse.backups import adapters

    return {
        **adapters.as_json(each.backup),
        "folder": each.folder,
        "until": each.until,
        "expires_at": each.expires_at,
    }


def _checks(restored: Restored) -> list[dict[str, Any]]:
    return [{"name": c.name, "ok": c.ok, "message": c.message} for c in restored.checks]


def _print_checks(restored: Restored) -> None:
    from wavehouse.kernel import terminal

    terminal.print_table(
        ["", "check", "result"],
        [
            *(["ok" if c.ok else "!!", c.name, c.message] for c in restored.checks),
            ["ok", "erasures", restored.replayed],
        ],
    )
