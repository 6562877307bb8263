"""Checks see the same data as the statement, and never refuse one that would succeed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest

from wavehouse import schema
from wavehouse.kernel.errors import Refused, WavehouseError

Write = Callable[[dict[str, str]], Path]
HEAD = "-- wavehouse: non-transactional\n"


@pytest.fixture(autouse=True)
def _no_schema_stays(database: str) -> Iterator[None]:
    yield
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS app CASCADE")


RUNS = {
    "P1 the file's search path": (
        (
            "create schema app; create table app.users(id int, email text);"
            "create table public.users(id int, email text); insert into users values (1, null);"
        ),
        "set search_path = app; alter table users alter column email set not null;",
    ),
    "P2 an inheritance parent": (
        (
            "create table ev(id int not null); create table ev_1() inherits(ev);"
            "insert into ev_1 values (1), (1);"
        ),
        "alter table ev add constraint ev_u unique(id);",
    ),
    "P2 a key on an inheritance parent": (
        (
            "create table p(id int primary key); create table ev(id int);"
            "create table ev_1() inherits(ev); insert into ev_1 values (7);"
        ),
        "alter table ev add foreign key (id) references p;",
    ),
    "P2 only the parent": (
        (
            "create table ev(id int); create table ev_1() inherits(ev);"
            "insert into ev_1 values (0);"
            "alter table ev_1 alter id set default 3;"
        ),
        "alter table only ev add constraint positive check (id > 0) no inherit;",
    ),
    "P4 a partition detached before": (
        (
            "create table p(id int, d date) partition by range(d);"
            "create table p_old partition of p for values from ('2020-01-01') to ('2021-01-01');"
            "insert into p values (null, '2020-05-05');"
        ),
        "alter table p detach partition p_old; alter table p alter id set not null;",
    ),
    "P5 another part of the same ALTER": (
        "create table t(id int primary key, a text); insert into t values (1, null);",
        "alter table t alter a set not null, alter a type int using coalesce(a::int, 0);",
    ),
    "P6 IF NOT EXISTS finds the index": (
        (
            "create table t(id int, a int, x bool);"
            "insert into t values (1, 5, true), (2, 5, false);"
            "create unique index t_a on t(a) where not x;"
        ),
        "create unique index if not exists t_a on t(a);",
    ),
    "P7 not enforced or not valid": (
        (
            "create table p(id int primary key); create table c(id int, pid int);"
            "insert into c values (1, 99);"
        ),
        (
            "alter table c add constraint c_p foreign key (pid) references p not valid;"
            "alter table c drop constraint c_p;"
        ),
    ),
    "P11 a column added before": (
        "create table t(id int primary key); insert into t values (1);",
        "alter table t add column a int default 3; alter table t alter a set not null;",
    ),
    "P13 the column is another one by then": (
        "create table t(id int primary key, a int); insert into t values (1, null);",
        (
            "alter table t drop column a; alter table t add column a int not null default 1;"
            "alter table t alter a set not null;"
        ),
    ),
    "a row value of NULLs is not NULL": (
        (
            "create type pair as (a int, b int); create table t(v pair);"
            "insert into t values (row(null, null));"
        ),
        "alter table t alter v set not null;",
    ),
    "an index of the parent only": (
        (
            "create table p(id int) partition by range(id);"
            "create table q partition of p for values from (0) to (9);"
            "insert into q values (1), (1);"
        ),
        "create unique index p_id on only p (id); drop index p_id;",
    ),
    "a function that mends the rows": (
        (
            "create table t(a int); insert into t values (null);"
            "create function mend() returns void language sql as 'update t set a = 1';"
        ),
        "select mend(); alter table t alter a set not null;",
    ),
    "a table of that name made before in another schema": (
        "create schema app; create table public.t(a int); insert into t values (null);",
        (
            "create table app.t(a int); set search_path = app, public;"
            "alter table t alter a set not null;"
        ),
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_what_psql_runs_is_not_refused_by_a_check(database: str, ladder: Write, case: str) -> None:
    """Each case was once refused wrongly, or is of the same kind."""
    before, after = RUNS[case]
    folder = ladder({"1_base.up": before, "2_m.up": after})
    schema.apply(database, folder, to="1")
    schema.apply(database, folder, oldest_transaction=300)
    assert "2" == schema.status(database, folder).version


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("insert into t values (2);", False),
        ("create trigger x before insert on t for each row execute function f();", False),
        ("comment on table t is 'x';", False),
        ("alter table t validate constraint positive;", False),
        ("alter table t add column x int;", True),
        ("truncate t;", True),
        ("drop table t;", True),
    ],
)
def test_k7_only_a_lock_that_conflicts_is_in_the_way(
    database: str, ladder: Write, statement: str, is_refused: bool
) -> None:
    """A reader of the table blocks an ALTER, not an INSERT."""
    base = (
        "create table t(id int primary key, constraint positive check (id > 0));"
        "create function f() returns trigger language plpgsql as 'begin return new; end';"
    )
    folder = ladder({"1_base.up": base, "2_m.up": statement})
    schema.apply(database, folder, to="1")
    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM t")
        patience = schema.Patience(retry_seconds=0)
        if is_refused:
            with pytest.raises(Refused, match=r"holds public\.t"):
                schema.apply(database, folder, oldest_transaction=0, patience=patience)
        else:
            schema.apply(database, folder, oldest_transaction=0, patience=patience)


BASE = """
create schema app;
create table p(id int primary key, n int); create table app.p(id int primary key, n int);
create table c(id int, pid int, t text); create table app.c(id int, pid int, t text);
create table kid() inherits(c);
create table parts(id int, d int) partition by range(d);
create table parts_1 partition of parts for values from (0) to (10);
"""
PIECES = (
    "alter table {t} alter {c} set not null",
    "alter table only {t} alter {c} set not null",
    "alter table {t} add unique ({c})",
    "alter table {t} add primary key ({c})",
    "create unique index on {t} ({c})",
    "create unique index if not exists an_index on {t} ({c})",
    "create unique index on {t} ({c}) where {c} > 1",
    "alter table {t} add foreign key ({c}) references p",
    "alter table {t} add foreign key ({c}) references app.p not valid",
    "alter table {t} alter {c} type int using 1, alter {c} set not null",
    "alter table {t} drop column {c}, add column {c} int default 1",
    "delete from {t} where {c} is null",
    "update {t} set {c} = id",
    "set search_path = app, public",
    "set search_path = public",
    "reset search_path",
    "alter table parts detach partition parts_1",
    "alter table c rename to d",
    "drop table kid",
    "truncate {t}",
    "do $$ begin update c set pid = 1; end $$",
    "alter table kid no inherit c",
    "create table app.d (id int, pid int)",
    "alter table {t} add column if not exists pid int",
)
TABLES = ("p", "app.p", "c", "app.c", "kid", "parts", "parts_1", "d")


@pytest.mark.parametrize("seed", range(60))
def test_a_refusal_by_a_check_is_one_by_the_server_too(
    database: str, ladder: Write, seed: int
) -> None:
    """Generated rows and statements: a refused file also fails without the checks."""
    dice = Random(seed)
    rows = "".join(
        f"insert into {table} values ({dice.choice(['1', '2', 'null', '3'])}"
        ", 1) on conflict do nothing;"
        for table in dice.choices(("c", "app.c", "kid", "parts"), k=6)
    )
    keys = "insert into p values (1); insert into app.p values (2);"
    text = ";\n".join(
        dice.choice(PIECES).format(t=dice.choice(TABLES), c=dice.choice(("id", "pid", "id")))
        for _ in range(dice.randint(1, 4))
    )
    head = "-- wavehouse: unvalidated the test\n"
    folder = ladder({"1_base.up": BASE + keys + rows, "2_m.up": f"{head}{text};"})
    schema.apply(database, folder, to="1")
    refused = None
    try:
        schema.apply(database, folder, oldest_transaction=300)
    except WavehouseError as error:
        refused = str(error)
    if refused is not None and "nothing was run" in refused:
        with pytest.raises(WavehouseError):
            schema.apply(database, folder)
