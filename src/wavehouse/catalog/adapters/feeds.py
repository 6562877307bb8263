"""Sources of feed documents: the web, or, for the command line only, a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol, TypeGuard
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from wavehouse.catalog.rules.feed import MAX_FEED_BYTES
from wavehouse.catalog.rules.websub import links_of
from wavehouse.catalog.types.feed import Fetched
from wavehouse.catalog.types.polling import ServerBusy
from wavehouse.fetching import Answer, Web
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Gone, InvalidInput, NotFound, Unreachable, WavehouseError
from wavehouse.kernel.retrying import retry_after
from wavehouse.kernel.web_addresses import shown

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_LONGEST_VALIDATOR = 1000
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)


class FeedSource(Protocol):
    """A source of feed documents."""

    def fetch(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Fetch the document, or report that it has not changed since these validators."""
        ...


class WebFeedSource:
    """Feeds over http and https, with conditional requests."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def fetch(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Get the feed at an address; 304 comes back as ``not_modified``."""
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if _is_sendable(value)}
        with self._web.get(location, {"Accept": _ACCEPT, **headers}) as answer:
            status = answer.response.status_code
            if status == 304 and headers:
                return _fetched(answer, b"", not_modified=True)
            if status != 200:
                raise _refusal(answer)
            return _fetched(answer, self._web.body(answer), not_modified=False)


def _refusal(answer: Answer) -> WavehouseError:
    """The error for a status other than 200."""
    status, where = answer.response.status_code, shown(answer.url)
    if status == 410:
        return Gone("the server reports that the feed is gone permanently (410)", where=where)
    if status == 404:
        return NotFound("the server has no such feed (404)", where=where)
    wait = retry_after(answer.response.headers.get("retry-after"), now=clock.now())
    if wait is not None:
        return ServerBusy(f"the server responded with status {status}", where=where, wait=wait)
    return Unreachable(f"the server responded with status {status}", where=where)


def _is_sendable(value: str | None) -> TypeGuard[str]:
    """Whether a validator can be sent back: some servers send characters not allowed in headers."""
    return (
        value is not None
        and 0 < len(value) <= _LONGEST_VALIDATOR
        and value.isascii()
        and value.isprintable()
    )


def _kept(value: str | None) -> str | None:
    return value if _is_sendable(value) else None


def _fetched(answer: Answer, body: bytes, *, not_modified: bool) -> Fetched:
    headers = answer.response.headers
    charset = _CHARSET.search(headers.get("content-type", ""))
    return Fetched(
        location=answer.url,
        body=body,
        charset=charset.group(1) if charset else None,
        etag=_kept(headers.get("etag")),
        last_modified=_kept(headers.get("last-modified")),
        not_modified=not_modified,
        moved_to=answer.moved_to,
        links=links_of(headers.get("link")),
    )


def local_path(location: str) -> Path:
    """The path that a plain path or a ``file:`` address names."""
    if not location.lower().startswith("file:"):
        return Path(location)
    parts = urlsplit(location)
    if parts.netloc not in {"", "localhost"}:
        raise InvalidInput("a file: address must name a file on this machine", where=location)
    return Path(url2pathname(unquote(parts.path)))


class FileFeedSource:
    """Feeds from files, for the command line alone.

    A server must not read its own disk at a user's request.
    """

    def fetch(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Read the file; files are always read, whatever the validators."""
        path = local_path(location)
        try:
            if not path.is_file():
                raise NotFound("there is no such file", where=str(path))
            size = path.stat().st_size
            if size > MAX_FEED_BYTES:
                raise InvalidInput(
                    f"the file has {size:,} bytes; a feed may have {MAX_FEED_BYTES:,}",
                    where=str(path),
                )
            body = path.read_bytes()
        except OSError as wrong:
            raise InvalidInput(
                f"the file cannot be read: {wrong.strerror}", where=str(path)
            ) from wrong
        return Fetched(path.absolute().as_uri(), body, None, None, None, False, None)


def is_web_address(location: str) -> bool:
    """True when ``location`` is a web address, not a file."""
    return location.lower().startswith(("http://", "https://"))
