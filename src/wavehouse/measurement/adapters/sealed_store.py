"""The store of sealed files: a folder, or a bucket (``sealed_objects``).

A file appears whole, under its final name, or not at all.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from wavehouse.kernel import files
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused
from wavehouse.measurement.adapters.sealed_locks import is_free
from wavehouse.measurement.types import SealedFile

_UNFINISHED = ".unfinished"
_UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
_MOST_KNOWN = 16_384
_known: dict[tuple[int, ...], str] = {}
"""The hashes of files that this program has read, by device, inode, size and times."""


class SealedStore(Protocol):
    """A store of immutable files with names such as ``dt=2026-11-25/events-000001.parquet``."""

    @property
    def location(self) -> str:
        """The address that is registered with each seal."""

    def scratch(self) -> Path:
        """A path, which does not exist yet, for a file that ``put`` will take."""

    def put(self, name: str, path: Path) -> None:
        """Move a scratch file to its final name, durably; replaces an unregistered leftover."""

    def read(self, name: str) -> bytes:
        """The content of a small file. NotFound when it is missing."""

    def local(self, name: str) -> Path:
        """A path from which a file can be read. NotFound when it is missing."""

    def fetched(self, name: str) -> Path:
        """The same path, the file read from the store again if it is a copy."""

    def in_use(self, name: str) -> bool:
        """Whether a reader holds the generation with this manifest."""

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Keep the generation with this manifest from being removed during the block."""
        yield

    def remove(self, name: str) -> None:
        """Remove a file; does nothing if it does not exist."""

    def sweep(self) -> int:
        """Remove scratch files that a killed program left; returns their number."""


class FolderStore:
    """Sealed files in a folder of this machine, readable by its account only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def location(self) -> str:
        """``file:///var/lib/wavehouse/sealed``."""
        return f"file://{quote(str(self._folder))}"

    def scratch(self) -> Path:
        """A path in the same file system, so that ``put`` is one rename."""
        with _writing(self._folder):
            folder = files.folder(self._folder / _UNFINISHED)
        return folder / f"{os.getpid()}-{secrets.token_hex(8)}"

    def put(self, name: str, path: Path) -> None:
        """Flush the file, rename it, flush the folders."""
        target = self._path(name)
        with _writing(self._folder):
            files.folder(target.parent)
            path.chmod(0o600)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.replace(target)
            for folder in (target.parent, target.parent.parent):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def read(self, name: str) -> bytes:
        """The content of a small file. NotFound when it is missing."""
        try:
            return files.read(self._path(name))
        except FileNotFoundError:
            raise _missing(self._path(name)) from None

    def local(self, name: str) -> Path:
        """The path of a file. NotFound when it is missing."""
        path = self._path(name)
        if not path.is_file():
            raise _missing(path)
        return path

    def fetched(self, name: str) -> Path:
        """The same path: there is no copy."""
        return self.local(name)

    def in_use(self, name: str) -> bool:
        """Whether a reader holds the lock of this manifest."""
        return not is_free(self._path(name))

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Hold a shared lock on the manifest; the kernel drops it when the program ends."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY)
        except FileNotFoundError:
            raise _missing(self._path(name)) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove a file; does nothing if it does not exist."""
        if self._path(name).parent.is_dir():
            files.remove(self._path(name))

    def sweep(self) -> int:
        """Remove scratch files that a killed program left; the caller has the lock of sealing."""
        left = [*(self._folder / _UNFINISHED).glob("*")]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _path(self, name: str) -> Path:
        return self._folder / name


def store_at(location: str) -> SealedStore:
    """The store with this address. InvalidInput for any other kind of address."""
    parts = urlsplit(location)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from wavehouse.measurement.adapters.sealed_objects import ObjectStore

        return ObjectStore(location)
    raise InvalidInput(
        f"unknown kind of store {location!r}",
        where="sealed store",
        hint="Use the address of a folder or a bucket: file:///var/lib/wavehouse/sealed, "
        "s3://bucket/prefix.",
    )


@contextmanager
def scratch_file(store: SealedStore) -> Iterator[Path]:
    """A scratch path; what was not put is removed at the end, also on a full disk."""
    path = store.scratch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(store: SealedStore, file: SealedFile) -> Path:
    """The path of a sealed file whose content is the sealed one.

    NotFound when it is missing; Refused when it cannot be read or has another hash. A program reads
    a file for its hash once, and again when its inode, size or times change.
    """
    path = store.local(file.name)
    try:
        digest = known_sha256(path)
        if digest != file.sha256:  # a copy may be what differs
            path = store.fetched(file.name)
            digest = known_sha256(path)
    except OSError as error:
        raise Refused(
            f"a sealed file cannot be read: {error.strerror}",
            where=str(path),
            command="wavehouse warehouse verify",
        ) from None
    if digest != file.sha256:
        raise Refused(
            "a sealed file was changed",
            where=str(path),
            hint="Restore it from a backup.",
            command="wavehouse warehouse verify",
        )
    return path


def known_sha256(path: Path) -> str:
    """SHA-256 of a file, which is computed again when its inode, size or times are others."""
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        key = (
            facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
        )  # fmt: skip
        if key not in _known:
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        return _known[key]


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Refused when the folder cannot be written to; other errors name it."""
    try:
        yield
    except OSError as error:
        error.filename = str(folder)
        if error.errno not in _UNWRITABLE:
            raise
        raise Refused(
            f"the folder of sealed files cannot be written to: {error.strerror}",
            where=str(folder),
            hint="Correct its owner or its mount, or set WAVEHOUSE_SEALED_STORE to another folder.",
        ) from None


def _missing(path: Path) -> NotFound:
    return NotFound(
        "a sealed file is missing",
        where=str(path),
        hint="Restore it from a backup, or move the store back to where it was.",
        command="wavehouse warehouse verify",
    )
