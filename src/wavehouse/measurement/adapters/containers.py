"""Log containers: gzip, bzip2, xz, zstd, or the rows of a Parquet file.

A compressed file is identified by its content, so that it is the same file, plain or compressed. A
Parquet file's content is one JSON object per row. Memory use is bounded, however large the content
is.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Protocol

import duckdb

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.types import Fault

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PAR1": "parquet",
    # A frame that decompressors skip; pzstd and others write one first (RFC 8878, 3.1.2).
    **{bytes([0x50 + n]) + b"\x2a\x4d\x18": "zstd" for n in range(16)},
}
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x04\x22\x4d\x18": "compressed with lz4",
    b"\xff\x06\x00\x00sNaPpY": "compressed with snappy",
    b"\x5d\x00\x00": "compressed with lzma",
    b"\x1f\x9d": "compressed with compress",
}
_TAR_AT = 257
_BLOCK = 4 * 2**20
_PIECE = 64 * 2**10
_MEMORY = 256 * 2**20
_WINDOW_LOG = 27
_ROWS = 2_000
_ERRORS = (OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError)

OnBytes = Callable[[int], None]
OnFault = Callable[[Fault], None]


class _Decompressor(Protocol):
    """The common interface of bzip2, xz and zstd."""

    @property
    def eof(self) -> bool:
        """True at the end of a stream."""

    @property
    def unused_data(self) -> bytes:
        """The bytes after the stream."""

    @property
    def needs_input(self) -> bool:
        """Whether more input is needed for further output."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Decompress up to ``size`` bytes."""


def container_of(head: bytes) -> str:
    """The container of a file, by its first bytes; empty for a plain file."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def unread_container(head: bytes) -> str:
    """What a file is that must be unpacked first, by the start of its content; empty for a log."""
    if head[_TAR_AT:].startswith(b"ustar"):
        return "a tar archive"
    packed = container_of(head)
    named = next((name for magic, name in _ARCHIVES.items() if head.startswith(magic)), "")
    return named or (f"compressed once more, with {packed}" if packed else "")


def content(
    path: Path, container: str, *, skip: int, on_bytes: OnBytes, on_fault: OnFault
) -> Iterator[bytes]:
    """Blocks of the content from ``skip`` on; for a damaged stream, the output up to the damage."""
    if container == "parquet":
        yield from _skipping(_rows(path, on_bytes), skip)
        return
    with path.open("rb") as file:
        if container == "gzip":
            blocks = _gunzipped(file, on_bytes, on_fault)
        else:
            blocks = _decompressed(file, _MAKERS[container], on_bytes, on_fault)
        yield from _skipping(blocks, skip)


_MAKERS: dict[str, Callable[[], _Decompressor]] = {
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
    "zstd": lambda: zstd.ZstdDecompressor(
        options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    ),
}


def _skipping(blocks: Iterator[bytes], skip: int) -> Iterator[bytes]:
    for block in blocks:
        cut = min(skip, len(block))
        skip -= cut
        if block[cut:]:
            yield block[cut:]


def _gunzipped(file: IO[bytes], on_bytes: OnBytes, on_fault: OnFault) -> Iterator[bytes]:
    """Inflate member after member."""
    inflater, begun = zlib.decompressobj(wbits=31), False
    pending = b""
    while pending or (pending := file.read(_PIECE)):
        begun, spare = True, inflater.copy()
        try:
            block = inflater.decompress(pending, _BLOCK)
        except zlib.error:
            on_fault(Fault.GZIP_CORRUPT)
            yield _before_damage(spare, pending)
            return
        on_bytes(len(pending) - len(inflater.unconsumed_tail) - len(inflater.unused_data))
        pending = inflater.unconsumed_tail
        if inflater.eof:
            pending = inflater.unused_data.lstrip(b"\0")
            inflater, begun = zlib.decompressobj(wbits=31), False
        yield block
    if begun:
        yield inflater.flush()
        on_fault(Fault.GZIP_TRUNCATED)


def _before_damage(inflater: zlib._Decompress, pending: bytes) -> bytes:
    """The output of a damaged piece up to the damage, which the failed call discarded."""
    readable = bytearray()
    with suppress(zlib.error):
        for byte in pending:
            readable += inflater.decompress(bytes([byte]))
    return bytes(readable)


def _decompressed(
    file: IO[bytes], make: Callable[[], _Decompressor], on_bytes: OnBytes, on_fault: OnFault
) -> Iterator[bytes]:
    """Decompress stream after stream."""
    stream, begun, pending = make(), False, b""
    while True:
        if stream.eof:
            pending = stream.unused_data.lstrip(b"\0")
            stream, begun = make(), False
        if not pending and stream.needs_input:
            pending = file.read(_PIECE)
            on_bytes(len(pending))
            if not pending:
                break
        begun = True
        try:
            block = stream.decompress(pending, _BLOCK)
        except _ERRORS:
            on_fault(Fault.GZIP_CORRUPT)
            return
        pending = b""
        yield block
    if begun:
        on_fault(Fault.GZIP_TRUNCATED)


def _rows(path: Path, on_bytes: OnBytes) -> Iterator[bytes]:
    """The rows of a Parquet file as lines of JSON. InvalidInput when it cannot be read."""
    with closing(closed_database()) as database:
        try:
            parts = database.execute(statement("reading", "parquet"), {"path": str(path)})
            while rows := parts.fetchmany(_ROWS):
                block = "".join(f"{line}\n" for (line,) in rows).encode()
                on_bytes(0)
                yield block
        except duckdb.Error as error:
            raise InvalidInput(
                "the Parquet file cannot be read: it is truncated or damaged",
                where=str(path),
                hint=str(error).splitlines()[0],
            ) from None
