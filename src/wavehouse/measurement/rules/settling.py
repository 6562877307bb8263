"""Which files of a watched folder may be read: those that are not being written just now.

A file that is still being made, half packed or half copied, changes between two looks: it is left
alone until it has stood still for one. A plain log of a busy server never stands still; it is only
ever appended to, and a last line without its end is read again when it has one. So a plain file
that has been growing for some looks is read while it grows; a gzip never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp", ".filepart", "~")
"""Endings under which programs make files before they give them their names."""


class Seen(NamedTuple):
    """A file at one look: which one it is, however it is called, and its state."""

    device: int
    inode: int
    size: int
    changed_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        """The same under every name that a rotation gives it."""
        return self.device, self.inode


PATIENCE = 3
"""So many looks in a row a plain file may change before it is read all the same."""


def is_candidate(name: str) -> bool:
    """True for a name that a log may have: not hidden, and not one of a file in the making."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


@dataclass(slots=True)
class Settling:
    """What was seen and what was read, between the looks of one program.

    Nothing of it must last: a new program reads every file's head once more and finds by the
    database that nothing is new.
    """

    _before: dict[str, Seen] = field(default_factory=dict)
    _restless: dict[str, int] = field(default_factory=dict)
    _read: dict[tuple[int, int], Seen] = field(default_factory=dict)

    def ready(self, now: Mapping[str, Seen]) -> list[str]:
        """The files to read, in the order in which they were written."""
        rows = [name for name, seen in now.items() if self._may_be_read(name, seen)]
        self._before = dict(now)
        self._restless = {n: count for n, count in self._restless.items() if n in now}
        present = {seen.identity for seen in now.values()}
        self._read = {key: seen for key, seen in self._read.items() if key in present}
        return sorted(rows, key=lambda name: (now[name].changed_ns, name))

    def _may_be_read(self, name: str, seen: Seen) -> bool:
        before = self._before.get(name)
        stands = before == seen
        self._restless[name] = 0 if stands else self._restless.get(name, 0) + 1
        grows = before is not None and before.identity == seen.identity and seen.size > before.size
        plain = not name.lower().endswith(".gz")
        lasting = grows and plain and self._restless[name] > PATIENCE
        return (stands or lasting) and self._is_news(seen)

    def _is_news(self, seen: Seen) -> bool:
        read = self._read.get(seen.identity)
        return seen.size > 0 and (read is None or read[2:] != seen[2:])

    def was_read(self, seen: Seen) -> None:
        """A file was read as it was at this look; what is appended meanwhile is news again."""
        self._read[seen.identity] = seen
