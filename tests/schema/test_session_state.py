"""Session settings of a file apply to all its statements, as in psql, and are replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.schema.conftest import VERSIONS

from wavehouse import schema
from wavehouse.kernel.errors import PartlyApplied
from wavehouse.schema.rules.layouts import Layout

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", VERSIONS, indirect=True, scope="session")
HEAD = "-- wavehouse: non-transactional\n"
TWO_SCHEMAS = (
    "CREATE SCHEMA app; CREATE TABLE app.m (id int PRIMARY KEY, v int);"
    "CREATE TABLE public.m (id int PRIMARY KEY, v int);"
)


@pytest.fixture(autouse=True)
def _no_schema_stays(database: str) -> object:
    yield
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS ows CASCADE")


def rows(database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


INDEXES = (
    "SELECT indrelid::regclass::text, indexrelid::regclass::text, indisvalid FROM pg_index"
    " WHERE indexrelid::regclass::text LIKE '%m_v%' ORDER BY 2"
)


def test_n1_a_search_path_holds_for_every_statement_of_the_file(
    database: str, ladder: Write
) -> None:
    """Both indexes are built on app.m, in and outside a transaction; none on public.m."""
    text = "set search_path = app; create index concurrently m_v on m(v); create index m_v2 on m(v)"
    schema.apply(database, ladder({"1_a.up": TWO_SCHEMAS, "2_b.up": f"{HEAD}{text};"}))
    expected = [("app.m", "app.m_v", True), ("app.m", "app.m_v2", True)]
    assert expected == rows(database, INDEXES)


def test_n2_settings_roles_and_temporary_tables_hold_as_in_psql(
    database: str, ladder: Write
) -> None:
    """SET, set_config, SET ROLE, a temporary table; the next file begins without them."""
    text = """
        set statement_timeout = '5min';
        create temp table ids as select 1 as id; grant select on ids to pg_database_owner;
        select set_config('app.x', '7', false);
        set role pg_database_owner;
        create table r as select current_setting('app.x', true) as x,
          current_setting('statement_timeout') as st, current_user::text as who, id from ids;
        reset role;
    """
    more = "create temp table ids as select current_setting('app.x', true) as x;"
    after = "create table s as select current_user::text as who, x from ids;"
    files = {"1_a.up": HEAD + text, "2_b.up": HEAD + more + after}
    schema.apply(database, ladder(files))
    assert [("7", "5min", "pg_database_owner", 1)] == rows(database, "SELECT * FROM r")
    login = rows(database, "SELECT current_user::text")[0][0]
    assert [(login, "")] == rows(database, "SELECT who, coalesce(x, '') FROM s")


def test_n3_a_dbmate_half_without_a_transaction_keeps_its_search_path(
    database: str, ladder: Write
) -> None:
    """The behaviour equals dbmate's and psql's, up and down."""
    first = "-- migrate:up\ncreate schema ows; create table ows.m(id int, status int);\n"
    second = (
        "-- migrate:up transaction:false\nSET search_path TO ows;\n"
        "create index concurrently if not exists m_v on m(status) where status > 0;\n"
        "-- migrate:down transaction:false\nSET search_path TO ows;\n"
        "drop index concurrently if exists m_v;\n"
    )
    folder = ladder({"1_a": first + "-- migrate:down\ndrop schema ows cascade;", "2_b": second})
    schema.apply(database, folder, layout=Layout.DBMATE)
    assert [("ows.m", "ows.m_v", True)] == rows(database, INDEXES)
    schema.rollback(database, folder, layout=Layout.DBMATE)
    assert [] == rows(database, INDEXES)


@pytest.mark.parametrize(
    "setting",
    [
        "set search_path = app;",
        "select set_config('search_path', 'app', false);",
        "do $$ begin perform set_config('search_path', 'app', false); end $$;",
    ],
)
def test_recover_replays_the_session_that_died(database: str, ladder: Write, setting: str) -> None:
    """The third statement fails; recover builds it in the schema that the first one set."""
    text = (
        f"{HEAD}{setting} set app.x = 'kept';"
        "create unique index concurrently m_v on m(v);"
        "create table x as select current_setting('app.x', true) as kept;"
    )
    folder = ladder({"1_a.up": TWO_SCHEMAS + "insert into app.m values (1, 1), (2, 1);"})
    schema.apply(database, folder)
    ladder({"2_b.up": text})
    with pytest.raises(PartlyApplied):
        schema.apply(database, folder)
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM app.m WHERE id = 2")
    schema.recover(database, folder)
    assert [("app.m", "app.m_v", True)] == rows(database, INDEXES)
    assert [("kept",)] == rows(database, "SELECT kept FROM app.x")


def test_a_half_that_needs_its_temporary_table_is_not_guessed_at(
    database: str, ladder: Write
) -> None:
    """The table ended with its session: recover says so and runs nothing."""
    text = (
        f"{HEAD}create temp table ids as select 1 as id; create table done (id int);"
        "create unique index concurrently m_v on m(v); insert into done select id from ids;"
    )
    folder = ladder({"1_a.up": TWO_SCHEMAS + "insert into public.m values (1, 1), (2, 1);"})
    schema.apply(database, folder)
    ladder({"2_b.up": text})
    with pytest.raises(PartlyApplied):
        schema.apply(database, folder)
    with pytest.raises(PartlyApplied, match="temporary table ids"):
        schema.recover(database, folder)


def test_a_batched_backfill_that_commits_is_applied_and_recorded(
    database: str, ladder: Write
) -> None:
    """DO and CALL with COMMIT (T7, T8) run outside a transaction, as the server requires."""
    block = (
        "do $$ begin for i in 0..1 loop update m set v = i where id = i; commit; end loop; end $$"
    )
    folder = ladder(
        {
            "1_a.up": "create table m(id int primary key, v int); insert into m values (0), (1);"
            "create procedure fill() language plpgsql as"
            " $$ begin update m set v = v + 5; commit; end $$;",
            "2_b.up": f"{HEAD}{block}; call fill();",
            "3_c.up": f"{HEAD}reindex schema public; vacuum m; cluster;",
        }
    )
    schema.apply(database, folder)
    assert [(0, 5), (1, 6)] == rows(database, "SELECT id, v FROM m ORDER BY id")


def test_an_interrupted_block_with_commits_is_run_again_only_when_asked(
    database: str, ladder: Write
) -> None:
    """The finished part cannot be determined: recover says so, and --run-again is explicit."""
    block = "do $$ begin update m set v = v + 1; commit; perform 1 / (select n from zero); end $$"
    folder = ladder(
        {
            "1_a.up": "create table m(v int); insert into m values (0);"
            "create table zero (n int); insert into zero values (0);",
            "2_b.up": f"{HEAD}{block};",
        }
    )
    with pytest.raises(PartlyApplied, match="division by zero"):
        schema.apply(database, folder)
    with pytest.raises(PartlyApplied, match="commits its own work"):
        schema.recover(database, folder)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE zero SET n = 1")
    schema.recover(database, folder, run_again=True)
    assert [(2,)] == rows(database, "SELECT v FROM m")
    assert 0 == schema.status(database, folder).exit_code
