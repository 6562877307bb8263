"""The engine that an address names."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

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


_FOLDERS = {"duckdb", "spark"}


def open_engine(url: str) -> Engine:
    """Open the warehouse at an address.

    ``duckdb:///folder/file``, ``duckdb:`` (in memory), ``postgresql://…`` (with or without
    TimescaleDB or Citus), ``clickhouse://user:password@host:8123/database``, ``clickhouses://…``
    (TLS), ``chdb:///folder``, ``spark://head:7077/shared/folder``, ``spark-local:///folder``.
    """
    scheme = parts_of(url).scheme
    match SCHEMES.get(scheme):
        case "duckdb":
            from wavehouse.engines.duckdb import DuckDb

            return DuckDb(duckdb_file(url) or ":memory:")
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


def parts_of(url: str) -> SplitResult:
    """The parts of an address. UsageError for one that cannot be read, without printing it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"invalid address of a warehouse: {error}") from None
    return parts


def duckdb_file(url: str) -> str:
    """The path of a DuckDB address, as it is written: ``#`` and ``?`` are signs of its name."""
    return url.partition(":")[2].removeprefix("//")


def require_kept(url: str) -> None:
    """UsageError for an address whose rows would be gone after the command.

    DuckDB and chdb hold them in memory without a path; ``duckdb://name`` has a host and no path.
    """
    parts = parts_of(url)
    if SCHEMES.get(parts.scheme) in _FOLDERS or parts.scheme == "chdb":
        hosted = parts.netloc and parts.scheme != "spark"
        if hosted or not parts.path.startswith("/") or parts.path == "/":
            raise UsageError(
                "the address of the warehouse names no file or folder",
                where=without_password(url),
                hint=f"Write it with three slashes and an absolute path: {parts.scheme}:///srv/name.",
            )


def without_password(url: str) -> str:
    """An address that may be printed."""
    parts = parts_of(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=f"{parts.username}@{parts.netloc.rpartition('@')[2]}").geturl()
