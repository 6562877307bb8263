"""The folder outside the databases with the signing key and the published checkpoints."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from wavehouse.audit.rules import notes
from wavehouse.audit.types import LastVerified, LogName, Verified
from wavehouse.kernel import files
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import InvalidInput, Refused, WavehouseError
from wavehouse.store import Database, Learning, Listeners, Operational, Stores

AnyLog = Database[Operational] | Database[Learning] | Database[Listeners]
_TAIL = 8192
_VERIFIED = "verified.json"


def database_of(stores: Stores, log: LogName) -> AnyLog:
    """The database of a log."""
    database: AnyLog = getattr(stores, log)
    return database


@dataclass(frozen=True, slots=True)
class SealFolder:
    """``audit`` in the home: ``key`` (0600), ``keys.pub``, ``checkpoints-LOG.ndjson``.

    ``further`` is an additional folder, such as one on another host, with the same checkpoints.
    """

    folder: Path
    further: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> SealFolder:
        """The folder of an installation."""
        further = settings["audit_folder"]
        return cls(settings.home / "audit", Path(further) if further else None)

    def signing_key(self) -> tuple[notes.PublicKey, bytes]:
        """The key and its seed; created on first use. Raises WavehouseError when it is damaged."""
        path = self.folder / "key"
        try:
            text = files.read(path).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return self._new_key()
        try:
            return notes.private_key(text)
        except ValueError as error:
            raise WavehouseError(
                f"the key that signs the audit log cannot be used: {error}",
                where=str(path),
                hint="Restore the file, or move it away: the next seal then makes a new key, and "
                "earlier checkpoints stay verifiable by keys.pub.",
            ) from None

    def _new_key(self) -> tuple[notes.PublicKey, bytes]:
        files.folder(self.folder)
        seed = secrets.token_bytes(32)
        key = notes.verifier_of(f"wavehouse-{secrets.token_hex(4)}", seed)
        # The public key first: a crash in between leaves a key that signs nothing.
        self._append(self.folder / "keys.pub", f"{key}\n".encode())
        try:
            files.create(self.folder / "key", notes.private_text(key.name, seed).encode() + b"\n")
        except FileExistsError:
            return self.signing_key()  # another process was faster
        return key, seed

    def public_keys(self) -> list[notes.PublicKey]:
        """The public keys of this installation, oldest first."""
        path = self.folder / "keys.pub"
        return read_keys(path) if path.exists() else []

    def checkpoint_file(self, log: LogName) -> Path:
        """The file with the published checkpoints of a log."""
        return self.folder / f"checkpoints-{log}.ndjson"

    def published(self, log: LogName) -> list[tuple[str, str]]:
        """The published checkpoints with their file, from both folders."""
        listed = []
        for path in self._files(log):
            listed += [(str(path), note) for note in read_notes(path)]
        return listed

    def _files(self, log: LogName) -> list[Path]:
        first = self.checkpoint_file(log)
        return [first] if self.further is None else [first, self.further / first.name]

    def last_size(self, log: LogName) -> int:
        """The size of the largest published tree; 0 without one."""
        return max(_last_size(path) for path in self._files(log))

    def publish(self, log: LogName, signed: Iterable[str]) -> None:
        """Append missing checkpoints to each file; they are on disk when the call returns."""
        listed = [(_size(note), note) for note in signed]
        for path in self._files(log):
            known = _last_size(path)
            new = [json.dumps({"note": note}) + "\n" for size, note in listed if size > known]
            if new:
                files.folder(path.parent)
                self._append(path, "".join(new).encode())

    def set_back(self, log: LogName, size: int, stamp: str) -> None:
        """After a restore, move checkpoints of trees larger than ``size`` into another file."""
        for path in self._files(log):
            kept: list[bytes] = []
            later: list[bytes] = []
            for note in read_notes(path):
                line = json.dumps({"note": note}).encode()
                (kept if _size(note) <= size else later).append(line)
            if later:
                files.create(
                    path.with_name(f"{path.stem}.before-restore-{stamp}.ndjson"),
                    b"\n".join(later) + b"\n",
                )
                files.replace(path, b"".join(line + b"\n" for line in kept))

    def note_verified(self, at: datetime, results: Iterable[Verified]) -> None:
        """Store the results of a verification beside the checkpoints, for the page and doctor."""
        noted = {**self._verified(), **{each.log: _noted(at, each) for each in results}}
        files.folder(self.folder)
        files.replace(self.folder / _VERIFIED, msgspec.json.encode(noted))

    def last_verified(self, log: LogName) -> LastVerified | None:
        """The latest verification of a log; None before the first."""
        return self._verified().get(log)

    def _verified(self) -> dict[str, LastVerified]:
        try:
            content = files.read(self.folder / _VERIFIED)
            return msgspec.json.decode(content, type=dict[str, LastVerified])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}  # a note, not a proof: without it the log counts as not verified

    @property
    def places(self) -> list[str]:
        """The kinds of places that checkpoints are written to."""
        return ["file"] if self.further is None else ["file", "further folder"]

    @staticmethod
    def _append(path: Path, content: bytes) -> None:
        descriptor = files.opened(path, os.O_RDWR | os.O_CREAT)
        with os.fdopen(descriptor, "r+b") as file:
            before = file.read()
            complete = before.rfind(b"\n") + 1  # a kill may have left half a line
            file.seek(complete)
            file.truncate()
            file.write(content)
            file.flush()
            os.fsync(descriptor)


def _noted(at: datetime, result: Verified) -> LastVerified:
    first = f"{result.findings[0].where}: {result.findings[0].message}" if result.findings else ""
    return LastVerified(at, result.entries, len(result.findings), first)


def read_keys(path: Path) -> list[notes.PublicKey]:
    """The public keys in a file, one per line. InvalidInput for anything else."""
    lines = files.read(path).decode("utf-8", "replace").splitlines()
    try:
        return [notes.public_key(line) for line in lines if line.strip()]
    except ValueError as error:
        raise InvalidInput(f"cannot read the public keys: {error}", where=str(path)) from None


def read_notes(path: Path) -> list[str]:
    """The checkpoints in a file; an incomplete last line is ignored."""
    try:
        content = files.read(path)
    except FileNotFoundError:
        return []
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    try:
        return [str(json.loads(line)["note"]) for line in lines]
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None


def _damaged(path: Path) -> Refused:
    return Refused(
        "the published checkpoints file is damaged",
        where=str(path),
        hint="Restore it from a copy; `wavehouse audit verify` compares the database with it.",
    )


def _last_size(path: Path) -> int:
    """The size of the last checkpoint of a file, which is its largest; 0 without one."""
    try:
        descriptor = files.opened(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    with os.fdopen(descriptor, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        lines = file.read().split(b"\n")[:-1]  # without a last line that a kill cut off
    try:
        return _size(str(json.loads(lines[-1])["note"])) if lines else 0
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None


def _size(note: str) -> int:
    try:
        return notes.read(note).size
    except ValueError:
        return 0
