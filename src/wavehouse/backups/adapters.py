"""The folder of backups: copies of files with digests, the catalogue, and the restore's state."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from wavehouse.backups import rules
from wavehouse.backups.types import (
    FILES,
    MANIFEST,
    PARTIAL,
    VERIFIED,
    Backup,
    Content,
    Fault,
    Pending,
    Verification,
)
from wavehouse.kernel import files
from wavehouse.kernel.errors import InvalidInput, NotFound

_PIECE = 1 << 20


def backups_folder(home: Path) -> Path:
    """The folder of a home's backups."""
    return home / "backups"


def catalogue(home: Path) -> list[tuple[Path, Backup]]:
    """The finished backups with their folders, oldest first. A partial one is never listed."""
    folder = backups_folder(home)
    return [
        (each, read_manifest(each))
        for each in (sorted(folder.iterdir()) if folder.is_dir() else [])
        if rules.is_backup_id(each.name) and (each / MANIFEST).is_file()
    ]


def named(home: Path, name: str) -> Path:
    """The folder of a backup by its id, or of a path. NotFound without a finished backup there."""
    for folder in (backups_folder(home) / name, Path(name)):
        if (folder / MANIFEST).is_file():
            return folder
    raise NotFound("no such backup", where=name, command="wavehouse backup list")


def read_manifest(folder: Path) -> Backup:
    """The description of a backup. InvalidInput when it is damaged."""
    path = folder / MANIFEST
    try:
        return msgspec.json.decode(files.read(path), type=Backup)
    except (msgspec.DecodeError, OSError) as error:
        raise InvalidInput(
            f"the backup's description file is damaged: {error}", where=str(path)
        ) from None


def write_manifest(folder: Path, backup: Backup) -> None:
    """Write the description; it is on disk when the call returns."""
    files.create(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=2))


def verification_of(folder: Path) -> Verification | None:
    """The latest verification of a backup; None before the first."""
    try:
        return msgspec.json.decode(files.read(folder / VERIFIED), type=Verification)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def note_verification(folder: Path, verification: Verification) -> None:
    """Store a verification beside the backup; its own files stay as they are."""
    files.replace(folder / VERIFIED, msgspec.json.encode(verification))


def partial_folders(home: Path) -> list[Path]:
    """The folders of unfinished backups."""
    folder = backups_folder(home)
    return sorted(folder.glob(f"*{PARTIAL}")) if folder.is_dir() else []


def home_paths(home: Path) -> Iterator[Path]:
    """The regular files of the home that a backup contains; links are not followed."""
    for base, folders, names in os.walk(home):
        here = Path(base)
        folders[:] = sorted(
            name
            for name in folders
            if not rules.is_excluded(str((here / name).relative_to(home)))
            and not (here / name).is_symlink()
        )
        for name in sorted(names):
            path = here / name
            relative = str(path.relative_to(home))
            if path.is_file() and not path.is_symlink() and not rules.is_excluded(relative):
                yield path


def copy_home(home: Path, target: Path) -> list[Content]:
    """Copy the home's files below ``target``; returns them with their digests."""
    copied = []
    for path in home_paths(home):
        relative = path.relative_to(home)
        try:
            size, digest = copy_file(path, target / relative)
        except FileNotFoundError:
            continue  # removed meanwhile
        copied.append(Content(str(relative), size, digest))
    return copied


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file, mode 0600; returns its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading:
        files.folder(target.parent)
        descriptor = files.opened(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as writing:
            while piece := reading.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                writing.write(piece)
            writing.flush()
            os.fsync(descriptor)
    return size, digest.hexdigest()


def damaged_files(folder: Path, backup: Backup) -> list[Fault]:
    """The files of a backup that are missing or have different content."""
    faults = []
    for each in backup.files:
        path = folder / FILES / each.path
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            faults.append(Fault(str(path), f"cannot be read: {error.strerror}"))
            continue
        if digest != each.sha256:
            faults.append(Fault(str(path), "has changed since it was backed up"))
    return faults


def damaged_base(base: Path) -> list[Fault]:
    """The files of the copied databases that differ from PostgreSQL's own manifest.

    The write-ahead log is not part of that manifest; recovery checks it.
    """
    try:
        listed = json.loads(files.read(base / "backup_manifest"))["Files"]
        expected = {_manifest_path(each): (each["Size"], each["Checksum"]) for each in listed}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [Fault(str(base / "backup_manifest"), f"cannot be read: {error}")]
    faults = []
    for name, (size, checksum) in sorted(expected.items()):
        path = base / name
        try:
            same = path.stat().st_size == size and digest_of(path) == checksum
        except OSError as error:
            faults.append(Fault(str(path), f"cannot be read: {error.strerror}"))
            continue
        if not same:
            faults.append(Fault(str(path), "has changed since it was backed up"))
    faults += [
        Fault(str(path), "is not part of the backup")
        for path in sorted(base.rglob("*"))
        if path.is_file()
        and (name := str(path.relative_to(base))) not in {*expected, "backup_manifest"}
        and not name.startswith("pg_wal/")
    ]
    return faults


def _manifest_path(entry: dict[str, Any]) -> str:
    if "Path" in entry:
        return str(entry["Path"])
    return os.fsdecode(bytes.fromhex(entry["Encoded-Path"]))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(base) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def free_bytes(folder: Path) -> int:
    """Free bytes on a folder's file system."""
    return shutil.disk_usage(folder).free


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def archived(archive: Path) -> dict[str, datetime]:
    """The archived segments and histories, with the instant of each."""
    from datetime import UTC

    if not archive.is_dir():
        return {}
    return {
        each.name: datetime.fromtimestamp(each.stat().st_mtime, UTC)
        for each in archive.iterdir()
        if not each.name.endswith(".tmp")
    }


def pending_file(home: Path) -> Path:
    """The file that exists while a restored home is not ready."""
    return home / "restore.json"


def write_pending(home: Path, pending: Pending) -> None:
    """Mark a home as restored and not ready."""
    files.replace(pending_file(home), msgspec.json.encode(pending))


def read_pending(home: Path) -> Pending | None:
    """The state of an unfinished restore; None for a home that is ready."""
    try:
        data = files.read(pending_file(home))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return msgspec.json.decode(data, type=Pending)
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"the state file of the restore is damaged: {error}", where=str(pending_file(home))
        ) from None


def clear_pending(home: Path) -> None:
    """Mark a restored home as ready."""
    files.remove(pending_file(home))


def merge_lines(source: Path, target: Path) -> None:
    """Append the lines of ``source`` that ``target`` lacks; both are copies of one ledger."""
    known = files.read(target).splitlines() if target.exists() else []
    new = [line for line in files.read(source).splitlines() if line not in set(known)]
    if new:
        files.replace(target, b"\n".join([*known, *new]) + b"\n")


def as_json(backup: Backup) -> dict[str, Any]:
    """A backup for output, without the list of its files."""
    content: dict[str, Any] = json.loads(msgspec.json.encode(backup))
    content["files"] = len(backup.files)
    return {**content, "size": backup.size}
