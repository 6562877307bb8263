"""Files that cannot run in a transaction: recorded before they begin, repaired by their down."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema
from wavehouse.kernel.errors import PartlyApplied, Refused, Unreachable

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", [18, 16], indirect=True, scope="session")
HEAD = "-- wavehouse: non-transactional\n"
BASE = {"1_t.up": "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1);"}
INDEX = {
    "2_i.up": HEAD + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_id ON t (id);",
    "2_i.down": HEAD + "DROP INDEX CONCURRENTLY IF EXISTS t_id;",
}


def test_an_index_is_built_concurrently_and_dropped_again(database: str, ladder: Write) -> None:
    """The journal has begin and end, up and down."""
    folder = ladder({"1_t.up": "CREATE TABLE t (id int);", **INDEX})
    schema.apply(database, folder)
    assert 0 == schema.status(database, folder).exit_code
    schema.rollback(database, folder)
    with psycopg.connect(database) as connection:
        events = connection.execute(
            "SELECT direction, event FROM schema_ops.journal"
            " WHERE version = '2' ORDER BY journal_id"
        ).fetchall()
    walk = ["started", "intent", "statement", "done"]
    assert [(way, event) for way in ("up", "down") for event in walk] == events


def test_a_build_that_fails_is_partly_applied_until_its_down_file_has_run(
    database: str, ladder: Write
) -> None:
    """Exit code 6 with the repair; nothing else is applied; after the repair all is well."""
    folder = ladder({**BASE, **INDEX})
    with pytest.raises(PartlyApplied, match=r"partly applied: .*t_id.*2_i\.up\.sql") as caught:
        schema.apply(database, folder)
    assert "wavehouse schema rollback" in str(caught.value.next_steps())
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
    """IF NOT EXISTS succeeds over a broken earlier build, so the runner checks."""
    folder = ladder({**BASE, **INDEX})
    schema.apply(database, folder, to="1")
    with psycopg.connect(database, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)")
        connection.execute("DELETE FROM t")
    with pytest.raises(PartlyApplied, match="t_id exists but is invalid"):
        schema.apply(database, folder)


def test_a_statement_that_needs_it_is_told_about_the_header(database: str, ladder: Write) -> None:
    """The server's refusal within a transaction is explained by the header comment."""
    with pytest.raises(schema.MigrationFailed) as caught:
        schema.apply(database, ladder({"1_v.up": "VACUUM;"}))
    assert "-- wavehouse: non-transactional" in str(caught.value.next_steps())


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"1_v.up": HEAD, "1_v.down": "SELECT 1;"}, "without a statement"),
        ({"1_v.up": HEAD + "CREATE INDEX CONCURRENTLY ON t (id);"}, "needs a name"),
    ],
)
def test_a_file_that_could_not_be_finished_is_refused(
    database: str, ladder: Write, files: dict[str, str], reason: str
) -> None:
    """It needs a statement that can be recovered, with names to check."""
    with pytest.raises(Refused, match=reason):
        schema.apply(database, ladder(files))
    assert None is schema.status(database, ladder({})).version


MANY = (
    HEAD
    + """UPDATE t SET n = n + 1;
CREATE INDEX CONCURRENTLY t_n_idx ON t (n);
INSERT INTO t VALUES (7, 7);
CREATE UNIQUE INDEX CONCURRENTLY t_id_key ON t (id);
UPDATE t SET n = n + 10;
"""
)


def test_a_half_is_finished_and_no_statement_is_done_twice(database: str, ladder: Write) -> None:
    """It fails at the fourth statement; after the cause is fixed, recover runs the last two."""
    folder = ladder(
        {"1_t.up": "CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 0), (7, 0);"}
        | {"2_m.up": MANY}
    )
    with pytest.raises(PartlyApplied, match="t_id_key") as caught:
        schema.apply(database, folder)
    assert "wavehouse schema recover" in str(caught.value.next_steps())
    seen = schema.recover(database, folder, dry_run=True)
    assert ("2", 3, 2) == (seen.recovered, seen.done_before, seen.done_now)
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM t WHERE id = 7 AND n = 7")
    assert "2" == schema.recover(database, folder).recovered
    assert 0 == schema.status(database, folder).exit_code
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT id, n FROM t ORDER BY id").fetchall()
        valid = connection.execute("SELECT bool_and(indisvalid) FROM pg_index").fetchone()
    assert [(1, 11), (7, 11)] == rows
    assert (True,) == valid
    assert None is schema.recover(database, folder).recovered


def test_a_file_that_was_changed_since_it_began_is_not_gone_on_with(
    database: str, ladder: Write
) -> None:
    """Its finished statements could no longer be determined."""
    folder = ladder({**BASE, **INDEX})
    with pytest.raises(PartlyApplied):
        schema.apply(database, folder)
    ladder({"2_i.up": INDEX["2_i.up"] + "-- more"})
    with pytest.raises(Refused, match="has changed since its run began"):
        schema.recover(database, folder)


def test_a_detaching_that_was_broken_off_is_finished(database: str, ladder: Write) -> None:
    """A pending detach is finalized by recover, and not reported as applied before."""
    folder = ladder(
        {
            "1_p.up": "CREATE TABLE p (d int) PARTITION BY RANGE (d);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);",
            "2_d.up": HEAD + "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;",
        }
    )
    schema.apply(database, folder, to="1")
    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM p")
        with (
            ThreadPoolExecutor(1) as pool,
            psycopg.connect(database, autocommit=True) as killer,
        ):
            running = pool.submit(schema.apply, database, folder)
            for _ in range(500):
                killed = killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'ALTER TABLE p DETACH%'"
                    " AND wait_event_type = 'Lock'"
                ).fetchall()
                if killed:
                    break
                time.sleep(0.01)
            with pytest.raises((PartlyApplied, Unreachable)):
                running.result(30)
    assert 6 == schema.status(database, folder).exit_code
    schema.recover(database, folder)
    assert 0 == schema.status(database, folder).exit_code
    with psycopg.connect(database) as connection:
        assert [] == connection.execute("SELECT 1 FROM pg_inherits").fetchall()


def test_an_older_journal_gets_its_column(database: str, ladder: Write) -> None:
    """A database of an earlier release then works like a new one."""
    folder = ladder({"1_t.up": "CREATE TABLE t (id int);"})
    schema.apply(database, folder)
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE schema_ops.journal DROP COLUMN statement")
    ladder(INDEX)
    schema.apply(database, folder)
    assert 0 == schema.status(database, folder).exit_code
