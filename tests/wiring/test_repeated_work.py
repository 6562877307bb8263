"""Decision 1002: work on the other databases may be repeated, since its state is in their rows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from wavehouse import schema
from wavehouse.store import DATABASES, Place, databases_folder, owner_role
from wavehouse.wiring import working
from wavehouse.wiring.reading import resolve
from wavehouse.workspace import Workspace

ELSEWHERE = {"entitlements", "learning", "listeners"}
"""The contexts whose scheduled work writes to a database that is not the queue's."""
_BOOKKEEPING = ["updated_at", "computed_at"]
"""When a row was written last, whatever was written."""
_TABLES = """
SELECT n.nspname, k.relname FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace
WHERE k.relkind = 'r' AND NOT k.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'schema_ops')
UNION ALL
SELECT n.nspname, k.relname FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace
WHERE k.relkind = 'p' ORDER BY 1, 2
"""


def _digests(place: Place) -> dict[str, str | None]:
    """A digest of the rows of each table of a database."""
    with psycopg.connect(place.admin) as connection:
        tables = connection.execute(_TABLES).fetchall()
        return {
            f"{place.database}.{name}.{table}": connection.execute(
                sql.SQL(
                    "SELECT md5(string_agg(row, '' ORDER BY row)) "
                    "FROM (SELECT (to_jsonb(t) - %s::text[])::text AS row FROM {} t) AS rows"
                ).format(sql.Identifier(name, table)),
                [_BOOKKEEPING],
            ).fetchone()[0]  # type: ignore[index]
            for name, table in tables
        }


@pytest.fixture
def seeded_workspace(workspace: Workspace) -> Workspace:
    """A workspace whose four databases have a row in every table."""
    for name in DATABASES:
        place: Any = getattr(workspace.stores, name).place
        schema.seed(place.admin, databases_folder(name) / "seeds", role=owner_role(name))
    return workspace


def test_q19_work_on_other_databases_is_done_once_however_often_its_job_runs(
    seeded_workspace: Workspace,
) -> None:
    """A worker killed between the effect and the job's completion repeats it: nothing changes."""
    stores = seeded_workspace.stores
    places = [getattr(stores, name).place for name in DATABASES if name != "operational"]
    done = []
    for context, schedule in working.repeating():
        if context in ELSEWHERE:
            work = resolve(schedule.target)(seeded_workspace)
            work()
            once = {table: md5 for place in places for table, md5 in _digests(place).items()}
            work()
            twice = {table: md5 for place in places for table, md5 in _digests(place).items()}
            changed = [table for table in once if once[table] != twice[table]]
            assert [] == changed, schedule.name
            done.append(context)

    assert ELSEWHERE == set(done)
