"""The web application of a workspace, built once for all clients of a test.

Building it takes about a second: FastAPI analyses some 400 routes.
"""

from __future__ import annotations

from collections import deque

from fastapi import FastAPI

from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

_BUILT: deque[tuple[Workspace, FastAPI]] = deque(maxlen=2)
"""Only the newest: an application holds its workspace's connections."""


def application(workspace: Workspace) -> FastAPI:
    """The application on this workspace; the same one for an equal workspace."""
    for known, app in _BUILT:
        if known == workspace:
            return app
    app = live_app(workspace)
    _BUILT.append((workspace, app))
    return app
