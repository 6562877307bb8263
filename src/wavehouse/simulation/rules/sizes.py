"""How many bytes a minute is."""

from __future__ import annotations

from wavehouse.simulation.types import Rendition

MINUTE_MS = 60_000


def threshold(size: int, header: int, duration_ms: int) -> int:
    """R26: the header and a minute of audio. R29: everything, when there is no whole minute."""
    if duration_ms < MINUTE_MS:
        return size
    return header + -(-(size - header) * MINUTE_MS // duration_ms)


def rendition(
    url: str,
    *,
    host: str,
    path: str,
    kind: str = "audio/mpeg",
    seconds: int,
    kbps: int = 128,
    header: int = 64_000,
) -> Rendition:
    """A file of constant bit rate: a header, then ``seconds`` of audio."""
    size = header + seconds * kbps * 125
    need = threshold(size, header, seconds * 1000)
    return Rendition(url, host, path, kind, size, header, seconds * 1000, need)
