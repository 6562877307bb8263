"""A listener with app passwords, and the whole application on a real port."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.emails import text_of
from tests.serving import served

from wavehouse import listeners
from wavehouse.credentials.hashing import Hasher
from wavehouse.listeners import NewAppPassword
from wavehouse.listeners.http import with_dependencies
from wavehouse.listeners.http.common import RouteDependencies
from wavehouse.listeners.types import Site
from wavehouse.mail import Outbox
from wavehouse.web import problems
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

SITE = "https://pod.example"


@dataclass(frozen=True, slots=True)
class Phone:
    """A listener's app, with user name and password."""

    username: str
    password: str

    @property
    def auth(self) -> tuple[str, str]:
        return self.username, self.password


_NUMBER = iter(range(10**6))


@pytest.fixture
def phone(shared_workspace: Workspace) -> Phone:
    """A new listener with a password for one app."""
    email = f"listener{next(_NUMBER)}@example.org"
    with shared_workspace.stores.listeners.worker() as tx:
        listeners.create(tx, email=email)
    return another(shared_workspace, email)


@pytest.fixture
def other_password(shared_workspace: Workspace) -> Callable[[str, str], Phone]:
    """The password of another app of a listener."""
    return lambda email, device: another(shared_workspace, email, device)


def another(workspace: Workspace, email: str, device: str = "phone") -> Phone:
    with workspace.stores.listeners.worker() as tx:
        made: NewAppPassword = listeners.new_app_password(tx, email=email, device=device)
    return Phone(made.username, made.text)


@pytest.fixture(scope="module")
def server_url(shared_workspace: Workspace) -> Iterator[str]:
    """The address of the whole application."""
    with shared_workspace.stores.listeners.worker() as tx:
        tx.execute("DELETE FROM listeners.rate_limits")  # remove values of another module's server
    with served(live_app(shared_workspace)) as url:
        yield url


@dataclass(frozen=True, slots=True)
class House:
    """The accounts' routes as one application, with readable emails."""

    doors: RouteDependencies
    outbox: Path
    app: FastAPI

    def browser(self, **headers: str) -> TestClient:
        """A browser with separate cookies."""
        return TestClient(self.app, base_url=SITE, headers=headers, raise_server_exceptions=False)

    def letters(self) -> list[EmailMessage]:
        """All emails so far, oldest first."""
        self.doors.later.wait()
        places = sorted(self.outbox.iterdir()) if self.outbox.exists() else []
        return [message_from_bytes(p.read_bytes(), policy=policy.default) for p in places]

    def token(self) -> str:
        """The token of the newest email."""
        found = re.search(r"token=([\w-]{43})", text_of(self.letters()[-1]))
        assert found is not None
        return found[1]

    def signed_in(self, email: str) -> TestClient:
        """A browser in which a link was used."""
        browser = self.browser()
        assert browser.post("/api/v1/listener/links", json={"email": email}).status_code == 202
        told = browser.post("/api/v1/listener/links/redeem", json={"token": self.token()})
        assert told.status_code == 200
        return browser


@pytest.fixture
def house(shared_workspace: Workspace, tmp_path: Path) -> House:
    """Rate limits, emails and cookies for this test only; HTTPS, so that cookies are secure."""
    outbox = tmp_path / "outbox"
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    doors = RouteDependencies(
        shared_workspace.stores.listeners,
        Site(SITE),
        Outbox(outbox),
        scope=uuid4().hex,
        hasher=Hasher(quick),
    )
    app = FastAPI()
    problems.install(app, "wavehouse sign-in-link")
    for router in with_dependencies(doors):
        app.include_router(router)
    return House(doors, outbox, app)
