"""The databases with their sample rows, created once for this folder and never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wavehouse import schema
from wavehouse.store import DATABASES, EmbeddedServer, databases_folder, owner_role

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def seeded(server: EmbeddedServer) -> Iterator[dict[str, str]]:
    """An administrator's conninfo of a seeded copy of each database."""
    secret = server.superuser_password()
    admin = server.conninfo("postgres", "wavehouse_root", secret)
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(f"CREATE DATABASE seeded_{name} TEMPLATE {name} STRATEGY wal_log")
            connection.execute(
                f"GRANT CREATE, CONNECT ON DATABASE seeded_{name} TO wavehouse_{name}_owner"
            )
        places: dict[str, str] = {
            name: server.conninfo(f"seeded_{name}", "wavehouse_root", secret) for name in DATABASES
        }
        for name in DATABASES:
            schema.seed(places[name], databases_folder(name) / "seeds", role=owner_role(name))
        yield places
        for name in DATABASES:
            connection.execute(f"DROP DATABASE seeded_{name} WITH (FORCE)")


@pytest.fixture
def sample(seeded: dict[str, str]) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """A connection to each seeded database; a test's changes are rolled back."""
    opened = {name: psycopg.connect(conninfo) for name, conninfo in seeded.items()}
    try:
        yield opened
    finally:
        for connection in opened.values():
            connection.rollback()
            connection.close()


@pytest.fixture(scope="session")
def documented(seeded: dict[str, str], root: Path) -> Callable[[Any], tuple[Any, Any]]:
    """A database's catalogue and its reserved tables, each read once."""

    @cache
    def read(name: Any) -> tuple[Any, Any]:
        found = schema.catalogue(seeded[name], role=owner_role(name))
        ladder = databases_folder(name) / "migrations"
        return found, schema.reserved_tables(name, found, root / "src" / "wavehouse", ladder)

    return read
