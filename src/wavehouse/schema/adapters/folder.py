"""A folder of migrations, read: strict UTF-8, no NUL, LF line ends."""

from __future__ import annotations

from pathlib import Path

from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.schema.rules.names import checksum, pairs, with_lf
from wavehouse.schema.types import Migration, SqlFile


def read_folder(folder: Path) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first. An empty folder is an empty ladder."""
    if not folder.is_dir():
        raise NotFound(
            "the folder of migrations does not exist",
            where=str(folder),
            hint="name the folder that holds the .up.sql files: --dir DIR",
        )
    try:
        names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        raise _unreadable(folder, error) from error
    return tuple(
        Migration(
            pair.version,
            pair.slug,
            _read(folder / pair.up),
            _read(folder / pair.down) if pair.down else None,
        )
        for pair in pairs(names)
    )


def _read(path: Path) -> SqlFile:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            where=f"{path.name}:{line}",
            hint=f"convert it: iconv -f LATIN1 -t UTF-8 {path.name}",
        ) from error
    if "\0" in text:
        raise InvalidInput(
            "the file holds a NUL character, which PostgreSQL cannot take",
            where=f"{path.name}:{text.count(chr(10), 0, text.index(chr(0))) + 1}",
            hint="save the file as plain UTF-8 text",
        )
    text = with_lf(text)
    return SqlFile(path, text, checksum(text))


def _unreadable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"it cannot be read: {error.strerror}",
        where=str(path),
        hint="check the permissions of the file and its folder",
    )
