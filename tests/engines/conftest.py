"""The engines that the conformance suite runs on, and events to run it with."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

import duckdb
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from wavehouse.engines import Engine, java_missing, open_engine

DAYS = (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31))
ADDRESSES = {
    "timescale": "WAVEHOUSE_TEST_TIMESCALE_URL",
    "citus": "WAVEHOUSE_TEST_CITUS_URL",
    "clickhouse-server": "WAVEHOUSE_TEST_CLICKHOUSE_URL",
}


def _where(name: str, condition: bool, missing: str) -> Any:
    return pytest.param(
        name, marks=pytest.mark.skipif(not condition, reason=f"not run here: {missing}")
    )


SPARK_CLUSTER = "WAVEHOUSE_TEST_SPARK_MASTER"
"""Names a standalone master, ``spark://host:port``; ``make conformance`` starts one."""
URLS = {name: os.environ[url] for name, url in ADDRESSES.items() if url in os.environ}
"""Read here: tests run without the variables of the environment."""
MASTER = os.environ.get(SPARK_CLUSTER, "")
SPARK_MISSING = java_missing() or (
    "" if importlib.util.find_spec("pyspark") else "no pyspark (pip install 'wavehouse[spark]')"
)
ENGINES = (
    "duckdb",
    "postgres",
    _where("clickhouse", importlib.util.find_spec("chdb") is not None, "no chdb"),
    _where("spark", not SPARK_MISSING, SPARK_MISSING),
    _where("spark-cluster", bool(MASTER), f"no {SPARK_CLUSTER}"),
    *(_where(name, name in URLS, f"no {url}") for name, url in ADDRESSES.items()),
)
NEW_ORGANIZATION = UUID(int=7)
TEXTS = (None, "", " ", "Überall", 'a "quoted" one', "two\nlines", "\\N", "NULL", "🎧", "tab\t")
TYPES = ("download", "download", "stream", "listen_start", "skip", "ad_complete")
Opened = Callable[[], Engine]


@contextmanager
def database_of(server: Any) -> Iterator[str]:
    """A database of its own on the server of the tests: its address."""
    secret = server.superuser_password()
    with psycopg.connect(
        server.conninfo("postgres", "wavehouse_root", secret), autocommit=True
    ) as admin:
        admin.execute("CREATE DATABASE engines")
        yield server.conninfo("engines", "wavehouse_root", secret)
        admin.execute("DROP DATABASE engines WITH (FORCE)")


def url_of(conninfo: str) -> str:
    """The same as an address, as a user writes it."""
    parts = conninfo_to_dict(conninfo)
    host, secret = quote(str(parts["host"]), safe=""), quote(str(parts["password"]), safe="")
    return f"postgresql://{parts['user']}:{secret}@/{parts['dbname']}?host={host}"


@pytest.fixture(scope="module", params=ENGINES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Opened]:
    """Opens the engine, again and again, on the same tables."""
    kind, folder = request.param, tmp_path_factory.mktemp("engine")
    if kind == "duckdb":
        yield lambda: open_engine(f"duckdb://{folder}/warehouse.duckdb")
    elif kind == "clickhouse":
        yield lambda: open_engine(f"chdb://{folder}/chdb")
    elif kind == "spark":
        yield lambda: open_engine(f"spark-local://{folder}/spark")
    elif kind == "spark-cluster":
        yield lambda: open_engine(f"{MASTER}{folder}/spark")
    elif kind == "postgres":
        from wavehouse.engines.postgres import Postgres

        with database_of(request.getfixturevalue("server")) as conninfo:
            yield lambda: Postgres(conninfo)
    else:
        yield lambda: open_engine(URLS[kind])


def events(day: date, number: int, seed: int = 1) -> list[tuple[Any, ...]]:
    """Events of a day, in the order of the table's columns; borders of hours are frequent."""
    dice = Random(f"{day} {seed}")
    start = datetime.combine(day, time.min)
    made = []
    for _ in range(number):
        episode = dice.randrange(6)
        at = start + timedelta(hours=dice.randrange(24)) + dice.choice(
            [timedelta(0), timedelta(minutes=31), timedelta(hours=1, microseconds=-1)]
        )  # fmt: skip
        made.append(
            (
                at,
                NEW_ORGANIZATION,
                UUID(int=50 + episode // 3),
                UUID(int=100 + episode) if episode % 3 else None,
                dice.choice(TYPES),
                dice.choice(TEXTS),
                dice.choice((None, "DE", "US", "")),
                dice.choice(TEXTS),
                dice.choice((None, -(2**63), 2**63 - 1, *range(9))),
                dice.choice((None, 0, 3600, 2**31 - 1)),
                dice.choice((None, "0", "0.0001", "0.3333", "0.9999", "1")),
            )
        )
    return made


def parquet(rows: list[tuple[Any, ...]], path: Path) -> Path:
    """The events as a file."""
    with duckdb.connect(config={"threads": 1}) as database:
        database.execute(
            'CREATE TABLE e ("timestamp" TIMESTAMP, organization_id VARCHAR, podcast_id VARCHAR, '
            "episode_id VARCHAR, event_type VARCHAR, platform VARCHAR, country_code VARCHAR, "
            "device_type VARCHAR, listener_key BIGINT, listen_duration_seconds INTEGER, "
            "completion_rate DECIMAL(5, 4))"
        )
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            unnested = ", ".join(["unnest(?)"] * len(columns))
            database.execute(f"INSERT INTO e SELECT {unnested}", columns)
        database.execute(f"COPY e TO '{path}' (FORMAT parquet)")
    return path
