"""The output folder of a simulation: what may be overwritten, and its kinds of files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from wavehouse.kernel.errors import InvalidInput, Refused

MANIFEST = ".simulation"
CHUNK_LINES = 50_000
"""The number of lines sorted in memory; a bigger day is a sequence of sorted chunks."""


class Folder:
    """A folder with a manifest of the files we wrote; a file is listed before it is created."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, *, force: bool) -> None:
        """Create the folder; refuse a non-empty one, or with ``force`` remove our own files."""
        if self.root.exists() and not self.root.is_dir():
            raise InvalidInput("this is a file, not a folder", where=str(self.root))
        present = any(self.root.iterdir()) if self.root.exists() else False
        manifest = self.root / MANIFEST
        if present and not force:
            raise Refused(
                "the folder is not empty",
                where=str(self.root),
                hint="Choose another --out, or add --force to replace an earlier simulation.",
            )
        if present and not manifest.exists():
            raise Refused(
                "the folder contains files not written by a simulation; nothing was changed",
                where=str(self.root),
                hint="Choose another --out.",
            )
        if present:
            self._clear(manifest)
        self.root.mkdir(parents=True, exist_ok=True)
        manifest.write_text("", encoding="utf-8")

    def _clear(self, manifest: Path) -> None:
        root = self.root.resolve()
        for name in manifest.read_text(encoding="utf-8").splitlines():
            path = (root / name).resolve()
            if path.is_relative_to(root):
                path.unlink(missing_ok=True)

    def new(self, name: str) -> Path:
        """The path of a file about to be written."""
        path = self.root / name
        if path.exists():
            raise Refused("this path has a file not written by a simulation", where=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        with (self.root / MANIFEST).open("a", encoding="utf-8") as manifest:
            manifest.write(f"{name}\n")
        return path

    def text(self, name: str, content: str) -> None:
        """Write a text file."""
        self.new(name).write_text(content, encoding="utf-8", newline="")

    def json(self, name: str, content: Any) -> None:
        """Write a JSON file."""
        self.text(name, json.dumps(content, ensure_ascii=False, indent=1) + "\n")

    def csv(self, name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a CSV file."""
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
        self.text(name, page.getvalue())

    @contextmanager
    def log(self, name: str, head: str) -> Iterator[LogFile]:
        """A log file, opened for lines after its header; compressed if its name says so."""
        with self.new(name).open("wb") as raw:
            if not name.endswith(".gz"):
                yield from _open_log(raw, head)
                return
            # No file name or time in the gzip header, so that equal lines give equal bytes.
            with gzip.GzipFile("", "wb", compresslevel=2, fileobj=raw, mtime=0) as packed:
                yield from _open_log(packed, head)


def _open_log(raw: BinaryIO | gzip.GzipFile, head: str) -> Iterator[LogFile]:
    raw.write(head.encode())
    file = LogFile(raw)
    yield file
    file.close()


class LogFile:
    """Lines in time order within a chunk, followed by the shuffled ones."""

    def __init__(self, raw: BinaryIO | gzip.GzipFile) -> None:
        self._raw = raw
        self._chunk: list[tuple[int, str]] = []
        self._tail: list[str] = []

    def add(self, second: int, line: str) -> None:
        """Add a line."""
        self._chunk.append((second, line))
        if len(self._chunk) >= CHUNK_LINES:
            self._flush()

    def append(self, line: str) -> None:
        """Append a line at the very end, out of order."""
        self._tail.append(line)

    def _flush(self) -> None:
        self._chunk.sort()
        self._raw.write("".join(line for _, line in self._chunk).encode())
        self._chunk.clear()

    def close(self) -> None:
        """Write the remaining lines."""
        self._flush()
        self._raw.write("".join(self._tail).encode())
