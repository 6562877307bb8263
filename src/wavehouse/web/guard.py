"""The outermost middleware: allowed hosts and origins, and the headers of every response."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wavehouse.kernel.errors import Refused, UsageError, WavehouseError
from wavehouse.web.headers import CORS, CROSS_ORIGIN, HEADERS
from wavehouse.web.problems import problem
from wavehouse.web.site import Site

_FOR_EVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_NOT_COMPRESSED = frozenset({"", "identity"})
_log = logging.getLogger("wavehouse.web")


class Guard:
    """Wraps the application: refuses foreign hosts and origins, adds the headers."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; other ASGI events pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _decorate(MutableHeaders(scope=message), scope, self._site)
            await send(message)

        refused = self._refusal(scope, Headers(scope=scope))
        if refused is not None:
            error, status = refused
            await problem(error, status=status)(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            _log.warning("A client disconnected before its request was complete.")

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[WavehouseError, int] | None:
        """The error and status for a request refused before routing, or None."""
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return UsageError("The address contains a NUL character."), 400
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._site.allows(hosts[0]):
            strange = UsageError(
                "This host name is not one of the site's."
                if len(hosts) == 1
                else "A request must have exactly one Host header.",
                hint="Use localhost, or add the name to the allowed hosts.",
            )
            return strange, 400
        if not _NOT_COMPRESSED.issuperset(headers.getlist("content-encoding")):
            plain = UsageError(
                "Compressed request bodies are not accepted.",
                hint="Send it without Content-Encoding.",
            )
            return plain, 415
        if (
            scope["method"] not in _READING
            and "cookie" in headers
            and self._is_foreign(headers, hosts[0])
        ):
            return Refused(
                "This request came from another site.",
                hint="Reload the page and try again.",
            ), 403
        return None

    def _is_foreign(self, headers: Headers, host: str) -> bool:
        """Whether the browser says that another site's page sent the request.

        Programs send neither header, and only send cookies deliberately.
        """
        origins = headers.getlist("origin")
        if origins in ([], ["null"]):  # our pages send no referrer, so their forms say "null"
            unsaid = "cross-site" if origins else "none"
            return headers.get("sec-fetch-site", unsaid) not in {"same-origin", "none"}
        try:
            sent = urlsplit(origins[0])
            named = sent.netloc.lower().removesuffix({"http": ":80", "https": ":443"}[sent.scheme])
        except (ValueError, KeyError):
            return True
        if len(origins) != 1 or (
            self._site.secure and sent.scheme != "https" and not _local(named)
        ):
            return True
        own = {host.lower().removesuffix(":80").removesuffix(":443"), self._site.netloc}
        return named not in own


def _local(netloc: str) -> bool:
    return netloc.startswith(("localhost", "127.0.0.1", "[::1]"))


def _decorate(headers: MutableHeaders, scope: Scope, site: Site) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith(CROSS_ORIGIN):
        headers.update(CORS)
    if site.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if scope["path"].startswith("/static/"):
        pinned = scope["query_string"].startswith(b"v=")
        headers["Cache-Control"] = _FOR_EVER if pinned else _A_DAY
    else:
        headers.setdefault("Cache-Control", "no-store")
