"""Lint, plan, verify, dry run and apply report the same refusals; checks only read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from wavehouse import schema
from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema import MigrationFailed, SchemaBusy, cli

Write = Callable[[dict[str, str]], Path]
LEFT = {
    "202601010000_a.up": "create table t(id int primary key, a int);",
    "202601010000_a.down": "drop table t;",
    "202601010001_b.up": "alter table t add constraint c check (a > 0) not valid;",
    "202601010001_b.down": "alter table t drop constraint c;",
}


def run(*words: object) -> tuple[int, Any, str]:
    done = CliRunner().invoke(cli.schema, [str(word) for word in words])
    document = json.loads(done.stdout) if done.stdout.startswith("{") else None
    return done.exit_code, document, done.output + str(done.exception or "")


@pytest.fixture
def home(shadow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the shadows in the folder that the tests share."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))


@pytest.mark.usefixtures("home")
def test_t20_all_commands_say_what_apply_would_refuse(database: str, ladder: Write) -> None:
    """The same sentence in lint, plan, verify, dry run and apply; a waiver ends all of them."""
    folder = ladder(LEFT)
    where = ["--dir", folder]
    target = [*where, "--url", database]
    said = "leaves an unvalidated constraint: c of public.t"
    commands = [
        ["lint", *where, "--json"],
        ["plan", *target, "--json"],
        ["verify", *where],
        ["apply", *target, "--dry-run"],
        ["apply", *target],
    ]
    for words in commands:
        code, _, text = run(*words)
        assert code, words
        assert said in text, words
    (folder / "waivers.toml").write_text(
        '[[waiver]]\nfile = "202601010001_b.up.sql"\nrule = "unvalidated"\n'
        'until = 2999-01-01\nreason = "old rows stay"\n'
    )
    for words in commands:
        code, _, text = run(*words)
        assert (0, False) == (code, said in text), words


@pytest.mark.parametrize(
    "later",
    [
        "alter table t validate constraint c;",
        "alter table public.t drop constraint c;",
        "drop table t;",
        "alter table t rename constraint c to d; alter table t validate constraint d;",
        "alter table t rename to s; alter table s validate constraint c;",
    ],
)
def test_q5_a_later_file_that_ends_it_is_enough(database: str, ladder: Write, later: str) -> None:
    """Validated, dropped, renamed: the object is followed through the files in order."""
    folder = ladder({**LEFT, "202601010002_c.up": later})
    assert 2 <= len(schema.apply(database, folder, dry_run=True).steps)
    schema.apply(database, folder)


@pytest.mark.parametrize(
    ("first", "later", "sentence"),
    [
        (
            (
                "alter table a add constraint x_pos check (x > 0) not valid;"
                "alter table b add constraint x_pos check (x > 0) not valid;"
            ),
            "alter table b validate constraint x_pos;",
            "x_pos of public.a",
        ),
        (
            "alter table a add constraint x_pos check (x > 0) not valid;",
            "alter table app.a validate constraint x_pos;",
            "x_pos of public.a",
        ),
        (
            "alter table a add constraint x_pos check (x > 0) not valid;",
            "set search_path = app; alter table a validate constraint x_pos;",
            "x_pos of public.a",
        ),
        (
            "alter domain d add constraint d_pos check (value > 0) not valid;",
            "alter domain e validate constraint d_pos;",
            "d_pos of public.d",
        ),
    ],
)
def test_q2_a_validation_of_something_else_is_not(
    database: str, ladder: Write, first: str, later: str, sentence: str
) -> None:
    """The object matters, not its name."""
    base = (
        "create schema app; create table app.a(x int, constraint x_pos check (x > 0) not valid);"
        "create table a(x int); create table b(x int); create domain d as int; create domain e"
        " as int constraint d_pos check (value > 0);"
    )
    head = "-- wavehouse: unvalidated the test\n"
    folder = ladder({"1_base.up": head + base, "2_m.up": first, "3_n.up": later})
    try:
        with pytest.raises(MigrationFailed, match=sentence):
            schema.apply(database, folder)
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("DROP SCHEMA app CASCADE")


def test_q3_a_domain_is_validated_by_its_own_statement(database: str, ladder: Write) -> None:
    """The suggested command is valid SQL."""
    folder = ladder(
        {
            "1_base.up": "create domain d as int; create table a(x d);",
            "2_m.up": "alter domain d add constraint d_pos check (value > 0) not valid;",
        }
    )
    with pytest.raises(MigrationFailed) as caught:
        schema.apply(database, folder)
    assert "ALTER DOMAIN public.d VALIDATE CONSTRAINT d_pos" == caught.value.command
    schema.apply(database, ladder({"3_n.up": f"{caught.value.command};"}))


def test_q8_what_another_session_builds_is_not_this_files(database: str, ladder: Write) -> None:
    """An index that is being built on a table that the file does not use."""
    folder = ladder(
        {
            "1_base.up": "create table other(id int); insert into other values (1);",
            "2_m.up": "create table n(id int); select pg_sleep(1.5);",
            "3_m.up": "-- wavehouse: non-transactional\ncreate table o(id int);"
            "select pg_sleep(1.5); create index concurrently o_id on o(id);",
        }
    )
    schema.apply(database, folder, to="1")
    with (
        psycopg.connect(database) as holder,
        psycopg.connect(database, autocommit=True) as builder,
        ThreadPoolExecutor(2) as pool,
    ):
        holder.execute("INSERT INTO other VALUES (2)")
        for number in ("2", "3"):
            running = pool.submit(schema.apply, database, folder, to=number)
            time.sleep(0.5)
            building = pool.submit(
                builder.execute, f"CREATE INDEX CONCURRENTLY other_{number} ON other (id)".encode()
            )
            time.sleep(0.3)
            if number == "3":
                holder.rollback()
                building.result(30)
            assert [number] == [step.version for step in running.result(30).steps]
            if number == "2":
                holder.rollback()
                building.result(30)
                holder.execute("INSERT INTO other VALUES (2)")


def test_s1_a_check_that_writes_is_refused_and_a_dry_run_writes_nothing(
    database: str, ladder: Write
) -> None:
    """Checks run in a read-only transaction, in a dry run and in apply."""
    folder = ladder(
        {
            "1_a.up": "create table t(id int); insert into t values (1), (2);",
            "2_b.up": "create table u(id int);",
            "2_b.check": "delete from t where id = 1 returning true as gone;",
        }
    )
    schema.apply(database, folder, to="1")
    for dry_run in (True, False):
        with pytest.raises(Refused, match="may only read"):
            schema.apply(database, folder, dry_run=dry_run, oldest_transaction=300)
    with pytest.raises(MigrationFailed, match="read-only"):
        schema.apply(database, folder)
    with psycopg.connect(database) as connection:
        assert (2,) == connection.execute("SELECT count(*) FROM t").fetchone()


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ("select ok from t order by id;", "more than one row"),
        ("select ok from t where id = 9;", "no row"),
        ("select bool_and(ok) as all_ok from t;", "all_ok returns false"),
        ("select nope from t;", "nope"),
    ],
)
def test_s3_every_row_of_a_check_counts(
    database: str, ladder: Write, check: str, sentence: str
) -> None:
    """Exactly one row is required."""
    made = "create table t(id int, ok bool); insert into t values (1, true), (2, false);"
    folder = ladder({"1_a.up": made, "1_a.check": check})
    with pytest.raises(MigrationFailed, match=sentence):
        schema.apply(database, folder)
    assert None is schema.status(database, folder).version


def test_d9_a_probe_agrees_with_drift_after_a_late_file_and_a_rollback(
    database: str, ladder: Write
) -> None:
    """The hash is that of the versions applied now."""
    three = {
        f"20260101000{n}_{name}.{way}": text
        for n, name in enumerate("abc")
        for way, text in (
            ("up", f"create table {name}(id int primary key);"),
            ("down", f"drop table {name};"),
        )
    }
    late = {stem: text for stem, text in three.items() if "_b." in stem}
    folder = ladder({stem: text for stem, text in three.items() if stem not in late})

    def probe() -> bool | None:
        return schema.status(database, folder, probe=True).equals

    schema.apply(database, folder)
    ladder(late)
    schema.apply(database, folder, allow_out_of_order=True)
    assert True is probe()
    schema.rollback(database, folder)
    assert True is probe()
    schema.rollback(database, folder)
    assert True is probe()
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE by_hand ()")
    assert False is probe()


def test_k6_the_blocker_that_is_named_is_the_blocker(database: str, ladder: Write) -> None:
    """Not the oldest transactions, but those with a lock for which the file waits."""
    folder = ladder({"1_a.up": "create table t(id int); create table other(id int);"})
    schema.apply(database, folder)
    ladder({"2_b.up": "alter table t add column x int;"})
    with psycopg.connect(database) as innocent, psycopg.connect(database) as blocker:
        innocent.execute("SELECT * FROM other")
        blocker.execute("SELECT * FROM t")
        with pytest.raises(SchemaBusy, match=f"held by: pid {blocker.info.backend_pid}") as caught:
            schema.apply(database, folder, patience=schema.Patience(retry_seconds=0.2))
        assert str(innocent.info.backend_pid) not in str(caught.value)
        assert f"SELECT pg_terminate_backend({blocker.info.backend_pid})" == caught.value.command


def test_h5_a_file_cannot_switch_the_lock_timeout_off(database: str, ladder: Write) -> None:
    """By SET, by SET LOCAL, by a function: the runner keeps its own, and readers do not queue."""
    folder = ladder({"1_a.up": "create table t(id int);"})
    schema.apply(database, folder)
    texts = (
        "set local lock_timeout = 0; alter table t add column b int;",
        "set lock_timeout = 0; alter table t add column b int;",
        "select set_config('lock_timeout', '0', false); alter table t add column b int;",
    )
    for text in texts:
        ladder({"2_m.up": text})
        with psycopg.connect(database) as reader:
            reader.execute("SELECT * FROM t")
            with pytest.raises(SchemaBusy):
                schema.apply(database, folder, patience=schema.Patience(retry_seconds=0.1))


@pytest.mark.usefixtures("home")
def test_h5_lint_says_that_a_file_switches_the_lock_timeout_off(ladder: Write) -> None:
    """The finding has the line."""
    folder = ladder({**LEFT, "202601010001_b.up": "select 1;\nset local lock_timeout = 0;"})
    _, document, _ = run("lint", "--dir", folder, "--json")
    rows = [(item["rule"], item["line"]) for item in document["findings"]]
    assert [("lock-timeout-off", 2)] == rows


def test_y1_copy_with_data_has_its_own_sentence(database: str, ladder: Write) -> None:
    """The data may contain any quotes."""
    text = "create table t(id int, s text);\ncopy t from stdin;\n1\tit's; fine\n\\.\n"
    with pytest.raises(Refused, match="COPY with inline data") as caught:
        schema.apply(database, ladder({"1_a.up": text}))
    assert "1_a.up.sql:2" == caught.value.where


def test_a_waiver_for_a_file_that_is_not_there_is_an_error(database: str, ladder: Write) -> None:
    """A misspelt name would silently waive nothing."""
    folder = ladder(LEFT)
    (folder / "waivers.toml").write_text(
        '[[waiver]]\nfile = "x.sql"\nrule = "unvalidated"\nuntil = 2999-01-01\nreason = "r"\n'
    )
    with pytest.raises(InvalidInput, match=r"names x\.sql"):
        schema.apply(database, folder)
