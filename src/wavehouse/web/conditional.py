"""Applied to every API route: body size limits and ETags.

A successful GET gets a strong ETag of its body; a matching ``If-None-Match`` gets 304.
"""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 16 * 1024
LARGEST_BATCH = 1024 * 1024
LARGEST_EVENTS = 4 * 1024 * 1024
LARGEST_SCRIPT = 4 * 1024 * 1024
LARGEST_PDF = 20 * 1024 * 1024
LARGEST_ARCHIVE = 32 * 1024 * 1024
_PREFIX = "/api/v1/"
_BATCHES = "/api/v1/listener/"
_EVENTS = "/api/v1/learning/"
_ARCHIVES = "/api/v1/listener/import"
_STUDIO = "/api/v1/studio/"
_PDFS = "/documents/pdf"


class Conditional:
    """Wraps the application; only affects ``/api/v1/``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._app(scope, receive, send)
            return
        taken = send if scope["method"] != "GET" else _Tagged(Headers(scope=scope), send)
        counted = _Counted(receive, _largest(scope["path"]), _declared(Headers(scope=scope)))
        await self._app(scope, counted, taken)


def _largest(path: str) -> int:
    """The maximum size of a request body in bytes; listeners' archives have the largest."""
    if path.startswith(_STUDIO):
        return LARGEST_PDF if path.endswith(_PDFS) else LARGEST_SCRIPT
    if path == _ARCHIVES:
        return LARGEST_ARCHIVE
    if path.startswith(_EVENTS):
        return LARGEST_EVENTS
    return LARGEST_BATCH if path.startswith(_BATCHES) else LARGEST_BODY


def _declared(headers: Headers) -> int:
    """The size that a request declares for its body, in bytes; 0 if it declares none."""
    text = headers.get("content-length", "")
    return int(text[:20]) if text.isascii() and text.isdecimal() else 0


class _Counted:
    """A request body with a size limit. A declared size above it is refused before any byte."""

    def __init__(self, receive: Receive, largest: int, declared: int) -> None:
        self._receive = receive
        self._largest = largest
        self._declared = declared
        self._seen = 0

    async def __call__(self) -> Message:
        if self._declared > self._largest:
            raise HTTPException(413)
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._largest:
            raise HTTPException(413)
        return message


class _Tagged:
    """Buffers a JSON response to compute its ETag; files are streamed."""

    def __init__(self, headers: Headers, send: Send) -> None:
        self._known = headers.get("if-none-match", "")
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            is_json = headers.get("content-type", "").startswith("application/json")
            if message["status"] == 200 and is_json and "etag" not in headers:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        tag = etag(self._body)
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        if tag in self._known:
            del headers["content-length"]
            start["status"], self._body = 304, b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})


def etag(body: bytes) -> str:
    """The strong ETag of a representation."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
