"""A feed that this program makes, as the catalogue's reader wants it."""

from __future__ import annotations

from pathlib import Path

from wavehouse.catalog import Fetched

_TAG_HEAD = 10


class OwnFeed:
    """A source of one document that is here already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def fetch(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """The document; validators are not looked at."""
        return Fetched(location, self._body, "utf-8", None, None, False, None)


def header_bytes(path: Path) -> int:
    """The bytes of an MP3 before its first frame: the ID3 tag."""
    with path.open("rb") as file:
        head = file.read(_TAG_HEAD)
    if head[:3] != b"ID3" or len(head) < _TAG_HEAD:
        return 0
    size = 0
    for byte in head[6:]:
        size = size << 7 | (byte & 0x7F)
    return size + _TAG_HEAD
