"""Collapse duplicate slashes from clients that concatenate URLs: ``//api/2``."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_LEADING = re.compile(r"^(/gpodder)?//+")


class Slashes:
    """Wraps the application; duplicate slashes at the start of a client's path count as one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and _LEADING.match(scope["path"]):
            path = _LEADING.sub(lambda match: f"{match[1] or ''}/", scope["path"])
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
