"""The audience index: a month's listener keys with the days of each, made from sealed days.

A file of it is derived and complete in itself: its metadata name the days that it was made from by
the hashes of their manifests. A day whose hash is another one now is not read from it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from wavehouse.measurement.adapters.databases import closed_database
from wavehouse.measurement.adapters.sealed_store import known_sha256
from wavehouse.measurement.adapters.statements import statement
from wavehouse.measurement.rules.audience_index import FORM, days_mask, month_after
from wavehouse.measurement.types import AudienceCell, KeysOfCell

_Covered = dict[date, str]


class IndexWriter:
    """Makes the index of one month after another from sealed files of events."""

    def __init__(self) -> None:
        # Excess data spills to disk, readable by the owner only: keyed hashes, no addresses.
        self._spill = tempfile.TemporaryDirectory(prefix="wavehouse-audience-")
        self._database: duckdb.DuckDBPyConnection = closed_database(self._spill.name)
        self._database.execute("SET threads = 2")
        self._database.execute("SET enable_external_file_cache = false")

    def close(self) -> None:
        """Close the database and discard its content."""
        self._database.close()
        self._spill.cleanup()

    def write(
        self, path: Path, *, month: date, events: Sequence[Path], manifests: Mapping[date, str]
    ) -> None:
        """Write the index of days; ``manifests`` are the hashes of their manifests, in hex."""
        paths = _listed(events)
        first = datetime.combine(month, time())
        following = datetime.combine(month_after(month), time())
        self._database.execute(_sql("leaves", paths=paths))
        self._database.execute(
            _sql("leaf_keys", paths=paths), {"month": first, "next_month": following}
        )
        self._database.execute(_sql("cells"))
        self._database.execute(_sql("keys"))
        days = json.dumps({day.isoformat(): digest for day, digest in sorted(manifests.items())})
        self._database.execute(_sql("write", path=_escaped(path), form=FORM, days=days))

    def facts(self, path: Path) -> tuple[Any, ...]:
        """The number of rows of an index and their hashes."""
        row = self._database.execute(_sql("facts", path=_escaped(path))).fetchone()
        assert row is not None  # noqa: S101 - an aggregate has one row
        return tuple(row)


def covered_days(path: Path) -> _Covered:
    """The days that an index was made from, with their manifests' hashes.

    Empty for a file that is missing, cannot be read or has another version's columns.
    """
    with closing(_database().cursor()) as database:
        return _covered(database, path)


class DistinctReader:
    """Counts the distinct listeners of an organization: by an index, sealed days and hot keys.

    ``sealed`` are files of events of days that the index does not have, ``hot`` the keys of days in
    partitions.
    """

    def __init__(self, organization_id: UUID, *, month: date) -> None:
        self._organization = str(organization_id)
        self._month = month
        self._file: int | None = None
        self._known = _sql("nothing_known")
        self._database = _database().cursor()
        self._database.execute(_sql("tables"))

    def close(self) -> None:
        """Discard what was read, and close the index."""
        self._database.close()
        if self._file is not None:
            os.close(self._file)

    def take_index(self, path: Path, manifests: Mapping[date, str], *, sha256: str) -> set[date]:
        """Use an index for those of the given days that it has, by their manifests' hashes.

        Returns these days; none for an index with another hash. The file is kept open: a writer may
        replace it meanwhile.
        """
        with suppress(OSError):
            self._file = os.open(path, os.O_RDONLY)
        if self._file is None:
            return set()
        open_file = f"/dev/fd/{self._file}"
        if known_sha256(Path(open_file)) != sha256:
            return set()
        covered = _covered(self._database, Path(open_file))
        days = {day for day, digest in manifests.items() if covered.get(day) == digest}
        if days:
            mask = days_mask(self._month, days)
            self._database.execute(
                _sql("own_cells", path=open_file),
                {"days": mask, "organization": self._organization},
            )
            row = self._database.execute(_sql("range_of_cells")).fetchone()
            first, last = row or (0, 0)
            self._known = _sql(
                "known", path=open_file, days=str(mask), first=str(first), last=str(last)
            )
        return days

    def listeners(
        self, *, sealed: Sequence[Path], hot: Sequence[KeysOfCell], podcast_id: UUID | None
    ) -> int | None:
        """Distinct listeners of one show or of all; None where a row lacks its key."""
        show = {"podcast_id": None if podcast_id is None else str(podcast_id)}
        if sealed:
            query = _sql("sealed_keys_of_one", paths=_listed(sealed))
            self._database.execute(query, {**self._own(), **show})
        self._take(hot)
        row = self._database.execute(_sql("cell_of_show"), show).fetchone()
        query = "listeners" if sealed or hot else "listeners_of_index"
        counted = self._database.execute(
            _sql(query, known=self._known, cell=str(row[0] if row else 0))
        ).fetchone()
        count: int | None = counted[0] if counted else None
        return count

    def audience(self, *, sealed: Sequence[Path], hot: Sequence[KeysOfCell]) -> list[AudienceCell]:
        """Distinct listeners of all shows, of each show and of each episode."""
        if sealed:
            paths = _listed(sealed)
            organization = {"organization": self._organization}
            self._database.execute(_sql("sealed_leaves", paths=paths), organization)
            self._database.execute(_sql("sealed_keys", paths=paths), self._own())
        self._take(hot)
        for step in ("more_cells", "own"):
            self._database.execute(_sql(step))
        stored = _sql("stored" if sealed or hot else "stored_alone", known=self._known)
        rows = self._database.execute(_sql("audience", stored=stored)).fetchall()
        return [AudienceCell(podcast, episode, listeners) for podcast, episode, listeners in rows]

    def _own(self) -> dict[str, object]:
        return {"month": datetime.combine(self._month, time()), "organization": self._organization}

    def _take(self, hot: Sequence[KeysOfCell]) -> None:
        """Add the keys of days in partitions; their numbers are below those of sealed days."""
        if not hot:
            return
        leaves = [-n for n in range(1, len(hot) + 1)]
        self._database.execute(
            _sql("hot_leaves"),
            {
                "leaves": leaves,
                "podcasts": [each.podcast_id and str(each.podcast_id) for each in hot],
                "episodes": [each.episode_id and str(each.episode_id) for each in hot],
            },
        )
        with tempfile.TemporaryFile() as rows:
            for leaf, each in zip(leaves, hot, strict=True):
                lines = each.keys.replace("\n", f"\n{leaf},")
                rows.write(f"{leaf},{lines}\n".encode())
            rows.flush()
            self._database.execute(_sql("hot_keys"), {"path": f"/dev/fd/{rows.fileno()}"})


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One database for all readings of this program: opening one takes 15 ms.

    Each reading has a cursor, and temporary tables that disappear with it.
    """
    database = closed_database()
    database.execute("SET threads = 2")
    # The same name is another file each time.
    database.execute("SET enable_external_file_cache = false")
    return database


def _covered(database: duckdb.DuckDBPyConnection, path: Path) -> _Covered:
    try:
        rows = database.execute(_sql("metadata", path=_escaped(path))).fetchall()
        values = dict(rows)
        if values.get("form") != FORM:
            return {}
        return {date.fromisoformat(day): str(h) for day, h in json.loads(values["days"]).items()}
    except (duckdb.Error, KeyError, ValueError):
        return {}


def _sql(name: str, **values: str) -> str:
    return statement("audience", name, **values)


def _listed(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(f"'{_escaped(path)}'" for path in paths) + "]"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
