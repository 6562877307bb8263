"""A media file as measured: how long, how large, and where its sound begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A wish for bytes: ``length`` of them from ``offset`` on."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What rule R26 needs of one version of a file; None is "not known" and leads to R29."""

    bytes: int | None
    header_bytes: int | None
    duration_ms: int | None

    @property
    def complete(self) -> bool:
        """True when the one-minute threshold can be computed from these facts."""
        return None not in (self.bytes, self.header_bytes, self.duration_ms)
