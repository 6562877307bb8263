"""HLS playlists (RFC 8216): the segments and their durations (R13).

Only the parts that counting needs are read: segments, initialisation sections, and the variants of
a master playlist. Variants are the same programme in other qualities, so their segments share its
time: switching between them counts no minute twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from wavehouse.catalog.types.media import MediaFacts, Segment

MOST_SEGMENTS = 20_000
_EXTINF = re.compile(r"#EXTINF:\s*(\d{1,6}(?:\.\d+)?)")
_BYTERANGE = re.compile(r"#EXT-X-BYTERANGE:\s*(\d{1,15})(?:@(\d{1,15}))?")
_URI = re.compile(r'URI="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Playlist:
    """A parsed playlist: the playlists it references, or its own segments."""

    playlists: tuple[str, ...]
    segments: tuple[Segment, ...]


def is_playlist(url: str) -> bool:
    """True when an address ends like a playlist's."""
    return url.partition("?")[0].partition("#")[0].lower().endswith((".m3u8", ".m3u"))


def read_playlist(text: str, url: str) -> Playlist | None:
    """Parse a playlist, with absolute addresses; None when it is not a playlist."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    if not lines or lines[0] != "#EXTM3U":
        return None
    if any(line.startswith(("#EXT-X-STREAM-INF", "#EXT-X-MEDIA:")) for line in lines):
        return Playlist(tuple(dict.fromkeys(_named(lines, url))), ())
    return Playlist((), tuple(joined(_segments(lines, url))))


def _named(lines: list[str], url: str) -> Iterator[str]:
    """Variants and alternative renditions of a master playlist."""
    for line in lines:
        if line.startswith("#EXT-X-MEDIA:") and (match := _URI.search(line)):
            yield urljoin(url, match[1])
        elif line and not line.startswith("#"):
            yield urljoin(url, line)


def _segments(lines: list[str], url: str) -> Iterator[Segment]:
    start, duration, ranged, reach = 0.0, 0.0, 0, 0
    for line in lines:
        if match := _EXTINF.match(line):
            duration = float(match[1])
        elif match := _BYTERANGE.match(line):
            offset = int(match[2]) if match[2] else reach
            ranged = reach = offset + int(match[1])
        elif line.startswith("#EXT-X-MAP:") and (match := _URI.search(line)):
            yield Segment(urljoin(url, match[1]), round(start * 1000), 0, None)
        elif line and not line.startswith("#"):
            begin, end = round(start * 1000), round((start + duration) * 1000)
            yield Segment(urljoin(url, line), begin, end - begin, ranged or None)
            start, duration, ranged = start + duration, 0.0, 0


def joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """One segment per address: byte ranges of one file, and the file's own initialisation."""
    by_url: dict[str, Segment] = {}
    for segment in segments:
        before = by_url.get(segment.url)
        if before is None:
            by_url[segment.url] = segment
            continue
        first = min(before.start_ms, segment.start_ms)
        last = max(before.start_ms + before.duration_ms, segment.start_ms + segment.duration_ms)
        size = max(before.bytes or 0, segment.bytes or 0) or None
        by_url[segment.url] = Segment(segment.url, first, last - first, size)
    yield from by_url.values()


def facts_of(segments: Iterable[Segment]) -> MediaFacts:
    """The facts of a rendition: its length in milliseconds replaces the byte size."""
    known = tuple(segments)
    length = max((s.start_ms + s.duration_ms for s in known), default=0)
    if not length:
        return MediaFacts(None, None, None, known)
    return MediaFacts(length, 0, length, known)
