"""Who visits the pages in tests: a client in process, or a Chromium on a real port."""

from __future__ import annotations

import contextvars
import os
import shutil
import socket
import threading

from fastapi import FastAPI
from starlette.testclient import TestClient
from websample import NOW, SampleServices

from wavehouse.kernel import clock
from wavehouse.web.app import create_app

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def visitor(app: FastAPI, cookies: dict[str, str] | None = None) -> TestClient:
    return TestClient(
        app,
        base_url="http://localhost",
        cookies=cookies,
        headers={"Accept": "text/html"},
        follow_redirects=False,
        raise_server_exceptions=False,
    )


class Served:
    """A real server on a port of this machine, standing still at ``NOW``."""

    def __init__(self, services: SampleServices) -> None:
        import uvicorn

        services.sessions.add("cookie-1")
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(create_app(services), log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        with clock.frozen(NOW):
            frozen = contextvars.copy_context()
        self._thread = threading.Thread(
            target=frozen.run, args=(self._server.run, [self._socket]), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def chromium() -> str | None:
    """The system's Chromium, or the one that WAVEHOUSE_CHROMIUM names."""
    named = os.environ.get("WAVEHOUSE_CHROMIUM")
    names = (named,) if named else ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)
