"""Watched folders: the files currently in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.rules.settling import Seen, is_candidate


def looked_at(folders: Iterable[Path]) -> dict[str, Seen]:
    """Every file below the folders that may be a log.

    A file that disappears meanwhile is ignored; a missing folder is an error.
    """
    seen: dict[str, Seen] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InvalidInput("the folder to watch does not exist", where=str(folder))
        for path in _files(folder):
            try:
                state = path.stat()
            except OSError:
                continue
            seen[str(path)] = Seen(
                state.st_dev, state.st_ino, state.st_size, max(state.st_mtime_ns, state.st_ctime_ns)
            )
    return seen


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file() and is_candidate(path.name):
            yield path
