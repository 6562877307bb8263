"""Files of a folder of the home that are older than their limit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from wavehouse.governance.types import Due


class HomeFiles:
    """The files of one folder below the home. Links are neither followed nor removed."""

    def __init__(self, home: Path, name: str) -> None:
        self._folder = home / name

    def due(self, before: datetime) -> Due:
        """Files that were last changed before an instant."""
        older = sorted(self._older(before))
        return Due(
            rows=len(older),
            oldest=datetime.fromtimestamp(older[0][0], UTC) if older else None,
            bytes=sum(size for _, size, _ in older),
            parts=tuple(sorted(str(path.relative_to(self._folder)) for _, _, path in older)),
        )

    def remove(self, before: datetime) -> tuple[int, int]:
        """Delete those files, and folders left empty; returns the numbers of files and bytes."""
        count = freed = 0
        for _, size, path in list(self._older(before)):
            path.unlink(missing_ok=True)
            count, freed = count + 1, freed + size
        for folder in sorted((path for path in self._walk() if path.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()
        return count, freed

    def _older(self, before: datetime) -> Iterator[tuple[float, int, Path]]:
        for path in self._walk():
            if path.is_file():
                stat = path.stat()
                if stat.st_mtime < before.timestamp():
                    yield stat.st_mtime, stat.st_size, path

    def _walk(self) -> Iterator[Path]:
        if self._folder.is_symlink():
            return
        for folder, folders, names in os.walk(self._folder, followlinks=False):
            for name in (*folders, *names):
                path = Path(folder) / name
                if not path.is_symlink():
                    yield path
