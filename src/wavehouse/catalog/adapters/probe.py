"""Measure media files: a few range requests to find where the audio begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from wavehouse.catalog.rules.hls import (
    MOST_SEGMENTS,
    Playlist,
    facts_of,
    is_playlist,
    joined,
    read_playlist,
)
from wavehouse.catalog.rules.media import plausible, read_media
from wavehouse.catalog.rules.mpeg import WINDOW
from wavehouse.catalog.types.media import ByteRange, MediaFacts, Segment
from wavehouse.fetching import Answer, Deadline, Web
from wavehouse.kernel.errors import InvalidInput, NotFound, Unreachable
from wavehouse.kernel.web_addresses import shown

_CONTENT_RANGE = re.compile(
    r"bytes\s+(\d{1,19})-(\d{1,19})/(\d{1,40}|\*)", re.IGNORECASE | re.ASCII
)
_MOST_REQUESTS = 8
_LARGEST = 2**63 - 1
_FURTHEST_WITHOUT_RANGES = 4 * 1024 * 1024
ReadRange = Callable[[ByteRange], tuple[bytes, int | None]]


class MediaProbe(Protocol):
    """Measures a media file by its address."""

    def probe(self, url: str) -> MediaFacts:
        """The facts of the file, as far as they can be determined."""
        ...


def driven(read: ReadRange) -> MediaFacts:
    """Feed the pure reader the ranges it asks for, a limited number of times."""
    head, total = read(ByteRange(0, WINDOW))
    reader = read_media(head, total)
    data: bytes | None = None
    for _ in range(_MOST_REQUESTS):
        try:
            wish = reader.send(data) if data is not None else next(reader)
        except StopIteration as done:
            facts: MediaFacts = done.value
            return plausible(facts)
        data, _total = read(wish)
    return MediaFacts(total, None, None)


class WebMediaProbe:
    """Measures files on the web without downloading them."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def probe(self, url: str) -> MediaFacts:
        """The facts of the file at an address, with at most nine range requests.

        Where the address redirects, its hops and its target are among the facts (R03).
        """
        deadline = self._web.deadline()  # one for all requests: each is small
        hops: dict[str, None] = {}
        if is_playlist(url):
            facts = self._rendition(url, deadline, hops)
        else:
            facts = driven(lambda wish: self._range(url, wish, deadline, hops))
        return replace(facts, hops=tuple(hop for hop in hops if hop != url))

    def _rendition(self, url: str, deadline: Deadline, hops: dict[str, None]) -> MediaFacts:
        """An HLS rendition: its playlist, and the playlists it references (R13)."""
        first = self._playlist(url, deadline, hops)
        segments = list(first.segments)
        for named in first.playlists[:_MOST_REQUESTS]:
            # A playlist has no duration; its address is kept: requests for it name the episode.
            segments.append(Segment(named, 0, 0, None))
            segments += self._playlist(named, deadline, {}).segments
        return facts_of(joined(segments[:MOST_SEGMENTS]))

    def _playlist(self, url: str, deadline: Deadline, hops: dict[str, None]) -> Playlist:
        with self._web.get(url, {}, deadline=deadline) as answer:
            hops.update(dict.fromkeys((*answer.hops, answer.url)))
            status = answer.response.status_code
            if status != 200:
                raise Unreachable(
                    f"the server responded with status {status}", where=shown(answer.url)
                )
            text = self._web.body(answer).decode("utf-8", "replace")
            playlist = read_playlist(text, answer.url)
        if playlist is None:
            raise InvalidInput("this is not an HLS playlist", where=shown(url))
        return playlist

    def _range(
        self, url: str, wish: ByteRange, deadline: Deadline, hops: dict[str, None]
    ) -> tuple[bytes, int | None]:
        last = wish.offset + wish.length - 1
        # identity: positions in a compressed answer would not be positions in the file
        headers = {"Range": f"bytes={wish.offset}-{last}", "Accept-Encoding": "identity"}
        with self._web.get(url, headers, deadline=deadline) as answer:
            hops.update(dict.fromkeys((*answer.hops, answer.url)))
            response = answer.response
            status = response.status_code
            if status == 416:
                return b"", None
            if status in {404, 410}:
                raise NotFound(f"the server has no such file ({status})", where=shown(answer.url))
            if status not in {200, 206}:
                raise Unreachable(
                    f"the server responded with status {status}", where=shown(answer.url)
                )
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise InvalidInput("the server sent the file compressed", where=shown(answer.url))
            if status == 206:
                stated = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
                if stated is None or int(stated[1]) != wish.offset:
                    raise InvalidInput("the server sent a different range", where=shown(answer.url))
                total = _size(stated[3])
                return self._web.start_of_body(answer, wish.length), total
            return self._without_ranges(answer, wish)

    def _without_ranges(self, answer: Answer, wish: ByteRange) -> tuple[bytes, int | None]:
        """For servers that ignore ranges: read up to the requested range if it is near."""
        total = _size(answer.response.headers.get("content-length", ""))
        end = wish.offset + wish.length
        if end > _FURTHEST_WITHOUT_RANGES:
            return b"", total
        return self._web.start_of_body(answer, end)[wish.offset :], total


def _size(text: str) -> int | None:
    """The file size stated by the server; None if it is not plausible."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    return int(text) if 0 < int(text) <= _LARGEST else None
