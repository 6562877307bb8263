"""The shadow resembles its target, and leaves nothing behind on its server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from wavehouse import schema
from wavehouse.schema import cli

Write = Callable[[dict[str, str]], Path]
DOWN = {f"20260101000{n}_{name}.down": "select 1;" for n, name in enumerate("ab")}


@pytest.fixture(autouse=True)
def _home(shadow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))


def run(*words: object) -> tuple[int, Any, str]:
    done = CliRunner().invoke(cli.schema, [str(word) for word in words])
    document = json.loads(done.stdout) if done.stdout.startswith("{") else None
    return done.exit_code, document, done.output + str(done.exception or "")


def drift(database: str, folder: Path, *words: object) -> tuple[int, list[Any]]:
    code, document, text = run("drift", "--dir", folder, "--url", database, "--json", *words)
    assert document is not None, text
    return code, document["differences"]


V6 = {
    "202601010000_a.up": "create role app_rw; create table t(id int primary key);"
    "grant select on t to app_rw;",
    "202601010000_a.down": "drop table t; drop role app_rw;",
    "202601010001_b.up": "create table u(id int primary key); grant insert on u to app_ro;",
    "202601010001_b.down": "drop table u;",
}


@pytest.fixture
def no_roles(database: str) -> Iterator[None]:
    yield
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        admin.execute("DROP ROLE IF EXISTS app_rw; DROP ROLE IF EXISTS app_ro")


@pytest.mark.usefixtures("no_roles")
@pytest.mark.parametrize("own_server", [True, False])
def test_v6_roles_that_files_create_do_not_stay_in_the_shadow(
    database: str, postgres: str, ladder: Write, own_server: bool
) -> None:
    """Every command gives the same answer each time, and no role remains on --shadow-url."""
    folder = ladder(V6)
    where = [] if own_server else ["--shadow-url", postgres]
    for _ in range(2):
        code, document, text = run("verify", "--dir", folder, "--json", *where)
        assert (0, 2) == (code, document["verified"]), text
        assert 0 == run("lint", "--dir", folder, *where)[0]
        assert 0 == run("plan", "--dir", folder, "--url", database, *where)[0]
    with psycopg.connect(postgres) as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'app_r%'")
        assert [] == rows.fetchall()


@pytest.mark.usefixtures("no_roles")
def test_v6_a_role_that_the_target_has_is_no_obstacle(database: str, ladder: Write) -> None:
    """The copied role is removed before the file that creates it."""
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("CREATE ROLE app_ro")
    folder = ladder(V6)
    schema.apply(database, folder)
    assert (0, []) == drift(database, folder)
    guarded = "do $$ begin if exists (select from pg_roles where rolname = 'app_ro')"
    ladder({"202601010002_c.up": f"{guarded} then create table only_with_role(); end if; end $$;"})
    _, document, _ = run("plan", "--dir", folder, "--url", database, "--json")
    schema.apply(database, folder)
    assert (0, []) == drift(database, folder)
    assert document["statements"]


def test_d1_settings_of_the_database_are_taken_over(database: str, ladder: Write) -> None:
    """There is no difference; a setting made after the files ran is one."""
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA app; ALTER DATABASE ladder SET search_path = app")
    folder = ladder({"202601010000_a.up": "create table t(id int primary key, a int);"})
    (folder.parent / "prelude.sql").write_text("create schema app;")
    try:
        schema.apply(database, folder)
        prelude = ["--prelude", folder.parent / "prelude.sql"]
        assert (0, []) == drift(database, folder, *prelude)
        assert 0 == run("plan", "--dir", folder, "--url", database, *prelude)[0]
        assert True is schema.status(database, folder, probe=True).equals
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute("ALTER DATABASE ladder SET work_mem = '9MB'")
        code, answer = drift(database, folder, *prelude)
        assert (3, ["settings of the database"]) == (code, [item["object"] for item in answer])
        assert False is schema.status(database, folder, probe=True).equals
    finally:
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute("DROP SCHEMA app CASCADE; ALTER DATABASE ladder RESET ALL")


def test_d2_a_time_zone_decides_whether_a_table_is_rewritten(database: str, ladder: Write) -> None:
    """``timestamp`` to ``timestamptz`` is free in UTC only: plan and lint say so."""
    folder = ladder(
        {
            "202601010000_a.up": "create table t(id int primary key, ts timestamp);",
            "202601010001_b.up": "alter table t alter column ts type timestamptz;",
            **DOWN,
        }
    )
    schema.apply(database, folder, to="202601010000")
    target = ["--dir", folder, "--url", database, "--json"]
    for zone, expected in (("UTC", []), ("Europe/Rome", ["public.t"])):
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE ladder SET timezone = '{zone}'".encode())
        _, document, _ = run("plan", *target)
        assert expected == document["statements"][0]["rewrite"]
        _, document, _ = run("lint", "--advice", *target)
        rules = [item["rule"] for item in document["findings"]]
        assert expected == ["public.t"] * ("alter-column-type-rewrites" in rules)


def test_what_cannot_be_taken_over_is_said_before_the_verdict(
    database: str, postgres: str, ladder: Write
) -> None:
    """For example an encoding that the shadow cannot have with its locale."""
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS other")
        admin.execute(
            "CREATE DATABASE other TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        admin.execute("ALTER DATABASE other SET \"app.tenant\" = 'seven'")
    folder = ladder(
        {"202601010000_a.up": "create table t(v text default current_setting('app.tenant'));"}
    )
    url = postgres.replace("dbname=postgres", "dbname=other")
    try:
        assert 0 == run("plan", "--dir", folder, "--url", url)[0]
        schema.apply(url, folder)
        assert (0, []) == drift(url, folder)
    finally:
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute("DROP DATABASE other WITH (FORCE)")


NOW = (
    "create view recent as select id from t"
    " where made > 'now'::timestamptz - interval '1 month' and made::date <= 'tomorrow'::date"
)
D6 = {
    "202601010000_a.up": f"create table t(id int primary key, made timestamptz); {NOW};",
    "202601010000_a.down": "drop view recent; drop table t;",
    "202601010001_b.up": "drop view recent; alter table t add column x int;"
    + NOW.replace("select id", "select id, x"),
    "202601010001_b.down": f"drop view recent; alter table t drop column x; {NOW};",
}


def test_d6_a_text_that_the_clock_made_is_no_difference(database: str, ladder: Write) -> None:
    """Neither in drift nor in verify; a literal time is a difference."""
    folder = ladder(D6)
    schema.apply(database, folder)
    time.sleep(1.1)
    code, document, text = run("drift", "--dir", folder, "--url", database, "--json")
    assert (0, [], 1) == (code, document["differences"], len(document["only_by_time"])), text
    code, document, text = run("verify", "--dir", folder, "--json")
    assert (0, 2) == (code, document["verified"]), text
    with psycopg.connect(database) as connection:
        connection.execute("DROP VIEW recent")
        connection.execute(NOW.replace("select id", "select id, x").replace("now", "2020-02-02"))
    code, answer = drift(database, folder)
    assert (3, "view public.recent") == (code, answer[0]["object"])


def test_d7_partitions_that_a_file_makes_by_its_clock_are_the_clocks(
    database: str, ladder: Write
) -> None:
    """Missing ones are no drift; one that a file names is."""
    block = """
        do $$ declare s timestamptz := date_trunc('second', clock_timestamp()); begin
          execute format('create table ev_%s partition of ev for values from (%L) to (%L)',
            to_char(s, 'YYYYMMDDHH24MISS'), s, s + interval '1 second'); end $$;
    """
    made = (
        "create table ev(id int, at timestamptz not null) partition by range(at);"
        "create table ev_old partition of ev for values from ('2020-01-01') to ('2021-01-01');"
    )
    folder = ladder({"202601010000_a.up": made + block, "202601010000_a.down": "drop table ev;"})
    schema.apply(database, folder)
    time.sleep(1.1)
    assert (0, []) == drift(database, folder)
    assert 0 == run("verify", "--dir", folder)[0]
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE ev_old")
    code, answer = drift(database, folder)
    assert (3, True) == (code, "table public.ev_old" in [item["object"] for item in answer])


def test_the_order_of_columns_behind_a_star_is_no_difference(ladder: Write) -> None:
    """A down that adds a column again puts it last; the view lists the same columns."""
    folder = ladder(
        {
            "202601010000_a.up": "create table t(a int, b int); create view v as select * from t;",
            "202601010000_a.down": "drop view v; drop table t;",
            "202601010001_b.up": "drop view v; alter table t drop column a;"
            "create view v as select * from t;",
            "202601010001_b.down": "drop view v; alter table t add column a int;"
            "create view v as select * from t;",
        }
    )
    code, document, text = run("verify", "--dir", folder, "--json")
    assert (0, 2) == (code, document["verified"]), text


NEW_KINDS = {
    "GRANT CONNECT ON DATABASE ladder TO app_ro": "database",
    "COMMENT ON DATABASE ladder IS 'x'": "database",
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC": "grants on language plpgsql",
    "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8": "conversion public.c",
    "CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler": "access method h",
    "CREATE OPERATOR FAMILY f USING btree": "operator family public.f using btree",
    "CREATE TYPE half": "shell type public.half",
    "COMMENT ON FOREIGN DATA WRAPPER w IS 'x'": "foreign data wrapper w",
    "GRANT USAGE ON FOREIGN DATA WRAPPER w TO app_ro": "foreign data wrapper w",
    "COMMENT ON SERVER s IS 'x'": "foreign server s",
    "COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'x'": "text search configuration public.conf",
    "COMMENT ON CONSTRAINT positive ON DOMAIN d IS 'x'": "domain public.d",
    "COMMENT ON EXTENSION plpgsql IS 'x'": "",
}


@pytest.mark.usefixtures("no_roles")
def test_drift_sees_what_it_did_not(database: str, ladder: Write) -> None:
    """One change at a time, named by its object."""
    base = (
        "create role app_ro; create foreign data wrapper w; create server s foreign data wrapper w;"
        "create text search configuration conf (copy = simple);"
        "create domain d as int constraint positive check (value > 0);"
    )
    folder = ladder({"202601010000_a.up": base})
    schema.apply(database, folder)
    kept = folder.parent / "kept.json"
    run("snapshot", "--dir", folder, "--url", database, "--out", kept)
    try:
        for statement, name in NEW_KINDS.items():
            if not name:
                continue
            with psycopg.connect(database, autocommit=True) as admin:
                admin.execute(statement.encode())
            _, answer = drift(database, folder, "--snapshot", kept)
            assert name in [item["object"] for item in answer], statement
    finally:
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute("DROP SERVER s; DROP FOREIGN DATA WRAPPER w; DROP ACCESS METHOD h")
            admin.execute("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC; DROP DOMAIN d")
            admin.execute("COMMENT ON DATABASE ladder IS NULL")
            admin.execute("REVOKE ALL ON DATABASE ladder FROM app_ro")


def test_drift_leaves_out_what_it_is_told_to(database: str, ladder: Write) -> None:
    """Other runners' tables by --ignore, other schemas by --schema; long texts come whole."""
    folder = ladder({"202601010000_a.up": "create view v as select 1 as one;"})
    schema.apply(database, folder)
    columns = ", ".join(f"{n} as a_long_name_{n}" for n in range(40))
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE schema_migrations (version text PRIMARY KEY)")
        connection.execute("CREATE SCHEMA platform")
        connection.execute("CREATE TABLE platform.x ()")
    try:
        assert 3 == drift(database, folder)[0]
        words = ["--ignore", "public.schema_migrations", "--schema", "public"]
        assert (0, []) == drift(database, folder, *words)
        with psycopg.connect(database) as connection:
            connection.execute(f"CREATE OR REPLACE VIEW v AS SELECT 1 AS one, {columns}".encode())
        code, _, text = run("drift", "--dir", folder, "--url", database, *words)
        assert (3, True) == (code, "+    39 AS a_long_name_39" in text)
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("DROP SCHEMA platform CASCADE")
