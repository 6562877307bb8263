"""Find where the audio of an MP4 (M4A, M4B, MOV) file begins, and its duration.

``header_bytes`` (rule R26): with ``moov`` in front, everything before the payload of the first
``mdat``. With ``moov`` at the end, a player must fetch it too before it can play: then everything
outside the payload counts as header.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from wavehouse.catalog.rules.mpeg import WINDOW, Reading
from wavehouse.catalog.types.media import ByteRange, MediaFacts

_MOST_BOXES = 64
_LONGEST_HEAD = 16


@dataclass(frozen=True, slots=True)
class Box:
    """A box: type, start, size of its header, total size."""

    kind: bytes
    start: int
    head: int
    size: int

    @property
    def end(self) -> int:
        """The first byte after the box."""
        return self.start + self.size


def box_at(data: bytes, at: int, start: int, limit: int | None) -> Box | None:
    """The box whose header is at ``at`` in ``data`` and at ``start`` in the file."""
    if at + 8 > len(data):
        return None
    size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
    if size == 1 and at + 16 <= len(data):
        size, head = int.from_bytes(data[at + 8 : at + 16]), 16
    elif size == 0 and limit is not None:
        size = limit - start
    if size < head or not all(32 <= c < 127 or c == 0xA9 for c in kind):
        return None
    return Box(kind, start, head, size)


def looks_like_mp4(head: bytes) -> bool:
    """True when the first box has a type that MP4 files can start with."""
    return head[4:8] in {b"ftyp", b"moov", b"mdat", b"styp", b"free", b"skip", b"wide"}


def mvhd_duration_ms(payload: bytes) -> int | None:
    """The duration stated in a movie header; None for 0 and for "unknown" (all ones)."""
    wide = payload[:1] == b"\x01"
    at, width = (20, 8) if wide else (12, 4)
    if len(payload) < at + 4 + width:
        return None
    scale = int.from_bytes(payload[at : at + 4])
    raw = payload[at + 4 : at + 4 + width]
    if not scale or raw.strip(b"\xff") == b"":
        return None
    return round(int.from_bytes(raw) * 1000 / scale) or None


class _Window:
    """The part of the file that has been read."""

    def __init__(self, head: bytes) -> None:
        self.start, self.data = 0, head

    def at(self, offset: int, length: int) -> Generator[ByteRange, bytes, int]:
        """The position of ``offset`` in ``data``, requesting more when needed."""
        start = offset - self.start
        if start < 0 or start + length > len(self.data):
            self.data = yield ByteRange(offset, WINDOW)
            self.start = offset
        return offset - self.start


def _duration(window: _Window, outer: Box) -> Generator[ByteRange, bytes, int | None]:
    """The duration in the ``mvhd`` (or a fragmented file's ``mehd``) inside ``moov``."""
    offset, scale = outer.start + outer.head, 0
    for _ in range(_MOST_BOXES):
        if offset >= outer.end:
            break
        position = yield from window.at(offset, min(128, outer.end - offset))
        box = box_at(window.data, position, offset, outer.end)
        if box is None:
            break
        payload = window.data[position + box.head : position + min(box.size, 128)]
        if box.kind == b"mvhd":
            milliseconds = mvhd_duration_ms(payload)
            if milliseconds:
                return milliseconds
            at = 20 if payload[:1] == b"\x01" else 12
            scale = int.from_bytes(payload[at : at + 4])
        if box.kind == b"mvex" and scale:
            inner = box_at(window.data, position + box.head, offset + box.head, box.end)
            if inner and inner.kind == b"mehd":
                body = payload[inner.head : inner.size]
                raw = body[4:12] if body[:1] == b"\x01" else body[4:8]
                return round(int.from_bytes(raw) * 1000 / scale) or None
        offset = box.end
    return None


def read_mp4(head: bytes, total: int | None) -> Reading:
    """The facts of an MP4 file that starts with ``head``."""
    window, offset = _Window(head), 0
    moov: Box | None = None
    mdat: Box | None = None
    for _ in range(_MOST_BOXES):
        if (total is not None and offset >= total) or (moov and mdat):
            break
        position = yield from window.at(offset, _LONGEST_HEAD)
        box = box_at(window.data, position, offset, total)
        if box is None:
            break
        if box.kind == b"moov":
            moov = moov or box
        elif box.kind == b"mdat":
            mdat = mdat or box
        offset = box.end
    duration = (yield from _duration(window, moov)) if moov else None
    return MediaFacts(total, _header_bytes(moov, mdat, total), duration)


def _header_bytes(moov: Box | None, mdat: Box | None, total: int | None) -> int | None:
    if moov is None or mdat is None:
        return None
    if moov.start < mdat.start:
        return mdat.start + mdat.head
    return None if total is None else total - (mdat.size - mdat.head)
