"""Visitors of the pages in tests: a client in process, or a Chromium on a real port."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.serving import served
from tests.web.websample import NOW, SampleServices

from wavehouse.kernel import clock
from wavehouse.web.app import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

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

Theme = Literal["light", "dark"]


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
    """A real server on a port of this machine, with its clock frozen at ``NOW``."""

    def __init__(self, services: SampleServices) -> None:
        services.sessions.add("cookie-1")
        self._running = ExitStack()
        with clock.frozen(NOW):
            self.url = self._running.enter_context(served(create_app(services)))

    def stop(self) -> None:
        self._running.close()


def chromium() -> str | None:
    """The system's Chromium, or the one that WAVEHOUSE_CHROMIUM names."""
    named = os.environ.get("WAVEHOUSE_CHROMIUM")
    names = (named,) if named else ("chromium", "chromium-browser", "google-chrome")
    return next((result for name in names if (result := shutil.which(name))), None)


def faults(page: Page) -> list[str]:
    """Serious and critical findings of axe, each with its first location."""
    from axe_playwright_python.sync_playwright import Axe

    result = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in result
        if each["impact"] in ("serious", "critical")
    ]
