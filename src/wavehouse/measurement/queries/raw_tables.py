"""The tables that raw rows are read from: partitions, or sealed and hot rows together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawTables:
    """Names of tables with the columns of requests and downloads."""

    requests: str = "measurement.requests"
    downloads: str = "measurement.downloads"


HOT = RawTables()
WHOLE = RawTables("pg_temp.whole_requests", "pg_temp.whole_downloads")
"""Temporary tables (``sealing.make_whole``)."""
NAMED = ({"requests": HOT.requests, "downloads": HOT.downloads},)
"""The names used in the statements that read raw tables."""
