"""``read_media`` detects a file's format and extracts its facts, without I/O."""

from __future__ import annotations

from wavehouse.catalog.rules.mp4 import looks_like_mp4, read_mp4
from wavehouse.catalog.rules.mpeg import Reading, first_frame, id3v2_size, read_mpeg
from wavehouse.catalog.types.media import MediaFacts


def read_media(head: bytes, total: int | None) -> Reading:
    """Facts of a media file from its first bytes, asking for more ranges where needed.

    For unsupported formats (Ogg, WAV, playlists) only the size is known; rule R29 then requires all
    bytes.
    """
    if looks_like_mp4(head):
        return (yield from read_mp4(head, total))
    if id3v2_size(head) or first_frame(head) is not None:
        return (yield from read_mpeg(head, total))
    return MediaFacts(total, None, None)


def plausible(facts: MediaFacts) -> MediaFacts:
    """The facts without contradictions, such as a header larger than its file."""
    size, header = facts.bytes, facts.header_bytes
    if size is not None and header is not None and header >= size:
        return MediaFacts(size, None, None)
    return facts
