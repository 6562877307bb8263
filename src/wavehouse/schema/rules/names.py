"""File names of a ladder: ``<digits>_<slug>.up.sql``, its ``.down.sql`` and ``.check.sql``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from wavehouse.kernel.errors import InvalidInput

_NAME = re.compile(r"([0-9]+)_([A-Za-z0-9][A-Za-z0-9_-]*)\.(up|down|check)\.sql")
_LOOKS_LIKE_ONE = re.compile(r"\.sql$|\.(up|down)\.[a-z]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """The file names of one version, before they are read."""

    version: str
    slug: str
    up: str
    down: str | None


def checksum(text: str) -> str:
    """The SHA-256 of a text whose line ends are LF already."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_lf(text: str) -> str:
    """The text with LF line ends, so that a checkout on Windows is the same migration."""
    return text.replace("\r\n", "\n")


def pairs(names: Iterable[str]) -> tuple[Pair, ...]:
    """The versions that a folder's file names spell, oldest first.

    A ``.sql`` file that does not fit is an error rather than ignored: an unread migration is
    worse than a refused one. Other files (a README, a sum file) are not ours.
    """
    ups: dict[int, tuple[str, str, str]] = {}
    downs: dict[tuple[str, str], str] = {}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match is None:
            if _LOOKS_LIKE_ONE.search(name):
                raise _unreadable(name)
            continue
        version, slug, kind = match.groups()
        if kind == "up":
            other = ups.setdefault(int(version), (version, slug, name))
            if other[2] != name:
                raise InvalidInput(
                    f"two files claim version {int(version)}: {other[2]} and {name}",
                    where=name,
                    hint="give the newer file a version of its own",
                )
        elif kind == "down":
            downs[version, slug] = name
    found = [
        Pair(version, slug, name, downs.pop((version, slug), None))
        for _, (version, slug, name) in sorted(ups.items())
    ]
    for name in downs.values():
        raise InvalidInput(
            "a down file stands without its up file",
            where=name,
            hint=f"add {name.replace('.down.sql', '.up.sql')} or remove {name}",
        )
    return tuple(found)


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(
        "the file name is not that of a migration",
        where=name,
        hint="name it YYYYMMDDHHMM_slug.up.sql and YYYYMMDDHHMM_slug.down.sql, or move it away",
    )
