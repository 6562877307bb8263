"""Versions of migrations, as numbers that are compared part by part. No I/O."""

from __future__ import annotations

import re

REPEATABLE = "R__"
"""The prefix of a repeatable migration's version; its description follows."""
_AFTER_ALL = 10**30
Key = tuple[int, ...]


def version_key(version: str) -> Key:
    """The sort key of a version: 9999 before 10000, 2 before 2.1, 2.0 is 2; repeatables last."""
    if version.startswith(REPEATABLE):
        return (_AFTER_ALL, *version.encode())
    parts = [int(part) for part in re.split(r"[._]", version)]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def is_version(text: str) -> bool:
    """Whether a text is a valid version, as typed by a user."""
    return bool(re.fullmatch(r"[0-9]+([._][0-9]+)*", text, re.ASCII)) or text.startswith(REPEATABLE)
