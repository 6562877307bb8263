"""The application with invented figures, in process and, for the browser, on a real port."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from tests.web.websample import NOW, SampleServices
from tests.web.webvisitor import CHROMIUM_FLAGS, Served, chromium, visitor

from wavehouse.kernel import clock
from wavehouse.web.app import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(autouse=True)
def _cookies_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor drops cookies that have expired by the frozen clock, not by this machine's."""
    now = SimpleNamespace(time=lambda: clock.now().timestamp())
    monkeypatch.setattr("http.cookiejar.time", now)


@pytest.fixture
def services() -> SampleServices:
    """Invented figures; the link is ``one-time``."""
    return SampleServices()


@pytest.fixture
def client(services: SampleServices) -> Iterator[TestClient]:
    """A signed-in visitor, on 20 November 2026."""
    services.sessions.add("cookie-1")
    with clock.frozen(NOW):
        yield visitor(create_app(services), cookies={"wh_session": "cookie-1"})


@pytest.fixture
def stranger(services: SampleServices) -> Iterator[TestClient]:
    """A visitor without a session."""
    with clock.frozen(NOW):
        yield visitor(create_app(services))


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one, browser tests are skipped with a message."""
    executable = chromium()
    if executable is None:
        pytest.skip(
            "no Chromium found: apt-get install -y chromium (or set WAVEHOUSE_CHROMIUM to one)"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        result = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield result
        result.close()
