"""One real PostgreSQL for a test process, and for each test the migrated databases.

The server is the product's own embedded one, in a folder that its account can reach. Databases
are migrated once and kept as templates. Tests share one copy of them, wiped before each test
(``clones.py``); a test that changes the schema, roles or a database's settings asks for
``private_stores``.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.store import EmbeddedServer, Stores, open_stores
from wavehouse.workspace import Workspace

sys.path.append(str(Path(__file__).parent))

from clones import Reused, cloned
from stopping import reachable_folder, unwind_on_sigterm


def pytest_configure() -> None:
    """A run that is stopped leaves no server."""
    unwind_on_sigterm()


@pytest.fixture
def home_folder() -> Iterator[Path]:
    """A folder for a WAVEHOUSE_HOME of one test."""
    folder = reachable_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test must not read this machine's WAVEHOUSE_* variables or wavehouse.toml."""
    for name in list(os.environ):
        if name.startswith("WAVEHOUSE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The test run's PostgreSQL, with the three migrated databases; a power cut may take it."""
    folder = reachable_folder()
    settings = config.load({"home": str(folder)}, environment={})
    fleeting = EmbeddedServer(settings.home, lasting=False)
    try:
        with fleeting.running(), open_stores(settings) as stores:
            app.migrate(stores)
            stores.close()
            yield fleeting
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _each(server: EmbeddedServer) -> Iterator[Reused]:
    """The copy that is wiped for each test."""
    reused = Reused(server)
    yield reused
    reused.close()


@pytest.fixture(scope="session")
def _each_module(server: EmbeddedServer) -> Iterator[Reused]:
    """The copy that is wiped for each module; a test of the module may use the other too."""
    reused = Reused(server)
    yield reused
    reused.close()


@pytest.fixture
def stores(_each: Reused) -> Stores:
    """The three databases, empty and migrated; no test before this one shows in them."""
    return _each.wiped()


@pytest.fixture
def private_stores(server: EmbeddedServer) -> Iterator[Stores]:
    """The three databases as copies for this test alone, which may change their schema."""
    with cloned(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_workspace(_each_module: Reused) -> Iterator[Workspace]:
    """A workspace that the tests of a module share: what one leaves behind, others find."""
    folder = reachable_folder()
    settings = config.load({"home": str(folder)}, environment={})
    yield app.entered(settings, _each_module.wiped())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workspace(stores: Stores, home_folder: Path) -> Workspace:
    """An organization with an administrator, on empty databases."""
    settings = config.load({"home": str(home_folder)}, environment={})
    return app.entered(settings, stores)
