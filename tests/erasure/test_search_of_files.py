"""The search of the home's files: what is packed, broken, or spelled otherwise."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from wavehouse.erasure.adapters.home_search import search_folder, search_home
from wavehouse.erasure.rules.identifiers import needles
from wavehouse.erasure.types import Identifier, LedgerKind, Level

EMAIL = "anna.berg@example.org"
UMLAUT = "änne@bücher.example"


def searched(home: Path, email: str = EMAIL) -> Level:
    return search_home(home, needles([Identifier(LedgerKind.EMAIL, email)]))


def zipped(content: bytes, name: str = "member") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other", b"nothing here" * 9)
        archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress, bz2.compress, lzma.compress, zipped,
        lambda text: zipped(zipped(text)),
        lambda text: zipped(gzip.compress(text)),
        lambda text: gzip.compress(bz2.compress(zipped(text))),
        lambda text: b"#!/bin/sh\n" + zipped(text),
    ],
)  # fmt: skip
def test_a_packed_file_is_opened_also_inside_another(
    tmp_path: Path, packed: Callable[[bytes], bytes]
) -> None:
    """The address is compressed, so its bytes are not in the file."""
    content = packed(b"x" * 5000 + f" to: {EMAIL.upper()} ".encode() + b"y" * 5000)
    assert EMAIL.upper().encode() not in content
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "export.dat").write_bytes(content)
    assert ["spool/export.dat"] == [each.where for each in searched(tmp_path).findings]


def test_a_member_that_cannot_be_opened_is_named_and_hides_nothing(tmp_path: Path) -> None:
    """A member with a password, a broken end, too many levels: all else is searched."""
    locked = bytearray(zipped(EMAIL.encode()))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(header) + flags] |= 1  # the first member: encrypted
    (tmp_path / "locked.zip").write_bytes(locked)
    (tmp_path / "broken.gz").write_bytes(gzip.compress(os.urandom(50_000))[:30_000])
    (tmp_path / "text.log").write_bytes(b"BZh is no archive: " + EMAIL.encode())
    deep = EMAIL.encode()
    for _ in range(6):
        deep = zipped(deep)
    (tmp_path / "deep.zip").write_bytes(deep)
    (tmp_path / "packed.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"0" * 20)
    level = searched(tmp_path)
    assert ["locked.zip", "text.log"] == [each.where for each in level.findings]
    assert [
        "1 × .gz: EOFError",
        "1 × .log: OSError",
        "1 × zstd, compressed inside",
        "2 × .zip: RuntimeError",
    ] == [line.replace("TooLargeToSearch", "RuntimeError") for line in _together(level)]


def _together(level: Level) -> list[str]:
    """The lines of skipped files, with both reasons of archives as one."""
    zips = [line for line in level.skipped if ".zip" in line]
    others = [line for line in level.skipped if ".zip" not in line]
    assert {"1 × .zip: RuntimeError", "1 × .zip: TooLargeToSearch"} == set(zips)
    return sorted([*others, "2 × .zip: RuntimeError"])


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that leaves it out in silence would claim too much."""
    (tmp_path / "private").mkdir()
    real = os.scandir

    def refuses(path: str) -> object:
        if str(path).endswith("private"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuses)
    assert ("1 × folder that cannot be listed",) == searched(tmp_path).skipped


@pytest.mark.parametrize(
    "text",
    [
        UMLAUT, "ÄNNE@bücher.example", UMLAUT.upper(), json.dumps(UMLAUT),
        json.dumps(UMLAUT.upper()), unicodedata.normalize("NFD", UMLAUT), quote(UMLAUT),
        quote(unicodedata.normalize("NFD", UMLAUT)), "änne@xn--bcher-kva.example",
    ],
)  # fmt: skip
def test_letters_outside_ascii_are_found_in_every_usual_spelling(tmp_path: Path, text: str) -> None:
    """As logs, JSON, addresses of pages and mail programs write them."""
    (tmp_path / "log").write_text(f"mail to <{text}>\n", encoding="utf-8")
    assert not searched(tmp_path, UMLAUT).is_clean
    assert not search_folder(
        tmp_path, needles([Identifier(LedgerKind.EMAIL, UMLAUT)]), name="deep"
    ).is_clean
    assert searched(tmp_path, "anne@bücher.example").is_clean
