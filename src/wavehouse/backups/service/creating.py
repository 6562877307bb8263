"""Create, list and prune backups of the embedded server and the home's files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wavehouse import __version__, audit, schema
from wavehouse.accounts import Identity, user_actor
from wavehouse.app import targets_of
from wavehouse.backups import adapters, rules
from wavehouse.backups.types import BASE, FILES, FORMAT, PARTIAL, Backup, Content, Listed
from wavehouse.kernel import clock, files
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Conflict, DiskFull, Refused, WavehouseError
from wavehouse.store import EmbeddedServer, Stores

_SPARE = 256 * 2**20
_NO_SPACE = re.compile(r"No space left on device|could not write|Disk quota")
Say = Callable[[str], None]


def _embedded(stores: Stores) -> EmbeddedServer:
    """The embedded server. Refused for servers at URLs, which others back up."""
    if stores.server is None or any(not each.make_database for each in stores.places):
        raise Refused(
            "wavehouse backs up only its embedded server",
            hint="Back up servers at URLs with pg_basebackup, pgBackRest or the provider's own "
            "backups. After a restore there, run `wavehouse erasure replay` before the server is "
            "used.",
        )
    return stores.server


def create(
    stores: Stores, settings: Settings, *, identity: Identity, say: Say = lambda _: None
) -> Listed:
    """Back up all databases and the home's files; returns the new entry of the catalogue.

    The backup becomes visible under its name only when everything is on disk. Raises DiskFull when
    there is not enough space, before copying when the size is known.
    """
    server = _embedded(stores)
    home = settings.home
    started = clock.now()
    name = rules.backup_id(started)
    folder = adapters.backups_folder(home)
    _make_folder(server, folder)
    if (folder / name).exists() or (folder / (name + PARTIAL)).exists():
        raise _same_second(folder / name)
    _require_space(server, home)
    server.start_archiving()
    partial = folder / (name + PARTIAL)
    try:
        partial.mkdir(mode=0o700)
    except FileExistsError:  # began since the look above
        raise _same_second(folder / name) from None
    try:
        _open_folder(server, partial)
        say("Copying the databases …")
        _copy_base(stores, server, partial)
        say("Copying files …")
        copied = adapters.copy_home(home, partial / FILES)
        backup = _described(stores, partial, started, copied)
        adapters.write_manifest(partial, backup)
        adapters.sync_folder(partial)
        partial.rename(folder / name)
        adapters.sync_folder(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if error.errno == 28:
            raise _disk_full(folder) from None
        raise
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    with stores.operational.worker() as tx:
        audit.record(
            tx,
            actor=user_actor(identity),
            action="backup.created",
            resource=("backup", name),
            organization_id=identity.organization_id,
            metadata={"bytes": backup.size},
        )
    return next(each for each in catalogue(settings) if each.backup.backup_id == name)


def copy_databases(stores: Stores, settings: Settings, folder: Path, *, identity: Identity) -> Path:
    """A backup of the databases alone, for a trial restore: in no catalogue, nothing is archived.

    ``folder`` is empty. Returns the backup's path, which ``restore`` takes as its name. Nothing
    waits for the disk: the copy is removed with the trial.
    """
    server, started = _embedded(stores), clock.now()
    target = folder / rules.backup_id(started)
    _make_folder(server, target)
    _copy_base(stores, server, target, synced=False)
    path = settings.home / "server.secret"
    size, digest = adapters.copy_file(path, target / FILES / path.name)
    copied = [Content(path.name, size, digest)]
    adapters.write_manifest(target, _described(stores, target, started, copied))
    return target


def _described(
    stores: Stores, folder: Path, started: datetime, copied: Sequence[Content]
) -> Backup:
    return Backup(
        backup_id=rules.backup_id(started),
        format=FORMAT,
        started_at=started,
        finished_at=clock.now(),
        product=__version__,
        postgres=(folder / BASE / "PG_VERSION").read_text(encoding="ascii").strip(),
        migrations=_migrations(stores),
        first_segment=_first_segment(folder / BASE),
        base_bytes=adapters.folder_bytes(folder / BASE),
        files=list(copied),
        excluded=[f"{path}: {why}" for path, why in rules.EXCLUDED.items()],
        manifest_sha256=adapters.digest_of(folder / BASE / "backup_manifest"),
    )


def _same_second(path: Path) -> Conflict:
    return Conflict(
        "another backup began in the same second",
        where=str(path),
        command="wavehouse backup create",
    )


def _open_folder(server: EmbeddedServer, folder: Path) -> None:
    """Let the server's account through, which writes below the folder."""
    folder.chmod(0o711 if server.account.other else 0o700)


def _make_folder(server: EmbeddedServer, folder: Path) -> None:
    files.folder(folder, mode=0o711 if server.account.other else 0o700)


def _require_space(server: EmbeddedServer, home: Path) -> None:
    needed = adapters.folder_bytes(server.data) + sum(
        path.stat().st_size for path in adapters.home_paths(home)
    )
    if adapters.free_bytes(adapters.backups_folder(home)) < needed + _SPARE:
        raise _disk_full(adapters.backups_folder(home), needed)


def _disk_full(folder: Path, needed: int | None = None) -> DiskFull:
    size = f": {needed / 2**20:,.0f} MiB are needed" if needed else ""
    return DiskFull(
        f"there is not enough disk space for a backup{size}",
        where=str(folder),
        hint="Remove unneeded files, prune older backups, or mount a larger disk there.",
        command="wavehouse backup prune",
    )


def _copy_base(
    stores: Stores, server: EmbeddedServer, partial: Path, *, synced: bool = True
) -> None:
    """Copy the cluster with pg_basebackup, which needs no lock and verifies checksums."""
    base = partial / BASE
    base.mkdir(mode=0o700)
    server.give_tree(base)
    with _password_file(stores, server, partial) as conninfo:
        done = server.run(
            "pg_basebackup",
            f"--pgdata={base}",
            f"--dbname={conninfo}",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
            "--no-password",
            *(() if synced else ("--no-sync",)),
        )
    if done.returncode != 0:
        output = (done.stdout or "").strip().splitlines()
        if _NO_SPACE.search(done.stdout or ""):
            raise _disk_full(partial.parent)
        raise WavehouseError(
            "the databases could not be copied",
            where=str(base),
            hint=output[-1].rstrip(".") + "." if output else None,
        )


@contextmanager
def _password_file(stores: Stores, server: EmbeddedServer, partial: Path) -> Iterator[str]:
    """A connection string for replication, with the password in a file of the server's account."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts: dict[str, Any] = dict(conninfo_to_dict(stores.operational.place.admin))
    password = str(parts.pop("password"))
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    path = partial / ".pgpass"
    files.create(path, f"*:*:*:*:{escaped}\n".encode(), owner=server.owner)
    try:
        parts["dbname"] = "replication"
        yield make_conninfo(**{**parts, "passfile": str(path)})
    finally:
        files.remove(path)


def _first_segment(base: Path) -> str:
    """The first segment that the copy needs, from its ``backup_label``."""
    label = (base / "backup_label").read_text(encoding="utf-8")
    match = re.search(r"\(file ([0-9A-F]{24})\)", label)
    if match is None:
        raise WavehouseError("the copy has no start position", where=str(base / "backup_label"))
    return match.group(1)


def _migrations(stores: Stores) -> dict[str, str]:
    latest = {}
    for target in targets_of(stores):
        status = schema.status(target.conninfo, target.folder, role=target.role)
        applied = [e.version for e in status.entries if e.state == schema.EntryState.APPLIED]
        latest[target.name] = max(applied, default="")
    return latest


def keep_of(settings: Settings) -> timedelta:
    """How long backups are kept."""
    return timedelta(days=settings["backup_keep_days"])


def catalogue(settings: Settings) -> list[Listed]:
    """The finished backups, oldest first, with the latest instant each can be restored to."""
    keep = keep_of(settings)
    segments = adapters.archived(adapters.backups_folder(settings.home) / "wal")
    listed = []
    for folder, backup in adapters.catalogue(settings.home):
        later = [
            at
            for name, at in segments.items()
            if name[:8] == backup.first_segment[:8]
            and name[8:24] >= backup.first_segment[8:24]
            and at > backup.finished_at
        ]
        until = max([backup.finished_at, *later])
        listed.append(
            Listed(
                backup,
                folder,
                until,
                backup.expires_at(keep),
                adapters.verification_of(folder),
            )
        )
    return listed


def prune(settings: Settings, *, identity: Identity, dry_run: bool = False) -> list[str]:
    """Remove expired and unfinished backups and unneeded segments; returns their names."""
    home = settings.home
    folder = adapters.backups_folder(home)
    backups = [backup for _, backup in adapters.catalogue(home)]
    expired, kept = rules.removable(backups, now=clock.now(), keep=keep_of(settings))
    names = [each.backup_id for each in expired]
    names += [each.name for each in adapters.partial_folders(home) if _is_left(each)]
    first = min((each.first_segment for each in kept), key=lambda s: s[8:], default=None)
    segments = rules.unneeded_segments(adapters.archived(folder / "wal"), first)
    if not dry_run:
        for name in names:
            shutil.rmtree(folder / name)
        for name in segments:
            (folder / "wal" / name).unlink(missing_ok=True)
    return names + [f"wal/{name}" for name in segments]


def _is_left(partial: Path) -> bool:
    """True for a stopped backup: nothing was written into it for an hour."""
    latest = max((each.stat().st_mtime for each in [partial, *partial.iterdir()]), default=0.0)
    return clock.now().timestamp() - latest > 3600
