"""Sorted address ranges with labels: one bisect per lookup, one small file on disk.

An IPv4 address is its 32-bit integer. An IPv6 address is the integer of its **first 64 bits**
everywhere in Wavehouse (R04), so both versions fit machine words.

The file is one line of JSON (version, count, labels), then zlib: the distances between consecutive
starts as little-endian words, then one label number (a byte) per start. Label 0 means "unknown", so
gaps are ordinary entries and a lookup never has to check an end.
"""

from __future__ import annotations

import heapq
import json
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal

Version = Literal[4, 6]
Span = tuple[int, int, str]

WIDTH_BITS: dict[Version, int] = {4: 32, 6: 64}
_WORD: dict[Version, str] = {4: "I", 6: "Q"}


@dataclass(frozen=True, slots=True)
class RangeMap:
    """A map from addresses to labels; immutable, made by ``painted`` or ``load``."""

    version: Version
    starts: Sequence[int]
    numbers: bytes
    labels: tuple[str | None, ...]

    def lookup(self, ip_int: int) -> str | None:
        """The label at an address, or None."""
        return self.labels[self.numbers[bisect_right(self.starts, ip_int) - 1]]

    def ranges_of(self, label: str) -> tuple[tuple[int, int], ...]:
        """Every (first, last) range with the label, both included, in order."""
        if label not in self.labels:
            return ()
        number = self.labels.index(label)
        ranges: list[tuple[int, int]] = []
        position = self.numbers.find(number)
        while position >= 0:
            following = position + 1
            end = (
                self.starts[following]
                if following < len(self.starts)
                else 1 << WIDTH_BITS[self.version]
            )
            ranges.append((self.starts[position], end - 1))
            position = self.numbers.find(number, following)
        return tuple(ranges)


def painted(version: Version, spans: Iterable[Span]) -> RangeMap:
    """A map of the spans, where a later span overrides an earlier one."""
    ordered = sorted(
        (first, -order, last, label) for order, (first, last, label) in enumerate(spans)
    )
    edges = sorted({0} | {s[0] for s in ordered} | {s[2] + 1 for s in ordered})
    names: tuple[str | None, ...] = (None, *sorted({s[3] for s in ordered}))
    number_of = {name: number for number, name in enumerate(names)}
    active: list[tuple[int, int, str]] = []
    starts, numbers, coming = array(_WORD[version]), bytearray(), 0
    for edge in edges:
        if edge >> WIDTH_BITS[version]:
            break
        while coming < len(ordered) and ordered[coming][0] <= edge:
            _, rank, last, label = ordered[coming]
            heapq.heappush(active, (rank, last, label))
            coming += 1
        while active and active[0][1] < edge:
            heapq.heappop(active)
        number = number_of[active[0][2]] if active else 0
        if not numbers or numbers[-1] != number:
            starts.append(edge)
            numbers.append(number)
    return RangeMap(version, starts, bytes(numbers), names)


def dump(ranges: RangeMap, path: Path, *, version: str) -> None:
    """Write the file; the same map gives the same bytes."""
    deltas = array(_WORD[ranges.version], ranges.starts)
    for position in range(len(deltas) - 1, 0, -1):
        deltas[position] -= deltas[position - 1]
    if sys.byteorder == "big":
        deltas.byteswap()
    head = {
        "version": version,
        "ip": ranges.version,
        "count": len(deltas),
        "labels": ranges.labels[1:],
    }
    body = zlib.compress(deltas.tobytes() + ranges.numbers, 9)
    path.write_bytes(json.dumps(head).encode() + b"\n" + body)


def load(path: Path) -> RangeMap:
    """Read a file written by ``dump``."""
    first_line, _, body = path.read_bytes().partition(b"\n")
    head = json.loads(first_line)
    ip: Version = head["ip"]
    raw = zlib.decompress(body)
    deltas = array(_WORD[ip])
    split = head["count"] * deltas.itemsize
    deltas.frombytes(raw[:split])
    if sys.byteorder == "big":
        deltas.byteswap()
    starts = array(_WORD[ip], accumulate(deltas))
    return RangeMap(ip, starts, raw[split:], (None, *head["labels"]))
