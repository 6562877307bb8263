"""Small media files, built byte by byte, so that their content is known."""

from __future__ import annotations

import struct

FRAME_BYTES = 417  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz, not padded
FRAME_HEAD = b"\xff\xfb\x90\x00"
SAMPLES = 1152
RATE = 44100


def frame(payload: bytes = b"", head: bytes = FRAME_HEAD, size: int = FRAME_BYTES) -> bytes:
    """One frame that holds ``payload`` and silence."""
    return (head + payload).ljust(size, b"\0")


def xing_frame(frames: int, name: bytes = b"Xing") -> bytes:
    """The frame that states how many frames follow."""
    return frame(b"\0" * 32 + name + struct.pack(">II", 1, frames))


def vbri_frame(frames: int) -> bytes:
    """The same frame in Fraunhofer's format."""
    return frame(b"\0" * 32 + b"VBRI" + struct.pack(">HHHII", 1, 0, 0, 0, frames))


def id3(size: int, *, footer: bool = False) -> bytes:
    """An ID3v2.4 tag with ``size`` bytes of content."""
    sevens = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    head = b"ID3\x04\x00" + (b"\x10" if footer else b"\x00") + sevens
    return head + b"\0" * size + (b"3DI" + head[3:] if footer else b"")


def box(kind: bytes, payload: bytes = b"", *, wide: bool = False) -> bytes:
    """An MP4 box."""
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(payload) + 16) + payload
    return struct.pack(">I4s", len(payload) + 8, kind) + payload


def mvhd(scale: int, duration: int, *, version: int = 0) -> bytes:
    """A movie header."""
    form = ">IIIII" if version == 0 else ">IQQIQ"
    return box(b"mvhd", struct.pack(form, version << 24, 0, 0, scale, duration) + b"\0" * 80)


FTYP = box(b"ftyp", b"M4A \0\0\0\0isomiso2")
