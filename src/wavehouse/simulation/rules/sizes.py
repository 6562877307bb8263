"""File sizes and thresholds."""

from __future__ import annotations

from wavehouse.simulation.types import Rendition

MINUTE_MS = 60_000


def threshold(size: int, header: int, duration_ms: int) -> int:
    """R26: the header and a minute of audio. R29: everything, for less than a minute."""
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
    """A constant bit rate file: a header, then ``seconds`` of audio."""
    size = header + seconds * kbps * 125
    need = threshold(size, header, seconds * 1000)
    return Rendition(url, host, path, kind, size, header, seconds * 1000, need)


def hls(*, host: str, path: str, seconds: int, piece: int = 6) -> Rendition:
    """A playlist and its segments, ``piece`` seconds each, of varying size."""
    folder = path.rpartition("/")[0]
    segments = tuple(
        Rendition(
            f"https://{host}{folder}/{index:04}.ts", host, f"{folder}/{index:04}.ts", "video/mp2t",
            90_000 + index * 7919 % 9_000, 0, piece * 1000, 0,
        )
        for index in range(seconds // piece)
    )  # fmt: skip
    return Rendition(
        f"https://{host}{path}", host, path, "application/x-mpegURL", 400 + 40 * len(segments), 0,
        len(segments) * piece * 1000, 0, segments,
    )  # fmt: skip
