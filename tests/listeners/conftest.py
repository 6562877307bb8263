"""A listener with app passwords, and the whole application on a real port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn

from wavehouse import listeners
from wavehouse.accounts import Workplace
from wavehouse.listeners import NewAppPassword
from wavehouse.web.live import live_app


@dataclass(frozen=True, slots=True)
class Phone:
    """A listener's app: its user name and password."""

    username: str
    password: str

    @property
    def auth(self) -> tuple[str, str]:
        return self.username, self.password


_NUMBER = iter(range(10**6))


@pytest.fixture
def phone(shared_workplace: Workplace) -> Phone:
    """A new listener with a password for one app."""
    email = f"listener{next(_NUMBER)}@example.org"
    with shared_workplace.stores.listeners.worker() as tx:
        listeners.create(tx, email=email)
    return another(shared_workplace, email)


@pytest.fixture
def other_password(shared_workplace: Workplace) -> Callable[[str, str], Phone]:
    """Another app's password of a listener."""
    return lambda email, device: another(shared_workplace, email, device)


def another(place: Workplace, email: str, device: str = "phone") -> Phone:
    with place.stores.listeners.worker() as tx:
        made: NewAppPassword = listeners.new_app_password(tx, email=email, device=device)
    return Phone(made.username, made.text)


@pytest.fixture(scope="module")
def server_url(shared_workplace: Workplace) -> Iterator[str]:
    """The address of the whole application."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(live_app(shared_workplace), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()
