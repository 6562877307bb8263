"""Files that cannot run in a transaction: recorded before they begin, repaired by their down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema
from wavehouse.kernel.errors import PartlyApplied, Refused

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", [18, 16], indirect=True, scope="session")
HEAD = "-- wavehouse: non-transactional\n"
BASE = {"1_t.up": "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1);"}
INDEX = {
    "2_i.up": HEAD + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
    "2_i.down": HEAD + "DROP INDEX CONCURRENTLY IF EXISTS t_id;",
}


def test_an_index_is_built_concurrently_and_dropped_again(database: str, ladder: Write) -> None:
    """Begun and done are both in the journal, up and down."""
    folder = ladder({"1_t.up": "CREATE TABLE t (id int);", **INDEX})
    schema.apply(database, folder)
    assert 0 == schema.status(database, folder).exit_code
    schema.rollback(database, folder)
    with psycopg.connect(database) as connection:
        events = connection.execute(
            "SELECT direction, event FROM schema_ops.journal"
            " WHERE version = '2' ORDER BY journal_id"
        ).fetchall()
    assert [("up", "started"), ("up", "done"), ("down", "started"), ("down", "done")] == events


def test_a_build_that_fails_is_partly_applied_until_its_down_file_has_run(
    database: str, ladder: Write
) -> None:
    """Exit code 6 and the repair; nothing else is applied; after the repair all is well."""
    folder = ladder({**BASE, **INDEX})
    with pytest.raises(PartlyApplied, match=r"partly applied: .*t_id.*2_i\.up\.sql") as caught:
        schema.apply(database, folder)
    assert "wavehouse schema rollback" in str(caught.value.hint)
    assert 6 == schema.status(database, folder).exit_code
    with pytest.raises(PartlyApplied, match="version 2"):
        schema.apply(database, folder)
    schema.rollback(database, folder)
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM t")
    schema.apply(database, folder)
    assert 0 == schema.status(database, folder).exit_code


def test_an_invalid_index_of_the_same_name_is_never_called_applied(
    database: str, ladder: Write
) -> None:
    """IF NOT EXISTS succeeds over the debris of an earlier build; the runner looks."""
    folder = ladder({**BASE, **INDEX})
    schema.apply(database, folder, to="1")
    with psycopg.connect(database, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)")
        connection.execute("DELETE FROM t")
    with pytest.raises(PartlyApplied, match="t_id exists but is invalid"):
        schema.apply(database, folder)


def test_a_statement_that_needs_it_is_told_about_the_header(database: str, ladder: Write) -> None:
    """The server's refusal within a transaction leads to the header comment."""
    with pytest.raises(schema.MigrationFailed) as caught:
        schema.apply(database, ladder({"1_v.up": "VACUUM;"}))
    assert "-- wavehouse: non-transactional" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"1_v.up": HEAD + "VACUUM; ANALYZE;", "1_v.down": "SELECT 1;"}, "exactly one statement"),
        ({"1_v.up": HEAD, "1_v.down": "SELECT 1;"}, "exactly one statement"),
        ({"1_v.up": HEAD + "VACUUM;"}, "needs a down file"),
        ({"1_v.up": HEAD + "VACUUM;", "1_v.down": "-- nothing"}, "needs a down file"),
    ],
)
def test_a_file_that_could_not_be_repaired_is_refused(
    database: str, ladder: Write, files: dict[str, str], reason: str
) -> None:
    """One statement and a way back, or it does not begin."""
    with pytest.raises(Refused, match=reason):
        schema.apply(database, ladder(files))
    assert None is schema.status(database, ladder({})).version
