"""Find where the audio of an MPEG file begins, and its duration.

``header_bytes`` (rule R26) is everything before the first audio frame: ID3v2 tags with their
artwork, one after the other, and padding. A Xing, Info or VBRI frame counts as audio: it plays as
silence, and players request it with the rest.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from wavehouse.catalog.types.media import ByteRange, MediaFacts

Reading = Generator[ByteRange, bytes, MediaFacts]
"""A reader without I/O: it yields ranges, receives their bytes, and returns the facts."""

WINDOW = 64 * 1024
_MOST_TAGS = 8
_ID3_HEADER = 10
_FOOTER_FLAG = 0x10
_FRAMES_TO_AGREE = 16

_BITRATES_V1_L3 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_V1_L2 = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_BITRATES_V1_L1 = tuple(range(32, 449, 32))
_BITRATES_V2_L1 = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_BITRATES_V2_L23 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of one MPEG audio frame."""

    size: int
    bitrate: int
    sample_rate: int
    samples: int
    side_info: int
    identity: tuple[int, int, int]


def id3v2_size(head: bytes) -> int:
    """The full size of an ID3v2 tag starting here, footer included; 0 when there is none."""
    if len(head) < _ID3_HEADER or head[:3] != b"ID3" or head[3] == 0xFF or max(head[6:10]) > 0x7F:
        return 0
    size = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
    footer = _ID3_HEADER if head[5] & _FOOTER_FLAG else 0
    return _ID3_HEADER + size + footer


def _bitrates(version: int, layer: int) -> tuple[int, ...]:
    if version == 3:
        return (_BITRATES_V1_L3, _BITRATES_V1_L2, _BITRATES_V1_L1)[layer - 1]
    return _BITRATES_V2_L1 if layer == 3 else _BITRATES_V2_L23


def frame_at(data: bytes, at: int) -> Frame | None:
    """The frame whose header is here, or None. Free-format frames have no known size: None."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = (data[at + 1] >> 3) & 3, (data[at + 1] >> 1) & 3
    index, rate_index = data[at + 2] >> 4, (data[at + 2] >> 2) & 3
    if version == 1 or layer == 0 or index in (0, 15) or rate_index == 3:
        return None
    bitrate = _bitrates(version, layer)[index - 1] * 1000
    rate = _RATES[version][rate_index]
    padding = (data[at + 2] >> 1) & 1
    mono = data[at + 3] >> 6 == 3
    if layer == 3:
        samples, size = 384, (12 * bitrate // rate + padding) * 4
    else:
        samples = 576 if layer == 1 and version != 3 else 1152
        size = samples // 8 * bitrate // rate + padding
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return Frame(size, bitrate, rate, samples, side, (version, layer, rate_index))


def first_frame(data: bytes) -> int | None:
    """The position of the first frame that is followed by another of its kind, or None."""
    at = data.find(b"\xff")
    while at != -1:
        frame = frame_at(data, at)
        if frame is not None:
            following = frame_at(data, at + frame.size)
            if following is not None and following.identity == frame.identity:
                return at
        at = data.find(b"\xff", at + 1)
    return None


def _counted_frames(data: bytes, at: int, frame: Frame) -> int | None:
    """The number of frames stated by a Xing, Info or VBRI header."""
    xing = at + 4 + frame.side_info
    if data[xing : xing + 4] in (b"Xing", b"Info") and data[xing + 7] & 1:
        return int.from_bytes(data[xing + 8 : xing + 12]) or None
    vbri = at + 4 + 32
    if data[vbri : vbri + 4] == b"VBRI":
        return int.from_bytes(data[vbri + 14 : vbri + 18]) or None
    return None


def _constant_bitrate(data: bytes, at: int) -> int | None:
    """The bitrate when the first frames agree: a file without Xing header is usually CBR."""
    seen: set[int] = set()
    for _ in range(_FRAMES_TO_AGREE):
        frame = frame_at(data, at)
        if frame is None:
            break
        seen.add(frame.bitrate)
        at += frame.size
    return seen.pop() if len(seen) == 1 else None


def _duration_ms(data: bytes, at: int, audio_bytes: int | None) -> int | None:
    frame = frame_at(data, at)
    if frame is None:
        return None
    frames = _counted_frames(data, at, frame)
    if frames:
        return round(frames * frame.samples * 1000 / frame.sample_rate)
    bitrate = _constant_bitrate(data, at)
    if bitrate is None or audio_bytes is None:
        return None
    return round(audio_bytes * 8000 / bitrate)


def read_mpeg(head: bytes, total: int | None) -> Reading:
    """The facts of an MPEG audio file that starts with ``head``."""
    offset, data = 0, head
    for _ in range(_MOST_TAGS):
        size = id3v2_size(data)
        if not size:
            break
        offset += size
        data = data[size:]
        if len(data) < WINDOW // 4 and (total is None or offset < total):
            data = yield ByteRange(offset, WINDOW)
    start = first_frame(data)
    if start is None:
        return MediaFacts(total, None, None)
    header = offset + start
    audio = total - header if total is not None else None
    return MediaFacts(total, header, _duration_ms(data, start, audio))
