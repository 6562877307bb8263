"""Which files of a watched folder may be read: those not being written at the moment.

A file still being compressed or copied changes between two scans: it is skipped until one scan
finds it unchanged. A plain log of a busy server never stops growing, but it is only appended to,
and an unterminated last line is read again later. So a plain file that has grown for several scans
is read while it grows; a gzip file never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp", ".filepart", "~")
"""Suffixes of temporary files, before they get their final names."""


class Seen(NamedTuple):
    """A file in one scan: its identity, whatever its name, and its state."""

    device: int
    inode: int
    size: int
    changed_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        """An identity that stays the same under every rotated file name."""
        return self.device, self.inode


PATIENCE = 3
"""The number of consecutive scans that a plain file may change before it is read anyway."""


def is_candidate(name: str) -> bool:
    """True for a possible log name: neither hidden nor temporary."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


@dataclass(slots=True)
class Settling:
    """The files seen and read so far, between the scans of one process.

    It need not be durable: a new process reads every file's head again and learns from the database
    that nothing is new.
    """

    _before: dict[str, Seen] = field(default_factory=dict)
    _restless: dict[str, int] = field(default_factory=dict)
    _read: dict[tuple[int, int], Seen] = field(default_factory=dict)

    def ready(self, now: Mapping[str, Seen]) -> list[str]:
        """The files to read, in order of modification."""
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
        """Record that a file was read as of this scan; later additions count as new."""
        self._read[seen.identity] = seen
