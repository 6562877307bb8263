"""``media.json``: the facts of media files by address, for files that cannot be probed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wavehouse.catalog.rules.values import web_url
from wavehouse.catalog.types.media import MediaFacts
from wavehouse.kernel.errors import InvalidInput, NotFound

_KEYS = frozenset({"bytes", "header_bytes", "duration_ms"})
_LARGEST = 2**63 - 1


def read_media_file(path: Path) -> dict[str, MediaFacts]:
    """Every address of the file with its facts; one clear error for the first wrong entry."""
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
        reason = getattr(wrong, "msg", "it nests too deeply")
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
            hint='each entry is {"bytes": n, "header_bytes": n, "duration_ms": n}',
        )

    if not isinstance(facts, dict):
        raise wrong("its facts are no object")
    if unknown := sorted(facts.keys() - _KEYS):
        raise wrong(f"{unknown[0]!r} is not known")
    for key, value in facts.items():
        lowest = 0 if key == "header_bytes" else 1
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= _LARGEST:
            raise wrong(f"{key} must be a whole number from {lowest} on")
    size, header = facts.get("bytes"), facts.get("header_bytes")
    if size is not None and header is not None and header >= size:
        raise wrong("header_bytes must be smaller than bytes")
    return MediaFacts(size, header, facts.get("duration_ms"))
