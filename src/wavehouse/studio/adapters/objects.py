"""Storage of the studio's products: files named by their content, below ``WAVEHOUSE_HOME``."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from wavehouse.kernel.errors import NotFound

_REF = re.compile(r"sha256:([0-9a-f]{64})")
_INDEX = re.compile(rb"sha256:[0-9a-f]{64}")
_LARGEST_INDEX = 16 * 1024 * 1024
"""Bytes: larger files are sound, which names no other file."""
_COLLECTED = ".collected."


class FolderStore:
    """A folder of files. A file is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes) -> str:
        """Store bytes, synced to disk; returns the reference."""
        ref = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._write(self.path(ref), content)
        return ref

    def get(self, ref: str) -> bytes:
        """The bytes of a reference. NotFound when the file is missing or damaged."""
        try:
            content = self.path(ref).read_bytes()
        except FileNotFoundError:
            raise NotFound("this studio file is missing", where=ref) from None
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != ref:
            raise NotFound("this studio file is damaged", where=ref)
        return content

    def has(self, ref: str) -> bool:
        """Whether the file exists."""
        return self.path(ref).is_file()

    def hold(self, ref: str) -> bool:
        """Make a file and the files it names young, so that the collector keeps them.

        False when one of them is missing: the caller must make the output again.
        """
        try:
            os.utime(self.path(ref))
            return all(self.hold(each) for each in self.named_by(ref))
        except FileNotFoundError:
            return False

    def named_by(self, ref: str) -> list[str]:
        """The references in a stored JSON document; none for other files."""
        try:
            with self.path(ref).open("rb") as file:
                start = file.read(1)
                content = start + file.read(_LARGEST_INDEX) if start == b"{" else b""
        except FileNotFoundError:
            return []
        return sorted({match.decode() for match in _INDEX.findall(content)} - {ref})

    def stored(self) -> Iterator[tuple[str, int, float]]:
        """Every file: its reference, its bytes, and when it was last written or held."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                ref = f"sha256:{path.name}"
                if _REF.fullmatch(ref) is None:
                    continue
                stat = path.stat()
                yield ref, stat.st_size, stat.st_mtime

    def remove(self, ref: str, *, before: float) -> bool:
        """Delete a file last held before a time; False when it was held in the meantime.

        The file is renamed first: who holds it afterwards finds it missing and writes it again.
        """
        path = self.path(ref)
        aside = path.with_name(f"{_COLLECTED}{path.name}")
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= before and not path.exists():
            aside.rename(path)
            return False
        aside.unlink()
        return True

    def path(self, ref: str) -> Path:
        """The file of a reference."""
        match = _REF.fullmatch(ref)
        if match is None:
            raise NotFound("not a reference to the studio's store", where=ref[:80])
        return self.folder / match[1][:2] / match[1]

    def remember(self, key: str, content: bytes) -> None:
        """Store a paid response under its request id until it is settled."""
        self._write(self._reply(key), content)

    def recall(self, key: str) -> bytes | None:
        """The response to a request that was paid before a crash, or None."""
        try:
            return self._reply(key).read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, key: str) -> None:
        """Remove a settled response."""
        self._reply(key).unlink(missing_ok=True)

    def _reply(self, key: str) -> Path:
        return self.folder / "replies" / hashlib.sha256(key.encode()).hexdigest()

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        try:
            if path.stat().st_size == len(content):
                os.utime(path)  # the collector keeps young files
                return
        except FileNotFoundError:
            pass
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name[:16]}.{uuid4().hex}")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
