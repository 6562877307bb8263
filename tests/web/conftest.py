"""The application on made-up figures, in process and, for the browser, on a real port."""

from __future__ import annotations

import contextvars
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parent))

from fastapi import FastAPI
from starlette.testclient import TestClient
from websample import NOW, SampleServices

from wavehouse.kernel import clock
from wavehouse.web.app import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture
def services() -> SampleServices:
    """Made-up figures; the link is ``one-time``."""
    return SampleServices()


@pytest.fixture
def client(services: SampleServices) -> Iterator[TestClient]:
    """A visitor who is signed in, on 20 November 2026."""
    services.sessions.add("cookie-1")
    with clock.frozen(NOW):
        yield visitor(create_app(services), cookies={"wh_session": "cookie-1"})


@pytest.fixture
def stranger(services: SampleServices) -> Iterator[TestClient]:
    """A visitor without a session."""
    with clock.frozen(NOW):
        yield visitor(create_app(services))


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


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a dashboard with data."""
    served = Served(SampleServices())
    yield served.url
    served.stop()


@pytest.fixture(scope="session")
def empty_site() -> Iterator[str]:
    """The address of a dashboard without any data."""
    served = Served(SampleServices(empty=True))
    yield served.url
    served.stop()


def chromium() -> str | None:
    """The system's Chromium, or the one that WAVEHOUSE_CHROMIUM names."""
    named = os.environ.get("WAVEHOUSE_CHROMIUM")
    names = (named,) if named else ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of the system; without one, browser tests are skipped and say how to get it."""
    executable = chromium()
    if executable is None:
        pytest.skip(
            "no Chromium found: apt-get install -y chromium (or set WAVEHOUSE_CHROMIUM to one)"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield found
        found.close()
