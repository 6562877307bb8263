"""File names of a ladder: ``<digits>_<slug>.up.sql``, its ``.down.sql`` and ``.check.sql``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wavehouse.kernel.errors import InvalidInput

_NAME = re.compile(r"([0-9]+)_([A-Za-z0-9][A-Za-z0-9_-]*)\.(up|down|check)\.sql")
_LOOKS_LIKE_ONE = re.compile(r"\.sql$|\.(up|down)\.[a-z]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """The file names of one version, before the files are read."""

    version: str
    slug: str
    up: str
    down: str | None
    check: str | None = None


def pairs(names: Iterable[str]) -> tuple[Pair, ...]:
    """The versions of a folder by its file names, oldest first.

    A ``.sql`` file with another name is an error, not ignored: a skipped migration is worse than a
    refused one. A pair is identified by its version, so the slugs may differ. Other files (a
    README, a checksum file) are ignored.
    """
    matched: dict[tuple[int, str], re.Match[str]] = {}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match:
            other = matched.setdefault((int(match[1]), match[3]), match)
            if other is not match:
                raise _twice(name, other[0])
        elif _LOOKS_LIKE_ONE.search(name):
            raise _unreadable(name)
    ups = {number: match for (number, kind), match in matched.items() if kind == "up"}
    downs = {number: match[0] for (number, kind), match in matched.items() if kind == "down"}
    checks = {number: match[0] for (number, kind), match in matched.items() if kind == "check"}
    for kind, others in (("down", downs), ("check", checks)):
        for number in others.keys() - ups.keys():
            raise InvalidInput(
                f"a {kind} file has no up file",
                where=others[number],
                hint=f"Add {others[number].replace(f'.{kind}.sql', '.up.sql')}, or move it away.",
            )
    return tuple(
        Pair(match[1], match[2], match[0], downs.get(number), checks.get(number))
        for number, match in sorted(ups.items())
    )


def _twice(name: str, other: str) -> InvalidInput:
    return InvalidInput(
        f"{other} has the same version",
        where=name,
        hint="Give the newer file another version.",
    )


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(
        "this is not a migration file name",
        where=name,
        hint="Name it YYYYMMDDHHMM_slug.up.sql and YYYYMMDDHHMM_slug.down.sql, or move it away.",
    )
