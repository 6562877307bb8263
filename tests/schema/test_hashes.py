"""Every history row stores the hash of its resulting schema; a probe needs no shadow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from wavehouse.kernel.errors import EXIT_FOUND
from wavehouse.schema import apply, rollback
from wavehouse.schema.cli import schema

Write = Callable[[dict[str, str]], Path]
FILES = {
    "1_a.up": "CREATE TABLE a (day date) PARTITION BY RANGE (day); CREATE INDEX a_i ON a (day);",
    "1_a.down": "DROP TABLE a;",
    "2_b.up": "CREATE TABLE b (id int);",
    "2_b.down": "DROP TABLE b;",
    "3_i.up": "-- wavehouse: non-transactional\nCREATE INDEX CONCURRENTLY b_i ON b (id);",
    "3_i.down": "-- wavehouse: non-transactional\nDROP INDEX CONCURRENTLY b_i;",
}


def probe(folder: Path, url: str) -> tuple[int, Any]:
    words = ["status", "--probe", "--json", "--dir", str(folder), "--url", url]
    done = CliRunner().invoke(schema, words)
    return done.exit_code, json.loads(done.stdout)


def hashes(url: str) -> list[str | None]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT logical_hash FROM schema_ops.history ORDER BY version::int"
        ).fetchall()
    return [result for (result,) in rows]


@pytest.mark.parametrize("postgres", [18, 16], indirect=True)
def test_each_row_keeps_a_hash_and_a_down_brings_the_one_before_back(
    database: str, ladder: Write
) -> None:
    """OPS-16: version, last migration, partial and drift, after every step up and down."""
    folder = ladder(FILES)
    apply(database, folder)
    kept = hashes(database)
    assert 3 == len({result for result in kept if result is not None})
    for version in ("3", "2", "1"):
        code, answer = probe(folder, database)
        expected = {"version": version, "partial": False, "drift": False}
        assert expected == {key: answer[key] for key in expected}
        assert answer["last_applied_at"] is not None
        assert (0 if version == "3" else EXIT_FOUND) == code  # rolled-back files are pending again
        rollback(database, folder)
    apply(database, folder)
    assert kept == hashes(database)


def test_a_change_by_hand_is_drift_and_a_partition_of_a_new_day_is_not(
    database: str, ladder: Write
) -> None:
    """Partitions are created and dropped daily; a column is not."""
    folder = ladder(FILES)
    apply(database, folder)
    with psycopg.connect(database, autocommit=True) as hand:
        hand.execute("CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM ('2026-11-01') TO (MAXVALUE)")
        hand.execute("CREATE INDEX ON a_1 ((day + 1))")
        assert (0, False) == (probe(folder, database)[0], probe(folder, database)[1]["drift"])
        hand.execute("ALTER TABLE b ADD note text")
        code, answer = probe(folder, database)
        assert (EXIT_FOUND, True) == (code, answer["drift"])
        hand.execute("ALTER TABLE b DROP note")
        assert 0 == probe(folder, database)[0]


def test_a_row_without_a_hash_is_unknown_and_no_drift(database: str, ladder: Write) -> None:
    """An earlier release stored none, and a runner may die before it; the next run continues."""
    folder = ladder(FILES)
    apply(database, folder, to="2", hash_each=False)
    assert [None] == hashes(database)[:1]
    with psycopg.connect(database, autocommit=True) as earlier:
        earlier.execute("ALTER TABLE schema_ops.history DROP logical_hash")
    code, answer = probe(folder, database)
    assert (EXIT_FOUND, None, 1) == (code, answer["drift"], answer["pending"])
    apply(database, folder)
    assert (0, False) == (probe(folder, database)[0], probe(folder, database)[1]["drift"])


def test_an_empty_database_has_nothing_to_drift_from(database: str, ladder: Write) -> None:
    """Nothing applied: everything is pending, drift is unknown."""
    code, answer = probe(ladder(FILES), database)
    assert (EXIT_FOUND, None, None, 3) == (
        code,
        answer["version"],
        answer["drift"],
        answer["pending"],
    )


def test_a_migration_that_forgets_prepared_statements_does_no_harm(
    database: str, ladder: Write
) -> None:
    """In a run of many files the hash's statements are prepared, and may be lost."""
    forget = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$;"
    files = {
        f"{n}_t.up": f"CREATE TABLE t{n} (id int); {forget if n > 2 else ''}" for n in range(1, 7)
    }
    files |= {f"{n}_t.down": f"DROP TABLE t{n};" for n in range(1, 7)}
    apply(database, ladder(files))
    assert 6 == len({digest for digest in hashes(database) if digest is not None})
    assert 0 == probe(ladder(files), database)[0]


def test_rare_kinds_and_members_of_extensions_change_the_hash_as_ever(
    database: str, ladder: Write
) -> None:
    """Kinds that the first rows lack are searched again after each file."""
    kinds = (
        "CREATE TABLE t (id int);",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "CREATE SEQUENCE s;",
        "CREATE TYPE mood AS ENUM ('sad');",
        "CREATE POLICY p ON t;",
        "CREATE STATISTICS x ON (id + 1) FROM t;",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;",
        "CREATE COLLATION c (provider = libc, locale = 'C');",
        "CREATE PUBLICATION headlines FOR TABLE t;",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;",
    )
    folder = ladder({f"{n}_k.up": text for n, text in enumerate(kinds, start=1)})
    try:
        apply(database, folder)
        assert len(kinds) == len(set(hashes(database)) - {None})
        assert 0 == probe(folder, database)[0]
    finally:  # these belong to the database, so dropping a schema does not remove them
        with psycopg.connect(database) as connection:
            connection.execute("DROP PUBLICATION IF EXISTS headlines")
            connection.execute("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC")
