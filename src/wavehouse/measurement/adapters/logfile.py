"""Log files: plain or compressed, identified by content, cut into chunks of whole lines.

Problems of files are handled here, before an engine reads them: lines of hundreds of megabytes,
bytes that are not UTF-8, a compressed stream that ends early, a last line still being written.
Offsets and line numbers are those of the uncompressed content, so that a file and its gzip are one
file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.adapters.containers import container_of, content, unread_container
from wavehouse.measurement.rules.masking import masked
from wavehouse.measurement.types import Chunk, Fault, Reject, Tail

CHUNK_BYTES = 8 * 2**20
LINE_LIMIT = 64 * 2**10
MOST_LINES = 2**18
"""Lines of one chunk: log lines have 60 bytes or more, so only a hostile file exceeds this."""
HEAD_BYTES = 4096
_BLOCK = 4 * 2**20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_EXCERPT = 640
_BEFORE_TAIL = 50


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file's content: enough to identify it and to detect its format."""

    content: bytes
    complete: bool

    def hash(self, length: int) -> bytes:
        """SHA-256 of the first ``length`` bytes."""
        return hashlib.sha256(self.content[:length]).digest()


class LogFile:
    """A log file, opened for its uncompressed content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.on_bytes: Callable[[int], None] = lambda _: None
        self.fault: Reject | None = None
        self.stop: int | None = None
        if path.exists() and not path.is_file():
            raise InvalidInput(
                "this is not a regular file; a log is read in pieces, and reopened after it has "
                "grown",
                where=str(path),
                hint="Save it as a file first.",
            )
        try:
            with path.open("rb") as file:
                self._container = container_of(file.read(16))
        except OSError as error:
            raise InvalidInput(
                f"the log cannot be read: {error.strerror}", where=str(path)
            ) from None
        self.size = path.stat().st_size

    def head(self) -> Head:
        """The first bytes of the content. InvalidInput when they cannot belong to a log."""
        content = b""
        for block in self._blocks(HEAD_BYTES + 1):
            content += block
            if len(content) > HEAD_BYTES:
                break
        if self.fault is not None and not content:
            raise InvalidInput(
                "the compressed stream is damaged from the beginning", where=str(self.path)
            )
        self.fault = None
        if unread := unread_container(content):
            raise InvalidInput(
                f"the log is {unread}",
                where=str(self.path),
                hint="Unpack it first. Logs may be plain, gzip, bzip2, xz, zstd or Parquet.",
            )
        if content.startswith(_UTF16):
            raise InvalidInput(
                "the log is UTF-16, which no web server writes",
                where=str(self.path),
                command=f"iconv -f UTF-16 -t UTF-8 {self.path.name} > log.txt",
            )
        return Head(content[:HEAD_BYTES], complete=len(content) <= HEAD_BYTES)

    def chunks(self, first_byte: int, first_line: int, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
        """Whole lines from ``first_byte`` on, which is the start of line ``first_line``."""
        cutter = _Cutter(first_byte, first_line, size)
        for block in self._blocks(_BLOCK, skip=first_byte):
            yield from cutter.feed(block)
        yield from cutter.finish(broken=self.fault is not None)
        if self.fault is not None:
            offset = cutter.next_byte
            self.fault = Reject(cutter.next_line, offset, 0, self.fault.fault, self.fault.excerpt)

    def sample(self) -> str:
        """The first chunk with readable lines, for a head that does not show the format."""
        for chunk in self.chunks(0, 1, size=LINE_LIMIT):
            if chunk.text.strip():
                return chunk.text
        return ""

    def lines_at(self, byte_offsets: Iterable[int]) -> Iterator[tuple[int, bytes | None]]:
        """The lines that start at these offsets, in one pass; None where no line starts."""
        wanted = sorted(set(byte_offsets))
        held, start, block_end = bytearray(), max(min(wanted, default=0) - 1, 0), 0
        blocks = self._blocks(_BLOCK, skip=start)
        block_end = start
        for offset in wanted:
            drop = max(offset - 1, 0) - start
            if drop > 0:
                del held[:drop]
                start = max(offset - 1, 0)
            while (end := _line_end(held, offset - start)) < 0:
                if len(held) - (offset - start) > LINE_LIMIT:
                    break
                block = next(blocks, None)
                if block is None:
                    break
                # Content before the wanted line is discarded as it is read.
                skip = min(max(start - block_end, 0), len(block))
                block_end += len(block)
                held += block[skip:]
            yield offset, _line(held, offset - start, end)

    def line_at(self, byte_offset: int) -> bytes | None:
        """The line that starts at an offset; None when no line starts there."""
        return next(self.lines_at([byte_offset]))[1]

    def line_from(self, byte_offset: int, at_most: int) -> bytes | None:
        """Some bytes from an offset on; None when the file ends before it."""
        block = next(self._blocks(at_most, skip=byte_offset), None)
        return None if block is None else block[:at_most]

    def _blocks(self, size: int, skip: int = 0) -> Iterator[bytes]:
        if self._container:
            yield from content(
                self.path,
                self._container,
                skip=skip,
                on_bytes=lambda count: self.on_bytes(count),
                on_fault=self._broken,
            )
            return
        with self.path.open("rb") as file:
            file.seek(skip)
            while block := file.read(self._wanted(size, file.tell())):
                self.on_bytes(len(block))
                yield block

    def _wanted(self, size: int, at: int) -> int:
        """How many bytes to read next: up to ``stop``."""
        return size if self.stop is None else max(0, min(size, self.stop - at))

    @property
    def is_packed(self) -> bool:
        """Whether the file is compressed, so that it can only be read from its start."""
        return bool(self._container)

    def _broken(self, fault: Fault) -> None:
        happened = "ends here prematurely" if fault is Fault.GZIP_TRUNCATED else "is damaged here"
        self.fault = Reject(0, 0, 0, fault, f"the compressed stream {happened}")


def _line_end(held: bytearray, start: int) -> int:
    """The end of the line that starts at ``start``; -1 when it is not in the buffer yet."""
    return held.find(b"\n", start) if start < len(held) else -1


def _line(held: bytearray, start: int, end: int) -> bytes | None:
    """The line at ``start``, which must follow a line end; the last line may be unterminated."""
    if start > 0 and held[start - 1 : start] != b"\n":
        return None
    if end >= 0:
        return bytes(held[start:end])
    rest = bytes(held[start:])
    return rest if rest and len(rest) <= LINE_LIMIT else None


class _Cutter:
    """Cuts blocks into chunks of whole lines, setting aside lines that no engine can read."""

    def __init__(self, first_byte: int, first_line: int, size: int) -> None:
        self.next_byte = first_byte
        self.next_line = first_line
        self._size = size
        self._held = bytearray()
        self._skipping: int | None = None  # bytes of an overlong line so far
        self._excerpt = ""

    def feed(self, block: bytes) -> Iterator[Chunk]:
        """Add a block; returns the chunks that are full."""
        if self._skipping is not None:
            end = block.find(b"\n")
            self._skipping += len(block) if end < 0 else end
            if end < 0:
                return
            yield self._skipped(terminated=True)
            block = block[end + 1 :]
        self._held += block
        if len(self._held) >= self._size:
            end = self._held.rfind(b"\n") + 1
            with memoryview(self._held) as held:
                whole = bytes(held[:end])  # copied once
            del self._held[:end]
            yield from (self._chunk(part, lines) for part, lines in _parts(whole))
        if len(self._held) > LINE_LIMIT and b"\n" not in self._held:
            # A line over the limit: skip it, remembering only its offset.
            self._excerpt = masked(bytes(self._held[:_EXCERPT]).decode("utf-8", "replace"))
            self._skipping = len(self._held)
            self._held.clear()

    def _skipped(self, *, terminated: bool) -> Chunk:
        length = self._skipping or 0
        reject = Reject(self.next_line, self.next_byte, length, Fault.LINE_TOO_LONG, self._excerpt)
        chunk = Chunk("", self.next_line, self.next_byte, 1, length + terminated, (reject,))
        self.next_byte += chunk.bytes
        self.next_line += 1
        self._skipping = None
        return chunk

    def finish(self, *, broken: bool) -> Iterator[Chunk]:
        """The remaining lines.

        An unterminated last line is read too, but its bytes are not consumed: if the file grows,
        the line is read again, and identified by its offset.
        """
        if self._skipping is not None:
            yield self._skipped(terminated=False)
            return
        end = self._held.rfind(b"\n") + 1
        whole, tail = bytes(self._held[:end]), bytes(self._held[end:])
        self._held.clear()
        if broken:  # the rest of a truncated line is known to be missing
            tail = b""
        *parts, (last, count) = [*_parts(whole)] or [(b"", 0)]
        yield from (self._chunk(part, lines) for part, lines in parts)
        if last or tail:
            yield self._chunk(last, count, tail)

    def _chunk(self, content: bytes, lines: int, tail: bytes = b"") -> Chunk:
        text, rejects = _decoded(content + tail, self.next_line, self.next_byte)
        tails = (tail_of(text),) if tail and text and not text.endswith("\n") else ()
        chunk = Chunk(
            text, self.next_line, self.next_byte, lines, len(content), rejects, tails=tails
        )
        self.next_byte += len(content)
        self.next_line += lines
        return chunk


def _parts(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Whole lines and their number, in several parts if many: each bad line costs memory."""
    start, lines = 0, content.count(b"\n")
    if lines > MOST_LINES:
        while len(content) - start > MOST_LINES:
            end = content.rfind(b"\n", start, start + MOST_LINES) + 1
            end = end or content.index(b"\n", start) + 1
            part = content[start:end]
            inside = part.count(b"\n")
            yield part, inside
            start, lines = end, lines - inside
    if start < len(content):
        yield content[start:], lines


def tail_of(text: str) -> Tail:
    """The unterminated last line of a text, and some lines before it."""
    *before, line = text.rsplit("\n", _BEFORE_TAIL + 1)
    return Tail(text.count("\n") + 1, line, tuple(before[-_BEFORE_TAIL:]))


def _decoded(content: bytes, first_line: int, first_byte: int) -> tuple[str, tuple[Reject, ...]]:
    """The text of a chunk, in which unreadable lines are empty."""
    if b"\0" not in content and not _has_long_line(content):
        try:
            return content.decode("utf-8"), ()
        except UnicodeDecodeError:
            pass
    lines: list[str] = []
    rejects: list[Reject] = []
    offset = first_byte
    for number, line in enumerate(content.split(b"\n")):
        text = _legible(line)
        lines.append(text or "")
        if text is None:
            fault = Fault.LINE_TOO_LONG if len(line) > LINE_LIMIT else Fault.BAD_ENCODING
            excerpt = masked(line[:_EXCERPT].decode("utf-8", "replace"))
            rejects.append(Reject(first_line + number, offset, len(line), fault, excerpt))
        offset += len(line) + 1
    return "\n".join(lines), tuple(rejects)


def _has_long_line(content: bytes) -> bool:
    """True when a line exceeds the limit; checks one line end per ``LINE_LIMIT`` bytes."""
    start = 0
    while len(content) - start > LINE_LIMIT:
        end = content.rfind(b"\n", start, start + LINE_LIMIT + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _legible(line: bytes) -> str | None:
    if len(line) > LINE_LIMIT or b"\0" in line:
        return None
    text = line.decode("utf-8", "replace")  # an exception per line would take twice as long
    return text if "\ufffd" not in text or text.encode() == line else None
