"""The engine that an address names."""

from __future__ import annotations

from urllib.parse import urlsplit

from wavehouse.engines.port import Engine
from wavehouse.kernel.errors import UsageError

SCHEMES = {
    "duckdb": "duckdb",
    "postgresql": "postgres",
    "postgres": "postgres",
    "clickhouse": "clickhouse",
    "clickhouses": "clickhouse",
    "chdb": "clickhouse",
    "spark": "spark",
    "spark-local": "spark",
}


def open_engine(url: str) -> Engine:
    """Open the warehouse at an address.

    ``duckdb:///folder/file``, ``duckdb:`` (in memory), ``postgresql://…`` (with or without
    TimescaleDB or Citus), ``clickhouse://user:password@host:8123/database``, ``clickhouses://…``
    (TLS), ``chdb:///folder``, ``spark://head:7077/shared/folder``, ``spark-local:///folder``.
    """
    scheme = urlsplit(url).scheme
    match SCHEMES.get(scheme):
        case "duckdb":
            from wavehouse.engines.duckdb import DuckDb

            return DuckDb(urlsplit(url).path or ":memory:")
        case "postgres":
            from wavehouse.engines.postgres import Postgres

            return Postgres(url)
        case "clickhouse":
            from wavehouse.engines.clickhouse import ClickHouse

            return ClickHouse(url)
        case "spark":
            from wavehouse.engines.spark import Spark

            return Spark(url)
    raise UsageError(
        "unknown kind of warehouse",
        where=scheme or "no scheme",
        hint=f"The address begins with one of {', '.join(sorted(SCHEMES))}, then ://.",
    )


def without_password(url: str) -> str:
    """An address that may be printed."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=f"{parts.username}@{parts.netloc.rpartition('@')[2]}").geturl()
