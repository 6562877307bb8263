"""Rollups by DuckDB: events of some days in, the rows of each transform out.

PostgreSQL sorts all events once for every distinct count; DuckDB hashes them. It holds nothing that
must last: the events come out of one snapshot, and the rows go into one transaction. Both pass in
files without a name, which are gone whatever happens to the program.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import IO

import duckdb

from wavehouse.measurement.adapters.engine import closed_database

_NAME = re.compile(r"(?<!:):([a-z_]+)")

# As ``queries.rolling.copy_events`` gives them. An empty text is quoted, NULL is not.
_EVENTS = """
CREATE OR REPLACE TABLE measurement.listener_events AS
SELECT * FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false,
  auto_detect = false, new_line = '\\n', nullstr = '', allow_quoted_nulls = false, columns = {
    'timestamp': 'TIMESTAMP', 'organization_id': 'UUID', 'podcast_id': 'UUID',
    'episode_id': 'UUID', 'event_type': 'VARCHAR', 'platform': 'VARCHAR',
    'country_code': 'VARCHAR', 'device_type': 'VARCHAR', 'listener_key': 'BIGINT',
    'listen_duration_seconds': 'INTEGER', 'completion_rate': 'DECIMAL(5, 4)'})
"""

_OTHER_HOURS = """
DELETE FROM measurement.listener_events
WHERE date_trunc('hour', "timestamp") NOT IN (SELECT unnest($hours::TIMESTAMP[]))
"""


@cache
def transform(name: str) -> str:
    """A transform's select, with its ``:name`` parameters in DuckDB's form, its rows in order."""
    text = (files("wavehouse") / "transforms" / f"{name}.sql").read_text(encoding="utf-8")
    return _NAME.sub(r"$\1", text) + " ORDER BY 1, 2, 3, 4"


class Roller:
    """Rolls up one batch of events after another."""

    def __init__(self) -> None:
        # More than memory holds goes to disk, for the owner's eyes: keyed hashes, no addresses.
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-rollup-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute("SET enable_external_file_cache = false")
        self._database.execute("CREATE SCHEMA measurement")

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
        self._spill.cleanup()

    def take(self, events: IO[bytes]) -> None:
        """Put a batch's events, as CSV, in place of those before."""
        self._database.execute(_EVENTS, {"path": _path(events)})

    def keep(self, hours: Sequence[datetime]) -> None:
        """Leave only the events of these hours."""
        self._database.execute(_OTHER_HOURS, {"hours": [_plain(hour) for hour in hours]})

    def rows(
        self, name: str, *, grain: str, first: datetime, last: datetime, computed_at: datetime
    ) -> IO[bytes]:
        """A transform's rows as CSV, at their beginning; to be closed by who reads them."""
        values = {
            "grain": grain,
            "first": _plain(first),
            "last": _plain(last),
            "computed_at": _plain(computed_at),
        }
        select = transform(name)
        asked = {key: value for key, value in values.items() if f"${key}" in select}
        rows = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it
        self._database.execute(
            f"COPY ({select}) TO '{_path(rows)}' (FORMAT csv, HEADER false, USE_TMP_FILE false)",
            asked,
        )
        return rows


def _path(file: IO[bytes]) -> str:
    return f"/dev/fd/{file.fileno()}"


def _plain(instant: datetime) -> datetime:
    """UTC without a zone: zones need a DuckDB extension."""
    return instant.astimezone(UTC).replace(tzinfo=None)
