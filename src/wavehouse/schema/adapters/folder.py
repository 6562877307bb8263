"""A folder of files, as bytes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from wavehouse.kernel import files
from wavehouse.kernel.errors import InvalidInput, NotFound


def names_in(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    if not folder.is_dir():
        raise NotFound(
            "the migrations folder does not exist",
            where=str(folder),
            hint="Name the folder that holds the .up.sql files: --dir DIR.",
        )
    try:
        return [entry.name for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        raise _unreadable(folder, error) from error


def nested_names_in(folder: Path) -> list[str]:
    """The paths of the files in a folder and the folders below it, relative to it."""
    names_in(folder)  # raises when the folder is unusable
    return [path.relative_to(folder).as_posix() for path in below(folder)]


def standard_input() -> bytes:
    """All of standard input."""
    return sys.stdin.buffer.read()


def environment() -> dict[str, str]:
    """The environment variables, for layouts that substitute them."""
    return dict(os.environ)


def bytes_of(path: Path) -> bytes:
    """The content of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"the file cannot be read: {error.strerror}",
        where=str(path),
        hint="Check the permissions of the file and its folder.",
    )


def content(path: Path) -> bytes | None:
    """The content of a file, or None when it does not exist."""
    return bytes_of(path) if path.is_file() else None


def below(folder: Path) -> list[Path]:
    """Every file below a folder; none when it does not exist."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def write(path: Path, text: str) -> None:
    """Write a text file with LF line endings, creating its folders."""
    try:
        with files.shared():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be written: {error.strerror}",
            where=str(path),
            hint="Check the permissions of the folder, or choose another: --out DIR.",
        ) from error


def remove(path: Path) -> None:
    """Remove a file."""
    path.unlink(missing_ok=True)
