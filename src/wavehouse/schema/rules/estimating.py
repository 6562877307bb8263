"""The estimated duration of a statement's work: bytes divided by rates of an ordinary disk.

It distinguishes a second from an hour. Rates are deliberately low; a plan reports the bytes and
rows, so that other rates can be used.
"""

from __future__ import annotations

from collections.abc import Mapping

from wavehouse.schema.types import Effect, Size

REWRITE_BYTES = 60_000_000
"""Bytes of table and indexes that are read, written and logged per second."""
SCAN_BYTES = 400_000_000
"""Bytes of a table that are read and checked per second."""
BUILD_ROWS = 700_000
"""Rows that are sorted into an index per second."""
_ANY = 0.005


def seconds_of(effect: Effect, sizes: Mapping[str, Size]) -> float:
    """Seconds a statement works while it holds its locks."""
    work = _ANY if effect.locks else 0.0
    work += sum(sizes[name].bytes / REWRITE_BYTES for name in effect.rewrites if name in sizes)
    scanned = [name for name in effect.scans if name not in effect.rewrites and name in sizes]
    work += sum(sizes[name].bytes / SCAN_BYTES for name in scanned)
    if effect.builds and not effect.rewrites:
        rows = max((sizes[o.relation].rows for o in effect.locks if o.relation in sizes), default=0)
        work += len(effect.builds) * rows / BUILD_ROWS
    return work
