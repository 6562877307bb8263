"""``media.json``: the facts of media files by address, for files that cannot be probed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from wavehouse.catalog.rules.hls import facts_of, joined
from wavehouse.catalog.types.media import MediaFacts, Segment
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.web_addresses import web_url

_KEYS = frozenset({"bytes", "header_bytes", "duration_ms", "redirects"})
_SEGMENT_KEYS = frozenset({"uri", "duration_ms", "bytes"})
_LARGEST = 2**63 - 1


def read_media_file(path: Path) -> dict[str, MediaFacts]:
    """Read every address in the file with its facts; raises one error for the first bad entry."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as wrong:
        raise NotFound("there is no such media file", where=str(path)) from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidInput(
            "the media file cannot be read as UTF-8 text", where=str(path)
        ) from wrong
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        line = getattr(wrong, "lineno", 1)
        reason = getattr(wrong, "msg", "it is nested too deeply")
        raise InvalidInput(
            f"the media file is not JSON: {reason}", where=f"{path}:{line}"
        ) from wrong
    if not isinstance(document, dict):
        raise InvalidInput("the media file must hold an object of addresses", where=f"{path}:1")
    return {_address(url, path): _facts(url, facts, path, text) for url, facts in document.items()}


def _line_of(url: str, text: str) -> int:
    return text[: max(0, text.find(json.dumps(url)))].count("\n") + 1


def _address(url: str, path: Path) -> str:
    return web_url(url) or url


def _facts(url: str, facts: Any, path: Path, text: str) -> MediaFacts:
    def wrong(reason: str) -> InvalidInput:
        return InvalidInput(
            f"{url}: {reason}",
            where=f"{path}:{_line_of(url, text)}",
            hint='Each entry is {"bytes": n, "header_bytes": n, "duration_ms": n}, with '
            '"redirects": ["<url>"] if the address redirects; or for HLS '
            '{"segments": [{"uri": "1.ts", "duration_ms": n, "bytes": n}]}.',
        )

    if not isinstance(facts, dict):
        raise wrong("its entry is not an object")
    if "segments" in facts:
        return _rendition(url, facts, wrong)
    if unknown := sorted(facts.keys() - _KEYS):
        raise wrong(f"unknown field {unknown[0]!r}")
    hops = _redirects(facts.pop("redirects", None), wrong)
    for key, value in facts.items():
        lowest = 0 if key == "header_bytes" else 1
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= _LARGEST:
            raise wrong(f"{key} must be a whole number of at least {lowest}")
    size, header = facts.get("bytes"), facts.get("header_bytes")
    if size is not None and header is not None and header >= size:
        raise wrong("header_bytes must be smaller than bytes")
    return MediaFacts(size, header, facts.get("duration_ms"), hops=hops)


def _redirects(value: Any, wrong: Callable[[str], InvalidInput]) -> tuple[str, ...]:
    """The addresses that the file's own address redirects to (R03)."""
    if value is None:
        return ()
    addresses = [web_url(entry) if isinstance(entry, str) else None for entry in _listed(value)]
    if None in addresses:
        raise wrong("redirects must be a list of addresses")
    return tuple(entry for entry in addresses if entry is not None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [None]


def _rendition(url: str, facts: dict[str, Any], wrong: Callable[[str], InvalidInput]) -> MediaFacts:
    """An HLS rendition from its segments, in playback order (R13)."""
    named = facts["segments"]
    if not isinstance(named, list) or not named:
        raise wrong("segments must be a list of segments")
    if others := sorted(facts.keys() - {"segments"}):
        raise wrong(f"{others[0]!r} cannot be combined with segments, which determine it")
    segments, start = [], 0
    for index, entry in enumerate(named, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("uri"), str):
            raise wrong(f"segment {index} has no uri")
        if unknown := sorted(entry.keys() - _SEGMENT_KEYS):
            raise wrong(f"unknown field {unknown[0]!r} in segment {index}")
        duration, size = entry.get("duration_ms"), entry.get("bytes")
        if not isinstance(duration, int) or not (_whole(duration, 0) and _sized(size)):
            raise wrong(f"duration_ms and bytes of segment {index} must be whole numbers")
        segments.append(Segment(urljoin(url, entry["uri"]), start, duration, size))
        start += duration
    return facts_of(joined(segments))


def _sized(value: Any) -> bool:
    return value is None or _whole(value, 1)


def _whole(value: Any, lowest: int) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and lowest <= value <= _LARGEST
