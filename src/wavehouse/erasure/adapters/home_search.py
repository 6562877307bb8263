"""Search the bytes of files: of the home, and of the embedded server's data folder.

Files are read in overlapping pieces, in lower case. Compressed files are opened where possible;
others are counted as skipped, by kind.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from wavehouse.erasure.rules.identifiers import page_pattern
from wavehouse.erasure.rules.matching import Matcher
from wavehouse.erasure.types import Finding, Level
from wavehouse.kernel import files

_PIECE = 4 * 2**20
Needle = tuple[str, str]
"""A text in lower case, and the regular expression that its place must match, or none."""
_PACKED = {
    b"%PDF-": "PDF, compressed inside",
    b"\x28\xb5\x2f\xfd": "zstd, compressed inside",
    b"7z\xbc\xaf\x27\x1c": "7z, compressed inside",
    b"\x04\x22\x4d\x18": "lz4, compressed inside",
    b"Rar!\x1a\x07": "RAR, compressed inside",
    b"PAR1": "Parquet, compressed inside",
}
_MAGIC, _ZIP = 8, b"PK\x03\x04"
_DEEPEST = 4
"""Archives inside archives that are opened; more are named as not searched."""
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
        and not first.startswith(files.KEPT_ASIDE)  # the certificate lists them with the backups
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


# zipfile raises RuntimeError for a member with a password, or an unknown compression.
_UNSEARCHED = (
    OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError,
    TooLargeToSearch,
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
        if path.is_dir():
            skipped["folder that cannot be listed"] += 1
            continue
        hits = Counter[bytes]()
        try:
            _search_file(path, search, hits)
            count, size = count + 1, size + path.stat().st_size
        except FileNotFoundError:
            continue  # removed meanwhile
        except _UNSEARCHED as error:
            skipped[f"{path.suffix or 'file'}: {type(error).__name__}"] += 1
        if (kind := _unreadable(path)) is not None:
            skipped[kind] += 1
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
    """Every file below a folder; a folder itself when it cannot be listed."""
    unlisted: list[OSError] = []
    for folder, folders, names in os.walk(root, followlinks=False, onerror=unlisted.append):
        folders.sort()
        for each in sorted(names):
            path = Path(folder) / each
            if path.is_file() and not path.is_symlink():
                yield path
    yield from (Path(e.filename) for e in unlisted if Path(e.filename).is_dir())


def _unreadable(path: Path) -> str | None:
    """The kind of a file whose content is compressed in a way that is not opened here."""
    known = _UNREADABLE.get(path.suffix.lower())
    if known is not None:
        return known
    try:
        with path.open("rb") as file:
            start = file.read(_MAGIC)
    except OSError:
        return None
    return next((kind for magic, kind in _PACKED.items() if start.startswith(magic)), None)


def _search_file(path: Path, search: _Search, matches: Counter[bytes]) -> None:
    """Add the occurrences in a file, also those before an error in the middle of it."""
    with path.open("rb") as file:
        _search_stream(file, search, matches, depth=0)


def _search_stream(file: BinaryIO, search: _Search, matches: Counter[bytes], *, depth: int) -> None:
    """The occurrences in a file, and in what it contains compressed, to a depth."""
    matches.update(_count(file, search))
    file.seek(0)
    start = file.read(_MAGIC)
    unpack = next((how for magic, how in _UNPACKED.items() if start.startswith(magic)), None)
    is_archive = start.startswith(_ZIP) or (depth == 0 and zipfile.is_zipfile(file))
    file.seek(0)
    if (unpack or is_archive) and depth == _DEEPEST:
        raise TooLargeToSearch("archives inside archives")
    if unpack:
        with unpack(file) as opened:
            _search_stream(opened, search, matches, depth=depth + 1)
    elif is_archive:
        _search_archive(file, search, matches, depth=depth + 1)


def _search_archive(
    file: BinaryIO, search: _Search, matches: Counter[bytes], *, depth: int
) -> None:
    """Every member; one that cannot be read does not hide the others."""
    failed: Exception | None = None
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            try:
                if member.file_size > _LARGEST_MEMBER:
                    raise TooLargeToSearch(member.filename)
                with archive.open(member) as opened:
                    _search_stream(cast(BinaryIO, opened), search, matches, depth=depth)
            except _UNSEARCHED as error:
                failed = error
    if failed is not None:
        raise failed


def _gunzipped(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file))


def _bunzipped(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(file))


def _unxzed(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.open(file))


_UNPACKED: Mapping[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": _gunzipped,
    b"BZh": _bunzipped,
    b"\xfd7zXZ\x00": _unxzed,
}


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
