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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from wavehouse.erasure.adapters.backup_dates import KEPT_ASIDE
from wavehouse.erasure.rules.identifiers import page_pattern
from wavehouse.erasure.rules.matching import Matcher
from wavehouse.erasure.types import Finding, Level

_PIECE = 4 * 2**20
Needle = tuple[str, str]
"""A text in lower case, and the regular expression that its place must match, or none."""
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
    return _searched(home, _of_home(home), [needles], name)[0]


def search_home_for_many(home: Path, people: Sequence[Sequence[Needle]]) -> list[Level]:
    """As ``search_home`` for many people, reading each file once; a level for each of them."""
    return _searched(home, _of_home(home), people, "files")


def _of_home(home: Path) -> Iterator[Path]:
    return (
        path
        for path in _walk(home)
        if (first := path.relative_to(home).parts[0]) not in _LEFT_OUT
        and not first.startswith(KEPT_ASIDE)  # the certificate lists them with the backups
    )


def search_folder(
    folder: Path, needles: Sequence[Needle], *, name: str, ids: Sequence[bytes] = ()
) -> Level:
    """Every file of a folder, as stored on disk, such as the pages of PostgreSQL.

    ``ids`` are searched as bytes.
    """
    return _searched(folder, _walk(folder), [needles], name, in_pages=True, ids=[ids])[0]


def search_folder_for_many(
    folder: Path, people: Sequence[Sequence[Needle]], ids: Sequence[Sequence[bytes]]
) -> list[Level]:
    """As ``search_folder`` for many people, reading each file once; a level for each of them."""
    return _searched(folder, _walk(folder), people, "deep", in_pages=True, ids=ids)


class TooLargeToSearch(Exception):
    """A member of an archive is too large to be searched; the certificate lists the archive."""


# zipfile raises NotImplementedError for a compression that it does not know.
_UNSEARCHED = (
    OSError, zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, TooLargeToSearch,
)  # fmt: skip


def _searched(
    root: Path,
    files: Iterator[Path],
    people: Sequence[Sequence[Needle]],
    name: str,
    *,
    in_pages: bool = False,
    ids: Sequence[Sequence[bytes]] = (),
) -> list[Level]:
    whose: dict[bytes, list[int]] = {}
    sources: dict[bytes, bytes] = {}
    for number, needles in enumerate(people):
        for needle, pattern in needles:
            whose.setdefault(needle.encode(), []).append(number)
            sources[needle.encode()] = page_pattern(needle) if in_pages else pattern.encode()
    for number, listed in enumerate(ids):
        for raw in listed:  # files are searched in lower case, and so are these bytes
            whose.setdefault(raw.lower(), []).append(number)
            sources[raw.lower()] = re.escape(raw.lower())
    search: _Search = _One(sources) if len(people) == 1 else Matcher(sources)
    count = size = 0
    findings: list[list[Finding]] = [[] for _ in people]
    skipped: Counter[str] = Counter()
    for path in files:
        try:
            hits = _hits(path, search)
            count, size = count + 1, size + path.stat().st_size
        except FileNotFoundError:
            continue  # removed meanwhile
        except _UNSEARCHED as error:
            skipped[f"{path.suffix or 'file'}: {type(error).__name__}"] += 1
            continue
        if path.suffix.lower() in _UNREADABLE:
            skipped[_UNREADABLE[path.suffix.lower()]] += 1
        for person, number in _by_person(hits, whose).items():
            findings[person].append(Finding(str(path.relative_to(root)), number))
    unread = tuple(f"{number} × {kind}" for kind, number in sorted(skipped.items()))
    return [
        Level(
            name,
            {"files": count, "bytes": size},
            tuple(sorted(theirs, key=lambda each: each.where)),
            unread,
        )
        for theirs in findings
    ]


def _by_person(hits: Counter[bytes], whose: Mapping[bytes, Sequence[int]]) -> Counter[int]:
    people = Counter[int]()
    for needle, number in hits.items():
        for person in whose[needle]:
            people[person] += number
    return people


class _Search(Protocol):
    """Occurrences of spellings in a piece of a file, in lower case."""

    longest: int

    def matches(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Each occurrence: its place and the spelling."""


class _One:
    """The few spellings of one person, searched one after the other."""

    def __init__(self, sources: Mapping[bytes, bytes]) -> None:
        self.longest = max(map(len, sources), default=1)
        self._compiled = [
            (each, re.compile(source or re.escape(each))) for each, source in sources.items()
        ]

    def matches(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Each occurrence: its place and the spelling."""
        for needle, pattern in self._compiled:
            if needle in text:
                yield from ((match.start(), needle) for match in pattern.finditer(text))


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for each in sorted(names):
            path = Path(folder) / each
            if path.is_file() and not path.is_symlink():
                yield path


def _hits(path: Path, search: _Search) -> Counter[bytes]:
    with path.open("rb") as file:
        matches = _count(file, search)
        file.seek(0)
        if file.read(2) == b"\x1f\x8b":
            with gzip.open(path) as opened:
                matches += _count(opened, search)  # type: ignore[arg-type]
    if zipfile.is_zipfile(path):
        matches += _in_archive(path.read_bytes(), search)
    return matches


def _in_archive(content: bytes, search: _Search) -> Counter[bytes]:
    matches = Counter[bytes]()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.file_size > _LARGEST_MEMBER:
                raise TooLargeToSearch(member.filename)
            with archive.open(member) as file:
                matches += _count(file, search)  # type: ignore[arg-type]
    return matches


def _count(file: BinaryIO, search: _Search) -> Counter[bytes]:
    """How often each needle occurs. Pieces overlap by the longest needle and its borders."""
    overlap = search.longest + _BORDER
    matches, before, position = Counter[bytes](), b"", 0
    seen: set[tuple[bytes, int]] = set()
    while piece := file.read(_PIECE):
        text = before + piece.lower()
        start = position - len(before)
        for at, needle in search.matches(text):
            spot = (needle, start + at)
            matches[needle] += spot not in seen
            seen.add(spot)
        position += len(piece)
        before = text[-overlap:]
    return matches
