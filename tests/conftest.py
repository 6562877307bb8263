"""One real PostgreSQL for a test run, and for each test a copy of the migrated databases.

The server is the product's own embedded one, in a folder that its account can reach. Databases
are migrated once, kept as templates, and cloned (about 0.1 s) or, for tests of queries, used in a
transaction that is rolled back.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from wavehouse import app
from wavehouse.kernel import config
from wavehouse.store import (
    DATABASES,
    Analytics,
    Database,
    EmbeddedServer,
    Listeners,
    Operational,
    Place,
    Stores,
    open_stores,
)
from wavehouse.workspace import Workspace

sys.path.append(str(Path(__file__).parent))


def _reachable_folder() -> Path:
    """A new folder that the server's account may pass, whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-test-", dir="/tmp"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def home_folder() -> Iterator[Path]:
    """A folder for a WAVEHOUSE_HOME of one test."""
    folder = _reachable_folder()
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
    """The test run's PostgreSQL, with the three migrated databases."""
    folder = _reachable_folder()
    settings = config.load({"home": str(folder)}, environment={})
    try:
        with open_stores(settings) as stores:
            app.migrate(stores)
            assert stores.server is not None
            _trust_the_power(stores)
            stores.close()
            yield stores.server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _trust_the_power(stores: Stores) -> None:
    """A test run need not survive a power cut: without fsync a database is cloned faster."""
    admin = stores.operational.place.admin
    with psycopg.connect(admin, dbname="postgres", autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _cloned(server: EmbeddedServer) -> Iterator[Stores]:
    """The three databases, empty and migrated, as copies of their own."""
    secret = server.superuser_password()
    tag = uuid4().hex[:8]
    admin = server.conninfo("postgres", "wavehouse_root", secret)
    places = {
        name: Place(name, make_conninfo(admin, dbname=f"{name}_{tag}"), secret, make_database=False)
        for name in DATABASES
    }
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(f'CREATE DATABASE "{name}_{tag}" TEMPLATE "{name}" STRATEGY wal_log')
            connection.execute(f'REVOKE ALL ON DATABASE "{name}_{tag}" FROM PUBLIC')
            connection.execute(f'GRANT CREATE ON DATABASE "{name}_{tag}" TO wavehouse_{name}_owner')
            for kind in ("app", "worker", "migrate"):
                role = f"wavehouse_{name}_{kind}"
                connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}_{tag}" TO {role}')
        opened = Stores(
            Database[Operational](places["operational"]),
            Database[Listeners](places["listeners"]),
            Database[Analytics](places["analytics"]),
            server,
        )
        try:
            yield opened
        finally:
            opened.close()
            for name in DATABASES:
                connection.execute(f'DROP DATABASE "{name}_{tag}" WITH (FORCE)')


@pytest.fixture
def stores(server: EmbeddedServer) -> Iterator[Stores]:
    """The three databases, empty and migrated, for this test alone."""
    with _cloned(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_workspace(server: EmbeddedServer) -> Iterator[Workspace]:
    """A workspace that the tests of a module share: what one leaves behind, others find."""
    folder = _reachable_folder()
    with _cloned(server) as opened:
        yield app.entered(config.load({"home": str(folder)}, environment={}), opened)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workspace(stores: Stores, home_folder: Path) -> Workspace:
    """An organization with an administrator, on databases of its own."""
    settings = config.load({"home": str(home_folder)}, environment={})
    return app.entered(settings, stores)
