"""Conditional requests on positions by RFC 9110 (P12): lists of tags, weak tags, ``*``."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import JSONResponse, Response

from wavehouse.kernel.errors import UsageError
from wavehouse.listeners.service.recording import Stale
from wavehouse.listeners.types import Condition

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"\s*(?:,\s*)*{_TAG}(?:\s*,\s*(?:{_TAG})?)*\s*")
_VERSION = re.compile(r'"v(\d{1,18})"')
ANSWER: dict[int | str, dict[str, Any]] = {
    412: {"description": "The position has changed since it was read; the body is the current one."}
}


def etag(version: int) -> str:
    """The strong tag of a version."""
    return f'"v{version}"'


def read(if_match: str | None, if_none_match: str | None) -> Condition:
    """The condition in a request's headers. UsageError (400) for an invalid list of tags.

    ``If-Match`` compares strongly: a weak tag matches nothing, and neither does an empty list. An
    app with an empty variable must not overwrite. ``If-None-Match`` compares weakly.
    """
    match, none_match = (if_match or "").strip(), (if_none_match or "").strip()
    exists = True if match == "*" else False if none_match == "*" else None
    any_of = None
    if if_match is not None and match != "*":
        tags = _tags(match, "If-Match") if match else []
        any_of = frozenset(_versions([tag for tag in tags if not tag.startswith("W/")]))
    if match == none_match == "*":
        any_of = frozenset()  # it would have to exist and not to exist
    none_of: frozenset[int] = frozenset()
    if none_match and none_match != "*":
        tags = _tags(none_match, "If-None-Match")
        none_of = frozenset(_versions([tag.removeprefix("W/") for tag in tags]))
    return Condition(any_of, none_of, exists)


def failed(stale: Stale) -> Response:
    """412 with the current position, or with the problem when there is none."""
    if stale.current is None:
        raise stale
    from fastapi.encoders import jsonable_encoder

    return JSONResponse(
        jsonable_encoder(stale.current),
        status_code=412,
        headers={"ETag": etag(stale.current.version)},
    )


def _tags(header: str, name: str) -> list[str]:
    if not _LIST.fullmatch(header):
        raise UsageError(f'{name} must be a list of entity tags like "v7", or *')
    return re.findall(_TAG, header)


def _versions(tags: list[str]) -> list[int]:
    """The versions that tags name; tags of another form match no version."""
    return [int(match[1]) for tag in tags if (match := _VERSION.fullmatch(tag))]
