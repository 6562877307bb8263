"""One real PostgreSQL for a test run, and for each test a copy of the migrated databases.

The server is the product's own embedded one, in a folder that its account can reach. Databases
are migrated once for many runs (``migrated.py``), copied once for each process, and emptied after
each test (``clones.py``).
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient
from tests.clones import Clones
from tests.migrated import copy_home
from tests.stopping import reachable_folder, unwind_on_sigterm

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.store import (
    EmbeddedServer,
    Stores,
    open_stores,
)
from wavehouse.workspace import Workspace

# A busy machine is not a test failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure() -> None:
    """Let a run that SIGTERM stops tear down its fixtures.

    Nothing becomes garbage while tests are collected, and looking for it takes a third of the time.
    """
    unwind_on_sigterm()
    gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again, without searching the thousands of collected tests each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    """Let the interpreter find at its end what the collected tests hold."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop() -> Iterator[None]:
    """Let all test clients share an event loop, as the clients of a server do.

    A client of its own makes a thread and a loop for every request, which costs some milliseconds.
    """
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TestClient, "_portal_factory", lambda client: nullcontext(client.portal or portal)
        )
        yield


@pytest.fixture
def home_folder() -> Iterator[Path]:
    """A folder for a WAVEHOUSE_HOME of one test."""
    folder = reachable_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this machine's WAVEHOUSE_* variables and wavehouse.toml from tests."""
    for name in list(os.environ):
        if name.startswith("WAVEHOUSE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The test run's PostgreSQL, with the migrated databases."""
    folder = reachable_folder()
    settings = config.load({"home": str(folder)}, environment={})
    copy_home(folder)
    try:
        with EmbeddedServer(settings.home, lasting=False).running() as server:
            with open_stores(settings) as stores:
                app.migrate(stores)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def clones(server: EmbeddedServer) -> Iterator[Clones]:
    """The copies of the databases that this process's tests use one after another."""
    made = Clones(server)
    yield made
    made.close()


@pytest.fixture
def stores(clones: Clones) -> Iterator[Stores]:
    """The databases, empty and migrated, for this test only."""
    with clones.lent() as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_workspace(clones: Clones) -> Iterator[Workspace]:
    """A workspace shared by a module's tests: changes of one test are visible to the next."""
    folder = reachable_folder()
    with clones.lent() as opened:
        yield app.entered(config.load({"home": str(folder)}, environment={}), opened)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workspace(stores: Stores, home_folder: Path) -> Workspace:
    """An organization with an administrator, in databases of its own."""
    settings = config.load({"home": str(home_folder)}, environment={})
    return app.entered(settings, stores)
