"""Pages of a list: an opaque cursor marks the entry after which the next page starts.

A cursor holds the sort key of the last returned entry, so that pages stay correct when entries are
added meanwhile. It is not a secret and grants no access: row security still applies.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from wavehouse.kernel.errors import UsageError

LARGEST_PAGE = 200
PAGE = 50
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some entries of a list, and the cursor of the next page or None at the end."""

    data: list[T]
    next_cursor: str | None


def encoded(key: Sequence[str]) -> str:
    """The cursor after the entry with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decoded(cursor: str, parts: int) -> list[str]:
    """The sort key in a cursor. Raises UsageError for an invalid cursor."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(map(_is_text, key)):
        raise UsageError("invalid cursor", hint="Start again without a cursor.")
    return key


def _is_text(part: object) -> bool:
    """Whether a part of a key is a text that a database can hold."""
    return (
        isinstance(part, str) and "\0" not in part and part == part.encode(errors="ignore").decode()
    )


def page_of(
    entries: Sequence[T], *, key: Callable[[T], tuple[str, ...]], cursor: str | None, limit: int
) -> Page[T]:
    """A page of a list in memory; ``key`` gives each entry's name. UsageError for unknown names."""
    start = 0
    if cursor is not None:
        names = [key(entry) for entry in entries]
        wanted = tuple(decoded(cursor, len(names[0]) if names else 1))
        if wanted not in names:
            raise UsageError(
                "the entry of this cursor no longer exists", hint="Start again without a cursor."
            )
        start = names.index(wanted) + 1
    return cut(list(entries[start : start + limit + 1]), key=key, limit=limit)


def cut(entries: list[T], *, key: Callable[[T], tuple[str, ...]], limit: int) -> Page[T]:
    """A page from a list with one extra entry: the extra one shows that there is a next page."""
    more = len(entries) > limit
    kept = entries[:limit]
    return Page(kept, encoded(key(kept[-1])) if more and kept else None)
