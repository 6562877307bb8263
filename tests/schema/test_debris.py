"""All debris under any name: detected, and removed or finished, never recorded as applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.schema.conftest import VERSIONS

from wavehouse import schema
from wavehouse.kernel.errors import PartlyApplied, Unreachable, WavehouseError

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", VERSIONS, indirect=True, scope="session")
HEAD = "-- wavehouse: non-transactional\n"
NAMES = {
    "lower": "users",
    "mixed case": '"User"',
    "dotted": '"a.User"',
    "quoted": '"say ""hi"""',
    "spaces": '"my Table"',
    "non-ASCII": '"Größe_Ж"',
    "63 bytes": '"' + "X" * 57 + 'é_tbl"',
    "a schema in mixed case": '"App.x"."User"',
    "a lower schema": "app.users",
}
named = pytest.mark.parametrize("table", NAMES.values(), ids=NAMES.keys())


def beside(table: str, ending: str) -> str:
    """The name of another object of the same kind in the table's schema, unqualified."""
    last = table.rpartition('"."')[2] if '"."' in table else table.rpartition(".")[2]
    bare = (last if '"' in table else table.rpartition(".")[2]).strip('"').replace('""', '"')
    while len(bare.encode()) + len(ending) > 63:
        bare = bare[1:]
    quotes = '"' if '"' in table else ""
    return quotes + (bare + ending).replace('"', '""') + quotes


def schema_of(table: str) -> str:
    return '"App.x".' if table.startswith('"App.x"') else "app." if table[:4] == "app." else ""


def base(table: str, rest: str = "") -> str:
    made = '"App.x"' if table.startswith('"App.x"') else "app"
    return (
        f"CREATE SCHEMA IF NOT EXISTS {made}; CREATE TABLE {table} (id int PRIMARY KEY, e text);"
        f"INSERT INTO {table} VALUES (1, 'a'), (2, 'a');{rest}"
    )


@pytest.fixture(autouse=True)
def _no_schema_stays(database: str) -> Iterator[None]:
    yield
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute('DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS "App.x" CASCADE')


def run(database: str, text: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(text.encode())


def invalid(database: str) -> list[tuple[str]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        ).fetchall()


def indexes(database: str, table: str) -> list[bool]:
    with psycopg.connect(database) as connection:
        return [
            valid
            for (valid,) in connection.execute(
                "SELECT indisvalid FROM pg_index WHERE indrelid = to_regclass(%s)", [table]
            )
        ]


@contextmanager
def blocked(database: str, folder: Path, reads: str, pattern: str) -> Iterator[None]:
    """Apply while a reader blocks it, and end the runner's backend while it waits."""
    with (
        psycopg.connect(database) as reader,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(database, autocommit=True) as killer,
    ):
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(f"SELECT count(*) FROM {reads}".encode())
        running = pool.submit(schema.apply, database, folder)
        for _ in range(1000):
            killed = killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND query LIKE %s AND wait_event_type = 'Lock'",
                [pattern],
            ).fetchall()
            if killed:
                break
            time.sleep(0.01)
        assert killed
        with pytest.raises((PartlyApplied, Unreachable)):
            running.result(30)
        yield


@named
def test_r2_an_index_that_failed_is_dropped_and_built_again(
    database: str, ladder: Write, table: str
) -> None:
    """R1, R2, R4: recover after the cause was fixed; under any name."""
    index = beside(table, "_key")
    text = f"{HEAD}CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} (e);"
    folder = ladder({"1_t.up": base(table), "2_i.up": text})
    with pytest.raises(PartlyApplied):
        schema.apply(database, folder)
    assert 1 == len(invalid(database))
    run(database, f"DELETE FROM {table} WHERE id = 2")
    schema.recover(database, folder)
    assert ([True, True], []) == (indexes(database, table), invalid(database))
    assert 0 == schema.status(database, folder).exit_code


@pytest.mark.parametrize("head", [HEAD, ""], ids=["concurrently", "in a transaction"])
@named
def test_r6_somebody_elses_invalid_index_is_never_taken_for_the_wanted_one(
    database: str, ladder: Write, table: str, head: str
) -> None:
    """R5, R6: IF NOT EXISTS would succeed over it; the file is refused."""
    index = beside(table, "_e_idx")
    words = "CONCURRENTLY IF NOT EXISTS" if head else "IF NOT EXISTS"
    text = f"{head}CREATE INDEX {words} {index} ON {table} (e);"
    folder = ladder({"1_t.up": base(table), "2_i.up": text})
    schema.apply(database, folder, to="1")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(database, f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} (e)")
    with pytest.raises(WavehouseError, match="exists but is invalid"):
        schema.apply(database, folder)
    assert "2" != schema.status(database, folder).version or head


@named
def test_r11_a_detachment_that_was_broken_off_is_finished(
    database: str, ladder: Write, table: str
) -> None:
    """R10, R11: FINALIZE, whatever the partition's name."""
    part = schema_of(table) + beside(table, "_p1")
    made = '"App.x"' if table.startswith('"App.x"') else "app"
    files = {
        "1_p.up": f"CREATE SCHEMA IF NOT EXISTS {made};"
        f"CREATE TABLE {table} (id int) PARTITION BY RANGE (id);"
        f"CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM (0) TO (10);",
        "2_d.up": f"{HEAD}ALTER TABLE {table} DETACH PARTITION {part} CONCURRENTLY;",
    }
    folder = ladder(files)
    schema.apply(database, folder, to="1")
    with blocked(database, folder, table, "ALTER TABLE %DETACH%"):
        assert 6 == schema.status(database, folder).exit_code
    schema.recover(database, folder)
    with psycopg.connect(database) as connection:
        assert [] == connection.execute("SELECT 1 FROM pg_inherits").fetchall()
    assert 0 == schema.status(database, folder).exit_code


@pytest.mark.parametrize("scope", ["TABLE", "INDEX", "SCHEMA"])
@named
def test_r9_copies_that_a_reindex_left_are_removed_and_it_is_done_again(
    database: str, ladder: Write, table: str, scope: str
) -> None:
    """R8, R9, R14: tables, indexes and whole schemas."""
    index = beside(table, "_v")
    space = schema_of(table)
    what = {"TABLE": table, "INDEX": space + index, "SCHEMA": space.rstrip(".") or "public"}[scope]
    files = {
        "1_t.up": base(table, f"CREATE INDEX {index} ON {table} (e);"),
        "2_r.up": f"{HEAD}REINDEX {scope} CONCURRENTLY {what};",
    }
    folder = ladder(files)
    schema.apply(database, folder, to="1")
    with blocked(database, folder, table, "REINDEX%"):
        assert 6 == schema.status(database, folder).exit_code
    schema.recover(database, folder)
    assert [] == invalid(database)
    assert [True, True] == indexes(database, table)
    assert 0 == schema.status(database, folder).exit_code


@named
def test_an_index_of_that_name_which_was_there_before_is_not_this_files_work(
    database: str, ladder: Write, table: str
) -> None:
    """Never recorded over another object: recover runs the statement again, and it fails again."""
    index = beside(table, "_idx")
    text = f"{HEAD}CREATE INDEX CONCURRENTLY {index} ON {table} (e);"
    folder = ladder({"1_t.up": base(table, f"CREATE INDEX {index} ON {table} (id);")})
    schema.apply(database, folder)
    ladder({"2_i.up": text})
    for use_case in (schema.apply, schema.recover):
        with pytest.raises(PartlyApplied, match="already exists"):
            use_case(database, folder)


@named
def test_an_index_that_was_never_there_is_not_taken_for_dropped(
    database: str, ladder: Write, table: str
) -> None:
    """DROP INDEX CONCURRENTLY fails, and recover does not report it as done."""
    space, index = schema_of(table), beside(table, "_idx")
    text = f"{HEAD}DROP INDEX CONCURRENTLY {space}{index};"
    folder = ladder({"1_t.up": base(table), "2_i.up": text})
    for use_case in (schema.apply, schema.recover):
        with pytest.raises(PartlyApplied, match="does not exist"):
            use_case(database, folder)
