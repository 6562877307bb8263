"""The result of apply, rollback and status in a database, on every supported version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from wavehouse import schema
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, Refused, UsageError
from wavehouse.schema.cli import schema as commands
from wavehouse.schema.rules.layouts import Layout

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", [18, 16], indirect=True, scope="session")

TWO = {
    "202601010000_people.up": "CREATE TABLE people (id int PRIMARY KEY);",
    "202601010000_people.down": "DROP TABLE people;",
    "202601020000_names.up": "ALTER TABLE people ADD name text;",
    "202601020000_names.down": "ALTER TABLE people DROP name;",
}


def rows(database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def test_every_pending_file_is_applied_once_in_order(database: str, ladder: Write) -> None:
    """The second run finds nothing to do and reports the same version."""
    folder = ladder(TWO)
    first, second = schema.apply(database, folder), schema.apply(database, folder)
    assert ["202601010000", "202601020000"] == [step.version for step in first.steps]
    assert ((), "202601020000") == (second.steps, second.version)
    assert [("applied", "people"), ("applied", "names")] == rows(
        database, "SELECT state, slug FROM schema_ops.history ORDER BY version"
    )
    assert 0 == schema.status(database, folder).exit_code


def test_the_history_takes_its_time_from_the_one_clock(database: str, ladder: Write) -> None:
    """With a moved clock, the history and the journal have the clock's time."""
    then = datetime(2030, 2, 3, 4, 5, tzinfo=UTC)
    with clock.frozen(then):
        schema.apply(database, ladder(TWO), to="202601010000")
    assert then == schema.status(database, ladder({})).last_applied_at
    assert [(then,)] == rows(database, "SELECT happened_at FROM schema_ops.journal")


def test_a_file_that_does_not_parse_leaves_nothing_and_names_its_line(
    database: str, ladder: Write
) -> None:
    """Earlier files stay; the failing one leaves neither a table nor a row."""
    bad = "CREATE TABLE kept (id int);\n\nSELECT 1,\n  FROM nowhere;\n"
    with pytest.raises(schema.MigrationFailed) as caught:
        schema.apply(database, ladder({**TWO, "202601030000_bad.up": bad}))
    assert "202601030000_bad.up.sql:4" == caught.value.where
    assert [(2, None)] == rows(
        database, "SELECT count(*), to_regclass('kept')::text FROM schema_ops.history"
    )


def test_a_statement_that_fails_without_a_position_has_its_line_too(
    database: str, ladder: Write
) -> None:
    """Statements are sent one by one, so each error has a statement; its detail is left out."""
    twice = "INSERT INTO people VALUES (1);\n-- again\nINSERT INTO people\nVALUES (1);"
    with pytest.raises(schema.MigrationFailed, match="duplicate key") as caught:
        schema.apply(database, ladder({**TWO, "202601030000_twice.up": twice}))
    assert "202601030000_twice.up.sql:3" == caught.value.where
    assert "(id)=(1)" not in str(caught.value)


def test_what_fails_only_at_commit_leaves_nothing_either(database: str, ladder: Write) -> None:
    """Deferred constraints fail at the end of the transaction."""
    orphan = """
        CREATE TABLE pets (owner int REFERENCES people DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO pets VALUES (7);
    """
    with pytest.raises(schema.MigrationFailed, match="foreign key"):
        schema.apply(database, ladder({**TWO, "202601030000_orphan.up": orphan}))
    assert ("202601030000",) == schema.status(database, ladder({})).of(schema.EntryState.PENDING)


def test_a_percent_sign_and_a_dollar_number_mean_themselves(database: str, ladder: Write) -> None:
    """Files are sent without parameters, so neither is a placeholder."""
    text = "CREATE TABLE a AS SELECT '100%s %% %(x)s $1' AS t, 7 % 4 AS n;"
    schema.apply(database, ladder({"1_a.up": text}))
    assert [("100%s %% %(x)s $1", 3)] == rows(database, "SELECT t, n FROM a")


def test_what_a_file_sets_for_the_session_does_not_reach_the_next_file(
    database: str, ladder: Write
) -> None:
    """Dumps begin by emptying search_path, which must not affect the next file."""
    folder = ladder(
        {
            "1_a.up": "SELECT set_config('search_path', '', false); SET ROLE pg_monitor;",
            "2_b.up": "CREATE TABLE b AS SELECT current_user::text AS who;",
        }
    )
    schema.apply(database, folder)
    assert [(conninfo_to_dict(database)["user"],)] == rows(database, "SELECT who FROM public.b")


def test_objects_belong_to_the_owner_role_and_the_history_to_who_signed_in(
    database: str, ladder: Write
) -> None:
    """``role`` is set for the whole session, and again after a file that resets it."""
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS wh_owner")
        admin.execute("CREATE ROLE wh_owner")
        admin.execute("GRANT USAGE, CREATE ON SCHEMA public TO wh_owner")
        admin.execute(f"GRANT CREATE ON DATABASE {admin.info.dbname} TO wh_owner".encode())
    folder = ladder({"1_a.up": "RESET ROLE;", "2_b.up": "CREATE TABLE b (id int);"})
    schema.apply(database, folder, role="wh_owner")
    assert [("wh_owner",), ("wh_owner",)] == rows(
        database,
        "SELECT tableowner FROM pg_tables WHERE tablename IN ('b', 'history') ORDER BY tablename",
    )
    assert [(conninfo_to_dict(database)["user"],)] == rows(
        database, "SELECT DISTINCT applied_by FROM schema_ops.history"
    )
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP OWNED BY wh_owner")
        admin.execute("DROP ROLE wh_owner")


def test_a_role_that_does_not_exist_is_refused(database: str, ladder: Write) -> None:
    """The sentence names the role; nothing is created."""
    with pytest.raises(Refused, match="nobody_here"):
        schema.apply(database, ladder(TWO), role="nobody_here")
    assert [(None,)] == rows(database, "SELECT to_regnamespace('schema_ops')::text")


def test_a_dry_run_and_status_write_nothing(database: str, ladder: Write) -> None:
    """Not even the runner's schema is created; a broken file is still reported."""
    folder = ladder(TWO)
    result = schema.apply(database, folder, dry_run=True)
    assert (2, None) == (len(result.steps), result.version)
    assert 3 == schema.status(database, folder).exit_code
    assert [(None,)] == rows(database, "SELECT to_regnamespace('schema_ops')::text")
    with pytest.raises(InvalidInput, match="is empty"):
        schema.apply(database, ladder({"202601030000_none.up": "\n"}), dry_run=True)


def test_nothing_runs_when_any_chosen_file_is_not_fit(database: str, ladder: Write) -> None:
    """All files are read and checked before the first is applied."""
    with pytest.raises(Refused, match="COMMIT is not allowed"):
        schema.apply(database, ladder({**TWO, "202601030000_c.up": "SELECT 1; COMMIT;"}))
    assert None is schema.status(database, ladder({})).version


def test_rollback_undoes_the_newest_file(database: str, ladder: Write) -> None:
    """One step by default; the journal keeps the rows that the history deletes."""
    folder = ladder(TWO)
    schema.apply(database, folder)
    result = schema.rollback(database, folder)
    assert (["202601020000"], "202601010000") == (
        [step.version for step in result.steps],
        result.version,
    )
    assert [("up",), ("up",), ("down",)] == rows(
        database, "SELECT direction FROM schema_ops.journal ORDER BY journal_id"
    )
    schema.rollback(database, folder, to="0")
    assert [(None, 0)] == rows(
        database, "SELECT to_regclass('people')::text, count(*) FROM schema_ops.history"
    )


def test_a_down_file_that_fails_leaves_the_version_applied(database: str, ladder: Write) -> None:
    """The row and the objects are removed together or stay together."""
    folder = ladder({**TWO, "202601020000_names.down": "ALTER TABLE people DROP name;\nDROP x;"})
    schema.apply(database, folder)
    with pytest.raises(schema.MigrationFailed) as caught:
        schema.rollback(database, folder)
    assert "202601020000_names.down.sql:2" == caught.value.where
    assert ([(None,)], 0) == (
        rows(database, "SELECT name FROM people UNION ALL SELECT NULL"),
        schema.status(database, folder).exit_code,
    )


@pytest.mark.parametrize(
    ("up", "down", "reason"),
    [
        ("SELECT 1;", "", "is empty; nothing was rolled back"),
        ("SELECT 1;", "-- cannot be undone\n", "has no statement"),
        ("-- wavehouse: irreversible: data is gone\nSELECT 1;", "SELECT 1;", "data is gone"),
        ("SELECT 1;", "-- wavehouse: irreversible\nSELECT 1;", "gives no reason"),
    ],
)
def test_a_down_file_that_would_undo_nothing_is_refused(
    database: str, ladder: Write, up: str, down: str, reason: str
) -> None:
    """The history must not say "rolled back" while the objects still exist."""
    folder = ladder({"1_a.up": up, "1_a.down": down})
    schema.apply(database, folder)
    with pytest.raises(Refused, match=reason):
        schema.rollback(database, folder)
    assert "1" == schema.status(database, folder).version


def test_a_mended_down_file_is_run_when_it_is_allowed(database: str, ladder: Write) -> None:
    """A down file that never worked can be corrected with an explicit option."""
    schema.apply(database, ladder({"1_a.up": "CREATE TABLE a ();", "1_a.down": "DROP TABLE b;"}))
    folder = ladder({"1_a.down": "DROP TABLE a;"})
    with pytest.raises(Refused, match="has changed since its version") as caught:
        schema.rollback(database, folder)
    assert "--allow-changed-down" in str(caught.value.next_steps())
    schema.rollback(database, folder, allow_changed_down=True)
    assert [(None,)] == rows(database, "SELECT to_regclass('a')::text")


def test_another_runners_folder_is_applied_undone_and_recorded(
    database: str, tmp_path: Path
) -> None:
    """Both halves of one file; its transaction directive is applied."""
    (tmp_path / "20260101_people.sql").write_text(
        "-- migrate:up\nCREATE TABLE people (id int);\n-- migrate:down\nDROP TABLE people;\n"
    )
    (tmp_path / "20260102_index.sql").write_text(
        "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY people_i ON people (id);\n"
        "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY people_i;\n"
    )
    done = schema.apply(database, tmp_path, layout=Layout.DBMATE)
    assert ["20260101", "20260102"] == [step.version for step in done.steps]
    assert 0 == schema.status(database, tmp_path, layout=Layout.DBMATE).exit_code
    schema.rollback(database, tmp_path, layout=Layout.DBMATE, steps=2)
    assert [(None,)] == rows(database, "SELECT to_regclass('people')")


@pytest.mark.parametrize(
    ("layout", "name", "mark"),
    [
        (Layout.WAVEHOUSE, "0_people.up.sql", ""),
        (Layout.GOLANG_MIGRATE, "000000_people.up.sql", ""),
        (Layout.DBMATE, "0_people.sql", "-- migrate:up\n"),
        (Layout.GOOSE, "00000_people.sql", "-- +goose Up\n"),
        (Layout.FLYWAY, "V0__people.sql", ""),
    ],
)
def test_a_ladder_may_begin_with_version_0(
    database: str, tmp_path: Path, layout: Layout, name: str, mark: str
) -> None:
    """It is the lowest version: applied, known and sorted first."""
    (tmp_path / name).write_text(f"{mark}CREATE TABLE people (id int);\n")
    done = schema.apply(database, tmp_path, layout=layout)
    assert [0] == [int(step.version) for step in done.steps]
    status = schema.status(database, tmp_path, layout=layout)
    assert ["0"] == [str(int(status.version or "9"))]
    assert () == schema.apply(database, tmp_path, layout=layout).steps


@pytest.mark.parametrize("layout", [Layout.GOLANG_MIGRATE, Layout.GOOSE])
def test_a_folder_with_migrations_in_go_is_not_applied_without_them(
    database: str, tmp_path: Path, layout: Layout
) -> None:
    """The step is named; programs and tests beside the migrations are ignored."""
    up = "00001_people.up.sql" if layout is Layout.GOLANG_MIGRATE else "00001_people.sql"
    (tmp_path / up).write_text("-- +goose Up\nCREATE TABLE people (id int);\n")
    (tmp_path / "embed.go").write_text("package migrations")
    (tmp_path / "00002_fill_test.go").write_text("package migrations")
    with (tmp_path / "00002_fill.go").open("w") as file:
        file.write("package migrations")
    with pytest.raises(Refused, match=r"written in Go.*00002_fill\.go"):
        schema.apply(database, tmp_path, layout=layout)
    assert [(None,)] == rows(database, "SELECT to_regclass('people')::text")
    (tmp_path / "00002_fill.go").unlink()
    assert 1 == len(schema.apply(database, tmp_path, layout=layout).steps)


def test_a_file_of_another_layout_is_no_step_that_does_nothing(
    database: str, tmp_path: Path
) -> None:
    """Without its marker the up part would be empty, and recorded as applied."""
    (tmp_path / "20260101_people.sql").write_text("CREATE TABLE people (id int);")
    for layout in (Layout.DBMATE, Layout.GOOSE):
        with pytest.raises(InvalidInput, match="no up section"):
            schema.apply(database, tmp_path, layout=layout)
    words = ["apply", "--layout", "dbmate", "--database", "operational"]
    assert isinstance(CliRunner().invoke(commands, words).exception, UsageError)
