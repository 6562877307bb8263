"""Restore a backup, and verify one by restoring it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg

from wavehouse.backups import adapters, rules
from wavehouse.backups.service import states
from wavehouse.backups.types import (
    BASE,
    FILES,
    FORMAT,
    Backup,
    Checked,
    Fault,
    Pending,
    Restored,
    Verification,
)
from wavehouse.kernel import clock, files
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import InvalidInput, Refused, UsageError, WavehouseError
from wavehouse.store import EmbeddedServer

_PATIENCE = 1800.0
Say = Callable[[str], None]
Finish = Callable[[Path, Pending], tuple[Sequence[Checked], str]]
"""Opens a restored home, repeats the erasures and checks it: the checks and a line about them."""


def verify(home: Path, name: str) -> list[Fault]:
    """Compare every file of a backup with its digest; empty when it is intact."""
    folder = adapters.named(home, name)
    backup = adapters.read_manifest(folder)
    faults = adapters.damaged_files(folder, backup)
    try:
        if adapters.digest_of(folder / BASE / "backup_manifest") != backup.manifest_sha256:
            faults.append(Fault(str(folder / BASE / "backup_manifest"), "has different content"))
    except OSError as error:
        faults.append(Fault(str(folder / BASE / "backup_manifest"), f"{error.strerror}"))
        return faults
    return faults + adapters.damaged_base(folder / BASE)


def note_verified(home: Path, name: str, *, ok: bool, restored: Restored | None) -> None:
    """Store the result of a verification; a comparison alone keeps the earlier trial restore."""
    folder = adapters.named(home, name)
    earlier = adapters.verification_of(folder)
    now = clock.now()
    made = Verification(now, ok)
    if restored is not None:
        made = replace(made, restored_at=now, restored_ok=restored.ok)
    elif earlier is not None:
        made = replace(made, restored_at=earlier.restored_at, restored_ok=earlier.restored_ok)
    adapters.note_verification(folder, made)


def restore(
    settings: Settings,
    name: str,
    *,
    into: Path | None = None,
    to_time: datetime | None = None,
    latest: bool = False,
    lasting: bool = True,
    finish: Finish,
    say: Say = lambda _: None,
) -> Restored:
    """Restore a backup into a new home, or in place, keeping the earlier state.

    The restored home is not ready until ``finish`` has repeated the erasures since the backup.
    Refused for a damaged backup, one from another version, a running server, or a folder that is
    not empty. When the recovery fails, the earlier state is put back. ``latest`` restores
    everything that was archived. Without ``lasting``, for trials, nothing waits for the disk.
    """
    source = settings.home
    folder = adapters.named(source, name)
    backup = adapters.read_manifest(folder)
    _require_restorable(source, name, backup, to_time)
    target = source if into is None else into.absolute()
    if into is not None and target.exists() and any(target.iterdir()):
        raise Refused(
            "the folder is not empty",
            where=str(target),
            hint="Restore into a new folder, or omit --into: the current state is then kept.",
        )
    server = EmbeddedServer(target)
    with server.removable() as data:
        aside = states.folder(target, prefix="before-restore-") if into is None else None
        earlier = adapters.read_pending(target)
        if earlier is not None and not earlier.copied:
            raise _stopped(target)
        pending = Pending(
            backup.backup_id,
            backup.started_at,
            clock.now(),
            str(aside) if aside else None,
            moved=False,
            copied=False,
            source=str(source.absolute()) if into is not None and lasting else None,
        )
        # Before anything moves: a home that is killed from here on says so.
        adapters.write_pending(target, pending)
        try:
            if aside is not None:
                states.set_aside(target, data, aside)
            adapters.write_pending(target, replace(pending, moved=True))
            say("Copying the backup …")
            _copy_back(server, folder, target, aside)
            if into is not None:
                _take_ledger_along(source, target)
            archive = adapters.backups_folder(source) / "wal"
            if not lasting:
                _leave_unsynced(server)
            _prepare_recovery(server, archive if archive.is_dir() else None, to_time, latest)
            pending = replace(pending, moved=True, copied=True)
            adapters.write_pending(target, pending)
        except BaseException:
            _give_up(target, data, aside, earlier)
            raise
    try:
        say("Recovering …")
        with server.running():
            _wait_for_end(server)
        unread = _unread(server, archive) if latest else None
        _end_recovery(server)
    except BaseException:
        with server.removable() as data:
            _give_up(target, data, aside, earlier)
        raise
    restored = complete(target, pending, finish=finish, say=say, to_time=to_time)
    if unread is not None:
        return replace(restored, checks=(*restored.checks, Checked("archive", False, unread)))
    return restored


def _unread(server: EmbeddedServer, archive: Path) -> str | None:
    """What the recovery did not reach of the archive; None when it read all of it.

    PostgreSQL takes a segment that is missing or damaged for the end of the log, and says nothing.
    """
    histories = sorted((server.data / "pg_wal").glob("*.history"))
    if not histories or not archive.is_dir():
        return None
    ended = rules.end_of_timeline(files.read(histories[-1]).decode())
    last = rules.last_segment(adapters.archived(archive), timeline=ended[:8])
    if last is None or last <= ended:
        return None
    return f"the log ends in segment {ended}, but {last} is archived: one is missing or damaged"


def complete(
    home: Path,
    pending: Pending,
    *,
    finish: Finish,
    say: Say = lambda _: None,
    to_time: datetime | None = None,
) -> Restored:
    """Repeat the erasures, check the restored home, and mark it as ready."""
    if not pending.copied:
        raise _stopped(home)
    if pending.source is not None:  # people may have been erased there since the copy
        _take_ledger_along(Path(pending.source), home)
    say("Repeating erasures and checking …")
    checks, replayed = finish(home, pending)
    adapters.clear_pending(home)
    kept = pending.undone or pending.kept_aside
    aside = Path(kept) if kept else None
    return Restored(home, pending.backup_id, to_time, aside, tuple(checks), replayed)


def _stopped(home: Path) -> Refused:
    return Refused(
        "a restore was stopped before its files were in place: it cannot be finished",
        where=str(home),
        hint="Return to the earlier state, then restore again.",
        command="wavehouse restore --undo",
    )


def _give_up(home: Path, data: Path, aside: Path | None, earlier: Pending | None) -> None:
    """Put the earlier state back after an error; ``earlier`` is a restore that was unfinished."""
    pending = adapters.read_pending(home)
    if aside is None:
        states.clear(home, data)
    elif pending is not None and not pending.moved:
        states.bring_back(home, aside)
    else:
        undo = states.undo_of(home, aside)
        states.take_back(home, data, undo)
        shutil.rmtree(str(undo.undone))
    if earlier is None:
        adapters.clear_pending(home)
    else:
        adapters.write_pending(home, earlier)


def _require_restorable(home: Path, name: str, backup: Backup, to_time: datetime | None) -> None:
    major = EmbeddedServer(home).major
    if backup.format != FORMAT or backup.postgres != str(major):
        raise Refused(
            f"the backup was made by PostgreSQL {backup.postgres} ({backup.format}); this version "
            f"restores PostgreSQL {major}",
            where=name,
            hint=f"Restore it with wavehouse {backup.product}, then upgrade.",
        )
    _require_known_migrations(name, backup)
    if to_time is not None and to_time < backup.finished_at:
        raise UsageError(
            "the backup ended after that time",
            where=name,
            hint="Use an earlier backup, or a later time.",
            command="wavehouse backup list",
        )
    faults = verify(home, name)
    if faults:
        raise InvalidInput(
            f"the backup is damaged: {faults[0].message}",
            where=faults[0].where,
            hint=f"{len(faults)} parts are damaged or missing.",
            command=f"wavehouse backup verify {name}",
        )


def _require_known_migrations(name: str, backup: Backup) -> None:
    from wavehouse.store import databases_folder

    for database in DATABASES:
        names = {
            path.name.split("_", 1)[0]
            for path in (databases_folder(database) / "migrations").glob("*.up.sql")
        }
        latest = backup.migrations.get(database, "")
        if latest and latest not in names:
            raise Refused(
                f"the backup has migration {latest} of {database}, which this version lacks",
                where=name,
                hint=f"Restore it with wavehouse {backup.product} or a later version.",
            )


def _copy_back(server: EmbeddedServer, folder: Path, home: Path, aside: Path | None) -> None:
    for each in adapters.read_manifest(folder).files:
        target = home / each.path
        if each.path.startswith("erasure/") and target.exists():
            if target.suffix == ".ndjson":
                adapters.merge_lines(folder / FILES / each.path, target)
            continue  # the home's own ledger is newer than the backup's
        adapters.copy_file(folder / FILES / each.path, target)
    if aside is not None:
        _keep_keys(aside, home)
    unfinished = home / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(folder / BASE, unfinished, symlinks=True)
    server.give_tree(unfinished)
    unfinished.chmod(0o700)
    unfinished.rename(server.data)


def _take_ledger_along(source: Path, home: Path) -> None:
    """Unite the ledger of erasures with the one of the home that the backup is from.

    The backup's own copy does not know who was erased since, and would bring them back.
    """
    ledger = source / "erasure" / "ledger.ndjson"
    if not ledger.is_file():
        return
    target = home / "erasure" / ledger.name
    if target.exists():
        adapters.merge_lines(ledger, target)
    else:
        files.folder(target.parent)
        adapters.copy_file(ledger, target)


def _keep_keys(aside: Path, home: Path) -> None:
    """Keep the keys of the audit log: the signing one is in no backup."""
    former = aside / "audit"
    if not former.is_dir():
        return
    files.folder(home / "audit")
    for name in ("key", "keys.pub"):
        if (former / name).is_file():
            adapters.copy_file(former / name, home / "audit" / name)


def _leave_unsynced(server: EmbeddedServer) -> None:
    automatic = server.data / "postgresql.auto.conf"
    text = files.read(automatic) + rules.UNSYNCED.encode()
    files.replace(automatic, text, owner=server.owner)


def _prepare_recovery(
    server: EmbeddedServer, archive: Path | None, to_time: datetime | None, latest: bool
) -> None:
    automatic = server.data / "postgresql.auto.conf"
    before = files.read(automatic)
    files.replace(server.data / "postgresql.auto.conf.before", before, owner=server.owner)
    text = rules.recovery_settings(
        archive=str(archive) if archive else None, to_time=to_time, latest=latest
    )
    files.replace(automatic, before + text.encode(), owner=server.owner)
    files.create(server.data / "recovery.signal", b"", owner=server.owner)


def _wait_for_end(server: EmbeddedServer) -> None:
    """Wait until the server has recovered to its target and accepts changes."""
    conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        with suppress(psycopg.OperationalError), psycopg.connect(conninfo) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            if row == (False,):
                return
        if not server.is_running():
            raise _not_reached(server)
        time.sleep(0.1)
    raise WavehouseError("the recovery did not finish", where=str(server.data / "server.log"))


def _not_reached(server: EmbeddedServer) -> WavehouseError:
    return WavehouseError(
        "the recovery stopped before the requested time",
        where=str(server.data / "server.log"),
        hint="No change after --to-time is archived, or part of the archive is missing; --latest "
        "restores everything that was archived.",
        command="wavehouse backup list",
    )


def _end_recovery(server: EmbeddedServer) -> None:
    """Remove the settings of the recovery."""
    before = server.data / "postgresql.auto.conf.before"
    files.replace(server.data / "postgresql.auto.conf", files.read(before), owner=server.owner)
    files.remove(before)


@contextmanager
def scratch_home(home: Path) -> Iterator[Path]:
    """An empty home for a trial restore, removed afterwards."""
    backups = files.folder(adapters.backups_folder(home), mode=0o711)
    folder = Path(tempfile.mkdtemp(prefix=".trial-", dir=backups))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        with suppress(WavehouseError), EmbeddedServer(folder).removable():
            pass
        shutil.rmtree(folder, ignore_errors=True)


def trial(settings: Settings, name: str, *, finish: Finish, say: Say = lambda _: None) -> Restored:
    """Restore a backup into a scratch home, check it there, and remove it."""
    with scratch_home(settings.home) as folder:
        restored = restore(settings, name, into=folder, lasting=False, finish=finish, say=say)
    return replace(restored, home=settings.home)
