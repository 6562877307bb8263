"""Folders of other tools, read and run as those tools do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema
from wavehouse.kernel.errors import InvalidInput, Refused, WavehouseError
from wavehouse.schema.rules.layouts import Layout
from wavehouse.schema.service.ladder import read_ladder

Files = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Files], Path]:
    """Write files by their paths below a folder."""

    def write(files: Files) -> Path:
        for name, text in files.items():
            path = tmp_path / "ladder" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "ladder"

    return write


def versions(folder: Path, layout: Layout) -> list[str]:
    return [migration.version for migration in read_ladder(folder, layout)]


def tables(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT c.relname::text FROM pg_class c WHERE c.relkind IN ('r', 'i', 'v')"
            " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["V10000__b.sql", "V9999__a.sql"], ["9999", "10000"]),
        (["V202401010900__b.sql", "V20240105__a.sql"], ["20240105", "202401010900"]),
        (["V2__b.sql", "V2.1__c.sql", "V10__d.sql", "V1__a.sql"], ["1", "2", "2.1", "10"]),
        (["V1_10__b.sql", "V1_9__a.sql", "R__views.sql"], ["1.9", "1.10", "R__views"]),
        (["sub/V2__b.sql", "V1__a.sql"], ["1", "2"]),
    ],
)
def test_l1_flyway_compares_versions_as_numbers(
    folder: Callable[[Files], Path], names: list[str], expected: list[str]
) -> None:
    """L1, L2, L5: part by part, in nested folders, repeatable files last."""
    assert expected == versions(folder(dict.fromkeys(names, "SELECT 1;")), Layout.FLYWAY)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["B1_20__base.sql", "V1_20_1__a.sql"], ["1.20", "1.20.1"]),
        (["B1__base.sql", "B2__base.sql", "V3__a.sql"], ["2", "3"]),
        (["V1__a.sql", "V2__b.sql", "B2__base.sql", "V3__c.sql"], ["1", "2", "3"]),
    ],
)
def test_flyway_a_baseline_stands_for_the_files_that_it_replaced(
    folder: Callable[[Files], Path], names: list[str], expected: list[str]
) -> None:
    """Earlier it was silently skipped, and the next file failed."""
    assert expected == versions(folder(dict.fromkeys(names, "SELECT 1;")), Layout.FLYWAY)


def test_l5_a_minor_version_that_comes_later_is_pending(
    database: str, folder: Callable[[Files], Path]
) -> None:
    """Applied versions stay applied, whatever number of parts other versions have."""
    at = folder({"V1__a.sql": "create table a(id int);", "V2__b.sql": "select 1;"})
    schema.apply(database, at, layout=Layout.FLYWAY)
    folder({"V2.1__c.sql": "alter table a add column y int;"})
    status = schema.status(database, at, layout=Layout.FLYWAY)
    assert ["applied", "applied", "pending"] == [entry.state.value for entry in status.entries]
    schema.apply(database, at, layout=Layout.FLYWAY)
    assert ("2.1", 0) == (
        schema.status(database, at, layout=Layout.FLYWAY).version,
        schema.status(database, at, layout=Layout.FLYWAY).exit_code,
    )


def test_flyway_runs_a_repeatable_file_whenever_it_changed(
    database: str, folder: Callable[[Files], Path]
) -> None:
    """After the versioned ones, once for each content; a rollback does not affect it."""
    at = folder(
        {
            "R__v.sql": "create or replace view v as select 1 as one;",
            "V1__a.sql": "create table a();",
            "V2__b.sql": "create table b();",
            "U2__b.sql": "drop table b;",
        }
    )
    first = schema.apply(database, at, layout=Layout.FLYWAY)
    again = schema.apply(database, at, layout=Layout.FLYWAY)
    folder({"R__v.sql": "create or replace view v as select 2 as one;"})
    changed = schema.apply(database, at, layout=Layout.FLYWAY)
    lines = [[step.version for step in result.steps] for result in (first, again, changed)]
    assert [["1", "2", "R__v"], [], ["R__v"]] == lines
    assert ["2"] == [s.version for s in schema.rollback(database, at, layout=Layout.FLYWAY).steps]
    assert ["a", "v"] == tables(database)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"afterMigrate.sql": "select 1;"}, "afterMigrate.sql is a callback of flyway"),
        ({"beforeEachMigrate__x.sql": "select 1;"}, "is a callback"),
        ({"V2__b.java": "class V2__b {}"}, "is written in Java"),
    ],
)
def test_flyway_what_cannot_be_run_is_refused_by_name(
    database: str, folder: Callable[[Files], Path], files: Files, sentence: str
) -> None:
    """It is never silently skipped."""
    at = folder({"V1__a.sql": "create table a();", **files})
    with pytest.raises(Refused, match=sentence):
        schema.apply(database, at, layout=Layout.FLYWAY)


def test_flyway_placeholders_are_not_sent_to_the_server(folder: Callable[[Files], Path]) -> None:
    """The error has file and line."""
    at = folder({"V1__a.sql": "select 1;\ncreate table ${schema}.a();"})
    with pytest.raises(InvalidInput, match=r"\$\{schema\} is a Flyway placeholder") as caught:
        read_ladder(at, Layout.FLYWAY)
    assert "V1__a.sql:2" == caught.value.where


CONCURRENTLY = "create index concurrently a_x on a(x);"
ALONE: dict[str, tuple[Layout, Files]] = {
    "flyway": (Layout.FLYWAY, {"V1__a.sql": "create table a(x int);", "V2__b.sql": CONCURRENTLY}),
    "flyway conf": (
        Layout.FLYWAY,
        {
            "V1__a.sql": "create table a(x int);",
            "V2__b.sql": CONCURRENTLY,
            "V2__b.sql.conf": "executeInTransaction=false",
        },
    ),
    "golang-migrate": (
        Layout.GOLANG_MIGRATE,
        {"1_a.up.sql": "create table a(x int);", "2_b.up.sql": CONCURRENTLY},
    ),
    "diesel": (
        Layout.DIESEL,
        {
            "2024-01-01-000000_a/up.sql": "create table a(x int);",
            "2024-01-01-000000_a/down.sql": "drop table a;",
            "2024-01-02-000000_b/up.sql": CONCURRENTLY,
            "2024-01-02-000000_b/down.sql": "drop index a_x;",
            "2024-01-02-000000_b/metadata.toml": "run_in_transaction = false\n",
        },
    ),
    "sqlx": (
        Layout.SQLX,
        {
            "20240101000000_a.sql": "create table a(x int);",
            "20240102000000_b.sql": f"-- no-transaction\n{CONCURRENTLY}",
        },
    ),
    "sqlx reversible": (
        Layout.SQLX,
        {
            "1_a.up.sql": "create table a(x int);",
            "1_a.down.sql": "drop table a;",
            "2_b.up.sql": f"-- no-transaction\n{CONCURRENTLY}",
            "2_b.down.sql": "drop index a_x;",
        },
    ),
    "prisma": (
        Layout.PRISMA,
        {
            "migration_lock.toml": 'provider = "postgresql"',
            "20240101000000_a/migration.sql": "-- CreateTable\ncreate table a(x int);",
            "20240102000000_b/migration.sql": CONCURRENTLY,
        },
    ),
    "supabase": (
        Layout.SUPABASE,
        {"20240101000000_a.sql": "create table a(x int);", "20240102000000_b.sql": CONCURRENTLY},
    ),
    "hasura": (
        Layout.HASURA,
        {
            "default/1700000000000_a/up.sql": "create table a(x int);",
            "default/1700000000000_a/down.sql": "drop table a;",
            "default/1700000000001_b/up.sql": CONCURRENTLY,
        },
    ),
    "plain": (Layout.PLAIN, {"001.sql": "create table a(x int);", "002-index.sql": CONCURRENTLY}),
}


@pytest.mark.parametrize("case", ALONE)
def test_l4_an_index_is_built_concurrently_where_the_tool_allows_it(
    database: str, folder: Callable[[Files], Path], case: str
) -> None:
    """The layout, or the server's answer, decides whether a file runs in a transaction."""
    layout, files = ALONE[case]
    at = folder(files)
    assert 2 == len(schema.apply(database, at, layout=layout).steps)
    assert ["a", "a_x"] == tables(database)
    assert 0 == schema.status(database, at, layout=layout).exit_code


WHOLE: dict[str, tuple[Layout, str]] = {
    "golang-migrate": (Layout.GOLANG_MIGRATE, "2_b.up.sql"),
    "flyway": (Layout.FLYWAY, "V2__b.sql"),
    "prisma": (Layout.PRISMA, "2_b/migration.sql"),
    "plain": (Layout.PLAIN, "2_b.sql"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_t5_a_statement_that_allows_a_transaction_leaves_the_file_whole(
    database: str, folder: Callable[[Files], Path], case: str
) -> None:
    """REFRESH CONCURRENTLY alone does not switch it off: a failure rolls back the whole file."""
    layout, second = WHOLE[case]
    first = second.replace("2_b", "1_a").replace("V2__b", "V1__a")
    text = (
        "alter table m add column w int; refresh materialized view concurrently mv;"
        "insert into m(nope) values (1);"
    )
    at = folder(
        {
            first: "create table m(v int); create materialized view mv as select v from m;"
            "create unique index mvi on mv(v);",
            second: text,
        }
    )
    with pytest.raises(schema.MigrationFailed, match="nope"):
        schema.apply(database, at, layout=layout)
    assert 3 == schema.status(database, at, layout=layout).exit_code
    with psycopg.connect(database) as connection:
        assert [("v",)] == connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'm'::regclass AND attnum > 0"
        ).fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; alter type mood add value 'b'; COMMIT; BEGIN; insert into m values('b'); COMMIT;",
        "alter type mood add value 'b'; COMMIT; insert into m values('b');",
        "START TRANSACTION; alter type mood add value 'b'; END; insert into m values('b');",
    ],
)
def test_t1_a_file_with_several_transactions_keeps_them(
    database: str, folder: Callable[[Files], Path], text: str
) -> None:
    """As in psql, an enum value can be used after the transaction that created it."""
    at = folder(
        {
            "1_a.up.sql": "create type mood as enum('a'); create table m(v mood);",
            "2_b.up.sql": text,
        }
    )
    schema.apply(database, at, layout=Layout.GOLANG_MIGRATE)
    with psycopg.connect(database) as connection:
        assert [("b",)] == connection.execute("SELECT v::text FROM m").fetchall()


def test_t1_each_of_several_transactions_is_whole(
    database: str, folder: Callable[[Files], Path]
) -> None:
    """The second fails as a whole; recover continues with it, and does not repeat the first."""
    text = (
        "BEGIN; insert into m values (1); COMMIT;"
        "BEGIN; insert into m values (2); insert into late values (1); COMMIT;"
    )
    at = folder({"1_a.up.sql": "create table m(v int);", "2_b.up.sql": text})
    with pytest.raises(WavehouseError, match="late"):
        schema.apply(database, at, layout=Layout.GOLANG_MIGRATE)
    with psycopg.connect(database) as connection:
        assert [(1,)] == connection.execute("SELECT v FROM m").fetchall()
        connection.execute("CREATE TABLE late (v int)")
    schema.recover(database, at, layout=Layout.GOLANG_MIGRATE)
    with psycopg.connect(database) as connection:
        assert [(1,), (2,)] == connection.execute("SELECT v FROM m ORDER BY 1").fetchall()


def test_goose_substitutes_variables_where_it_is_asked_to(
    database: str, folder: Callable[[Files], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENVSUB ON and OFF, a default, and a variable that is not set."""
    text = (
        "-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${NAME} (v text default '${X:-none}');\n"
        "-- +goose ENVSUB OFF\ncomment on table people is '${NAME}';\n"
    )
    at = folder({"1_a.sql": text})
    with pytest.raises(InvalidInput, match="NAME is not set"):
        read_ladder(at, Layout.GOOSE)
    monkeypatch.setenv("NAME", "people")
    schema.apply(database, at, layout=Layout.GOOSE)
    with psycopg.connect(database) as connection:
        said = connection.execute("SELECT obj_description('people'::regclass)").fetchone()
    assert ("${NAME}",) == said


def test_dbmate_refuses_an_option_that_it_does_not_have(folder: Callable[[Files], Path]) -> None:
    """A misspelt transaction:false would silently run in a transaction."""
    at = folder({"1_a.sql": "-- migrate:up transactions:false\nselect 1;"})
    with pytest.raises(InvalidInput, match="unknown dbmate option transactions:false"):
        read_ladder(at, Layout.DBMATE)


@pytest.mark.parametrize(
    ("layout", "mark"), [(Layout.DBMATE, "-- migrate:"), (Layout.GOOSE, "-- +goose ")]
)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("create table lost (a int);\n{}up\nselect 1;\n", "before the up section"),
        ("/* lost */\n{}up\nselect 1;\n", "before the up section"),
        ("{}down\nselect 1;\n{}up\nselect 2;\n", "down section is before the up section"),
        ("{}up\nselect 1;\n{}up\nselect 2;\n", "a second up section"),
        ("{}up\nselect 1;\n{}down\nselect 2;\n{}down\nselect 3;\n", "a second down section"),
    ],
)
def test_text_that_no_section_holds_is_refused(
    folder: Callable[[Files], Path], layout: Layout, mark: str, text: str, message: str
) -> None:
    """It would never run, and the version would be recorded as applied."""
    at = folder({"1_a.sql": text.replace("{}", mark)})
    with pytest.raises(InvalidInput, match=message):
        read_ladder(at, layout)


@pytest.mark.parametrize("mark", ["-- MIGRATE:UP", " -- migrate:up", "\t--migrate:Up"])
def test_a_mark_that_dbmate_does_not_read_is_refused(
    folder: Callable[[Files], Path], mark: str
) -> None:
    """The upper-case form was recorded as applied without running anything."""
    at = folder({"1_a.sql": f"{mark}\ncreate table t (a int);\n"})
    with pytest.raises(InvalidInput, match="does not read this line"):
        read_ladder(at, Layout.DBMATE)


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        (Layout.DBMATE, ("2_b.sql", "10_c.sql")),
        (Layout.DIESEL, ("2_b/up.sql", "10_c/up.sql")),
        (Layout.PRISMA, ("2_b/migration.sql", "10_c/migration.sql")),
        (Layout.SUPABASE, ("2_b.sql", "10_c.sql")),
    ],
)
def test_an_order_of_text_that_is_not_the_order_of_numbers_is_refused(
    folder: Callable[[Files], Path], layout: Layout, names: tuple[str, ...]
) -> None:
    """These tools run 10 before 2; the same digits for all, or none of them."""
    text = "-- migrate:up\nselect 1;\n" if layout is Layout.DBMATE else "select 1;\n"
    at = folder(dict.fromkeys(names, text))
    with pytest.raises(InvalidInput, match=f"runs this file before {names[0]}"):
        read_ladder(at, layout)
