"""Covers: a plain one generated from a title, and the check of an uploaded picture.

The generated PNG is packed by our own run-length deflate (RFC 1951, fixed codes), because the bytes
of zlib differ between its builds, and an episode's file must have the same bytes everywhere.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
import zlib
from functools import lru_cache

from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.rules.id3 import Picture

LARGEST = 1024 * 1024
"""Bytes: every episode's file carries its cover."""
SIDE = 1400
"""Pixels of a generated cover; podcast directories require 1,400 to 3,000."""
_SIDES = (300, 3000)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that carry the picture's size."""
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_BARS, _WIDTH, _GAP = 17, 40, 30
_GROUNDS = ("1f3a5f", "27456b", "0f4c4a", "3b2f5c", "5c2f3f", "2f4a2b", "4a3b1f", "1f2a44")
_BAR, _ACCENT = "f4efe6", "f2a65a"
_LENGTHS = (
    *((3 + n, 0) for n in range(8)),
    *((11 + 2 * n, 1) for n in range(4)),
    *((19 + 4 * n, 2) for n in range(4)),
    *((35 + 8 * n, 3) for n in range(4)),
    *((67 + 16 * n, 4) for n in range(4)),
    *((131 + 32 * n, 5) for n in range(4)),
    (258, 0),
)
"""The first length and the extra bits of the codes 257 to 285 (RFC 1951, 3.2.5)."""


def ending_of(media_type: str) -> str:
    """The ending of a cover's address."""
    return "png" if media_type == "image/png" else "jpg"


def checked_cover(content: bytes) -> Picture:
    """An uploaded cover. InvalidInput unless it is a square PNG or JPEG of at most 1 MiB."""
    if len(content) > LARGEST:
        raise InvalidInput(
            f"the cover has {len(content):,} bytes; at most {LARGEST:,} are allowed",
            where="cover",
            hint="Every episode's file carries the cover: save it as a JPEG of 1,400 pixels.",
        )
    media_type = "image/png" if content.startswith(_PNG) else "image/jpeg"
    size = _png_size(content) if media_type == "image/png" else _jpeg_size(content)
    if size is None:
        raise InvalidInput("the cover is not a PNG or JPEG picture", where="cover")
    width, height = size
    low, high = _SIDES
    if width != height or not low <= width <= high:
        raise InvalidInput(
            f"the cover has {width} × {height} pixels; it must be a square of {low} to {high}",
            where="cover",
        )
    return Picture(media_type, content)


@lru_cache(maxsize=64)
def plain_cover(title: str) -> Picture:
    """The generated cover of a title: the same title has the same bytes everywhere."""
    seed = hashlib.sha256(title.encode()).digest()
    heights = [120 + seed[n] * 280 // 255 for n in range(_BARS)]
    accent = seed[_BARS] % _BARS
    half = [_row(heights, accent, distance) for distance in range(SIDE // 2)]
    rows = [*reversed(half), *half]
    packed, above = bytearray(), bytes(SIDE // 4)
    for row in rows:  # filter 2: the difference to the row above, nearly always zeros
        packed += b"\x02" + bytes((a - b) & 0xFF for a, b in zip(row, above, strict=True))
        above = row
    ground = _GROUNDS[seed[_BARS + 1] % len(_GROUNDS)]
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 2, 3, 0, 0, 0)
    palette = bytes.fromhex(ground + _BAR + _ACCENT)
    content = _PNG + _chunk(b"IHDR", header) + _chunk(b"PLTE", palette)
    content += _chunk(b"IDAT", _deflated(bytes(packed))) + _chunk(b"IEND", b"")
    return Picture("image/png", content)


def _row(heights: list[int], accent: int, distance: int) -> bytes:
    """The pixels, two bits each, of the rows that are ``distance`` away from the middle."""
    pixels, radius = 0, _WIDTH // 2
    start = (SIDE - _BARS * _WIDTH - (_BARS - 1) * _GAP) // 2 + radius
    for number, height in enumerate(heights):
        beyond = distance - (height - radius)
        if beyond > radius:
            continue
        half = radius if beyond <= 0 else math.isqrt(radius * radius - beyond * beyond)
        middle = start + number * (_WIDTH + _GAP)
        ones = (1 << (4 * half)) // 3  # 2 × half pixels of colour 1
        pixels |= (ones * (2 if number == accent else 1)) << (2 * (SIDE - middle - half))
    return pixels.to_bytes(SIDE // 4)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _deflated(content: bytes) -> bytes:
    """A zlib stream of one block with fixed codes; repeated bytes are runs of distance 1."""
    bits = ["11", "0"]  # last block; fixed codes, lower bit first
    for match in _RUN.finditer(content):
        byte, run = match[0][0], len(match[0]) - 1
        bits.append(_literal(byte))
        while run >= 3:
            length = min(run, 258)
            bits.append(_repeated(length))
            run -= length
        bits += [_literal(byte)] * run
    bits.append("0" * 7)
    text = "".join(bits)
    body = int(text[::-1], 2).to_bytes(-(-len(text) // 8), "little")
    return b"\x78\x01" + body + struct.pack(">I", zlib.adler32(content))


def _literal(byte: int) -> str:
    return f"{0x30 + byte:08b}" if byte < 144 else f"{0x190 + byte - 144:09b}"


def _repeated(length: int) -> str:
    """A run of the preceding byte: the length's code and extra bits, and distance 1."""
    code = max(n for n, (first, _) in enumerate(_LENGTHS) if first <= length)
    first, extra = _LENGTHS[code]
    symbol = f"{code + 1:07b}" if code + 257 < 280 else f"{0xC0 + code + 257 - 280:08b}"
    more = f"{length - first:0{extra}b}"[::-1] if extra else ""
    return symbol + more + "00000"


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 33 or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return int(width), int(height)


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """The size in a JPEG's frame header; None when there is none."""
    if not content.startswith(_JPEG):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None
