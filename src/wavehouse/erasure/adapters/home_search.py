"""Search the bytes of files: of the home, and of the embedded server's data folder.

Files are read in overlapping pieces, in lower case. Compressed files are opened where possible;
others are counted as skipped, by kind.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from wavehouse.erasure.adapters.backup_dates import KEPT_ASIDE
from wavehouse.erasure.rules.identifiers import page_pattern
from wavehouse.erasure.types import Finding, Level

_PIECE = 4 * 2**20
Needle = tuple[str, str]
"""A text in lower case, and the regular expression that its place must match, or none."""
Wanted = tuple[bytes, re.Pattern[bytes]]
_BORDER = 8
_LARGEST_MEMBER = 512 * 2**20
_UNREADABLE = {
    ".pdf": "PDF, compressed inside",
    ".parquet": "Parquet, compressed inside",
    ".duckdb": "DuckDB, compressed inside",
}
_LEFT_OUT = ("postgres", "erasure", "bin", "lib", "backups")
"""Folders of the home that are searched by the deep level, hold no data of people, or expire."""


def search_home(home: Path, needles: Sequence[Needle], *, name: str = "files") -> Level:
    """The files of the home, without the server's own folder and the ledger of keyed hashes."""
    files = (
        path
        for path in _walk(home)
        if (first := path.relative_to(home).parts[0]) not in _LEFT_OUT
        and not first.startswith(KEPT_ASIDE)  # the certificate lists them with the backups
    )
    return _searched(home, files, needles, name)


def search_folder(folder: Path, needles: Sequence[Needle], *, name: str) -> Level:
    """Every file of a folder, as stored on disk, such as the pages of PostgreSQL."""
    return _searched(folder, _walk(folder), needles, name, in_pages=True)


class TooLargeToSearch(Exception):
    """A member of an archive is too large to be searched; the certificate lists the archive."""


# zipfile raises NotImplementedError for a compression that it does not know.
_UNSEARCHED = (
    OSError, zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, TooLargeToSearch,
)  # fmt: skip


def _searched(
    root: Path,
    files: Iterator[Path],
    needles: Sequence[Needle],
    name: str,
    *,
    in_pages: bool = False,
) -> Level:
    wanted = [
        (
            needle.encode(),
            re.compile(
                page_pattern(needle) if in_pages else (pattern or re.escape(needle)).encode()
            ),
        )
        for needle, pattern in needles
    ]
    count = size = 0
    findings: list[Finding] = []
    skipped: Counter[str] = Counter()
    for path in files:
        try:
            hits = _hits(path, wanted)
            count, size = count + 1, size + path.stat().st_size
        except FileNotFoundError:
            continue  # removed meanwhile
        except _UNSEARCHED as error:
            skipped[f"{path.suffix or 'file'}: {type(error).__name__}"] += 1
            continue
        if path.suffix.lower() in _UNREADABLE:
            skipped[_UNREADABLE[path.suffix.lower()]] += 1
        if hits:
            findings.append(Finding(str(path.relative_to(root)), hits))
    return Level(
        name,
        {"files": count, "bytes": size},
        tuple(sorted(findings, key=lambda each: each.where)),
        tuple(f"{number} × {kind}" for kind, number in sorted(skipped.items())),
    )


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for each in sorted(names):
            path = Path(folder) / each
            if path.is_file() and not path.is_symlink():
                yield path


def _hits(path: Path, needles: Sequence[Wanted]) -> int:
    with path.open("rb") as file:
        matches = _count(file, needles)
        file.seek(0)
        if file.read(2) == b"\x1f\x8b":
            with gzip.open(path) as opened:
                matches += _count(opened, needles)  # type: ignore[arg-type]
    if zipfile.is_zipfile(path):
        matches += _in_archive(path.read_bytes(), needles)
    return matches


def _in_archive(content: bytes, needles: Sequence[Wanted]) -> int:
    matches = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.file_size > _LARGEST_MEMBER:
                raise TooLargeToSearch(member.filename)
            with archive.open(member) as file:
                matches += _count(file, needles)  # type: ignore[arg-type]
    return matches


def _count(file: BinaryIO, needles: Sequence[Wanted]) -> int:
    """How often any of the needles occurs. Pieces overlap by the longest needle and its borders."""
    overlap = max((len(each) for each, _ in needles), default=1) + _BORDER
    matches, before, position = 0, b"", 0
    seen: set[tuple[int, int]] = set()
    while piece := file.read(_PIECE):
        text = before + piece.lower()
        start = position - len(before)
        for number, (needle, pattern) in enumerate(needles):
            if needle in text:
                for match in pattern.finditer(text):
                    spot = (number, start + match.start())
                    matches += spot not in seen
                    seen.add(spot)
        position += len(piece)
        before = text[-overlap:]
    return matches
