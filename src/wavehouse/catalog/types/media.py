"""A media file as measured: its duration, its size, and where its audio begins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range request: ``length`` bytes from ``offset``."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of an HLS rendition: its position in the programme, and its size if known."""

    url: str
    start_ms: int
    duration_ms: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The facts that rule R26 needs of one version of a file; None is "unknown" and leads to R29.

    For an HLS rendition, ``bytes`` is its length in milliseconds, and the segments are known (R13).
    They differ by address, so other addresses for the same programme are not a new version.
    ``hops`` are the addresses that a redirecting file leads to, the target last (R03).
    """

    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None
    segments: tuple[Segment, ...] = field(default=(), compare=False)
    hops: tuple[str, ...] = field(default=(), compare=False)

    @property
    def complete(self) -> bool:
        """True when the one-minute threshold can be computed from these facts."""
        return None not in (self.bytes, self.header_bytes, self.duration_ms)
