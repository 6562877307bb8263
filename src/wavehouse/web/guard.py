"""The outermost ring: which hosts are answered, and the headers that every answer carries."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wavehouse.kernel.errors import UsageError
from wavehouse.web.headers import HEADERS
from wavehouse.web.problems import problem
from wavehouse.web.site import Site

_FOR_EVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"


class Guard:
    """Wraps the application; refuses strangers' hosts and adds the headers."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; lifespan and the like pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _decorate(MutableHeaders(scope=message), scope, self._site)
            await send(message)

        if not self._site.allows(Headers(scope=scope).get("host", "")):
            strange = UsageError(
                "This address is not one of the site's names.",
                hint="Open it by localhost, or add the name to the allowed hosts.",
            )
            await problem(strange)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _decorate(headers: MutableHeaders, scope: Scope, site: Site) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if site.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if scope["path"].startswith("/static/"):
        pinned = scope["query_string"].startswith(b"v=")
        headers["Cache-Control"] = _FOR_EVER if pinned else _A_DAY
    else:
        headers.setdefault("Cache-Control", "no-store")
