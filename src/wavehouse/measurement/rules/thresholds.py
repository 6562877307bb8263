"""The part of a file that makes a download (R26, R29)."""

from __future__ import annotations

ONE_MINUTE_MS = 60_000


def threshold_bytes(
    size: int | None, header_bytes: int | None, duration_ms: int | None
) -> int | None:
    """The header and one minute of the rest; the whole file when unknown or shorter.

    It is the same as in ``queries.counting``. None when the size is unknown too; then nothing
    counts.
    """
    if size is None or header_bytes is None or duration_ms is None or duration_ms < ONE_MINUTE_MS:
        return size
    minute = (size - header_bytes) * ONE_MINUTE_MS
    return header_bytes + -(-minute // duration_ms)
