"""OPS-13: checks before and after, objects that a file may not leave, and promises of a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.schema.conftest import VERSIONS

from wavehouse import schema
from wavehouse.kernel.errors import InvalidInput, PartlyApplied, Refused
from wavehouse.schema import MigrationFailed, cli

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", VERSIONS, indirect=True, scope="session")
HEAD = "-- wavehouse: non-transactional\n"
BASE = {
    "1_base.up": "CREATE TABLE shows (id int PRIMARY KEY); CREATE TABLE notes (id int, show int);"
    "INSERT INTO shows VALUES (1); INSERT INTO notes VALUES (1, 1), (2, 7), (2, NULL);"
}
FOREIGN = "ALTER TABLE notes ADD CONSTRAINT notes_show_fkey FOREIGN KEY (show) REFERENCES shows"


@pytest.fixture
def base(database: str, ladder: Write) -> tuple[str, Write]:
    """A database with two shows' tables, an orphan, a NULL and a duplicate key."""
    schema.apply(database, ladder(BASE))
    return database, ladder


def checked(database: str, folder: Path, **words: Any) -> schema.WalkResult:
    return schema.apply(database, folder, oldest_transaction=300, **words)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (FOREIGN, r"1 rows of public.notes \(show\) refer to no row of public.shows"),
        ("ALTER TABLE notes ALTER show SET NOT NULL", "1 rows of public.notes have NULL in show"),
        (
            "ALTER TABLE notes ADD PRIMARY KEY (id)",
            r"1 keys of public.notes \(id\) occur more than once",
        ),
        ("ALTER TABLE notes ADD UNIQUE (id)", "occur more than once"),
        (HEAD + "CREATE UNIQUE INDEX CONCURRENTLY notes_id ON notes (id)", "occur more than once"),
        ("SELECT 1;\nCREATE EXTENSION no_such_thing", "no_such_thing is not available"),
    ],
)
def test_ops13_what_would_fail_on_the_data_is_refused_before_anything_runs(
    base: tuple[str, Write], statement: str, sentence: str
) -> None:
    """With file and line, and the next command; the version is unchanged."""
    database, ladder = base
    folder = ladder({"2_more.up": statement + ";"})
    with pytest.raises(Refused, match=sentence) as caught:
        checked(database, folder)
    assert str(caught.value.where).startswith("2_more.up.sql:")
    assert caught.value.hint
    assert ("2",) == schema.status(database, folder).of(schema.EntryState.PENDING)
    with psycopg.connect(database) as connection:
        assert (1,) == connection.execute("SELECT count(*) FROM schema_ops.history").fetchone()


def test_ops13_what_the_files_may_mend_is_told_and_tried(base: tuple[str, Write]) -> None:
    """An earlier statement that could change rows turns a finding into a warning."""
    database, ladder = base
    mend = "DELETE FROM notes WHERE show IS NULL OR show NOT IN (SELECT id FROM shows);"
    result = checked(database, ladder({"2_more.up": f"{mend}\n{FOREIGN};"}))

    text = (
        "1 rows of public.notes (show) refer to no row of public.shows, unless the files correct "
    )
    text += "them"
    assert (f"2_more.up.sql:2: {text}",) == result.warnings
    rows = {c.subject: (c.before, c.after) for c in result.checks if c.name == "rows"}
    assert {"public.notes": (3, 1), "public.shows": (1, 1)} == rows


def test_ops13_an_old_transaction_in_the_way_is_named(base: tuple[str, Write]) -> None:
    """Refused with its pid and statement, without literals; younger ones are ignored."""
    database, ladder = base
    folder = ladder({"2_more.up": "ALTER TABLE notes ADD COLUMN body text;"})
    with psycopg.connect(database) as other:
        other.execute("SELECT * FROM notes WHERE id = 4711")
        with pytest.raises(Refused, match=r"holds public.notes \(pid [0-9]+: SELECT") as caught:
            schema.apply(database, folder, oldest_transaction=0)
        assert "pg_terminate_backend" in str(caught.value.next_steps())
        assert "4711" not in str(caught.value)
    checked(database, folder)


def test_ops13_queries_of_a_check_file_run_before_and_after(base: tuple[str, Write]) -> None:
    """Each is named by its column; a false result rolls the file back."""
    database, ladder = base
    folder = ladder(
        {
            "2_more.up": "DELETE FROM notes WHERE show = 7;",
            "2_more.check": (
                "SELECT count(*) AS notes_left FROM notes;\n"
                "SELECT count(*) = 0 AS nobody_asked FROM schema_ops.journal WHERE version = '0';"
            ),
        }
    )
    result = checked(database, folder)
    fields = {c.name: (c.before, c.after) for c in result.checks if c.subject == "2_more.check.sql"}
    assert {"notes_left": (3, 2), "nobody_asked": (True, True)} == fields

    folder = ladder(
        {
            "3_all.up": "DELETE FROM notes;",
            "3_all.check": "\nSELECT count(*) > 0 AS some_left FROM notes;",
        }
    )
    with pytest.raises(MigrationFailed, match="the check some_left returns false") as caught:
        checked(database, folder)
    assert "3_all.check.sql:2" == caught.value.where
    with psycopg.connect(database) as connection:
        assert (2,) == connection.execute("SELECT count(*) FROM notes").fetchone()


def test_a_constraint_that_nobody_validates_is_not_called_applied(base: tuple[str, Write]) -> None:
    """Unless a later file validates it, or the header gives a reason; nothing remains."""
    database, ladder = base
    folder = ladder({"2_key.up": f"{FOREIGN} NOT VALID;"})
    with pytest.raises(MigrationFailed, match="leaves an unvalidated constraint: notes_show_fkey"):
        schema.apply(database, folder)
    assert "1" == schema.status(database, folder).version
    later = (
        "DELETE FROM notes WHERE show = 7; ALTER TABLE notes VALIDATE CONSTRAINT notes_show_fkey;"
    )
    schema.apply(database, ladder({"3_validate.up": later}))
    reason = "-- wavehouse: unvalidated old rows stay as they are\n"
    check = "ALTER TABLE notes ADD CONSTRAINT notes_id CHECK (id < 2) NOT VALID;"
    schema.apply(database, ladder({"4_check.up": reason + check}))

    assert "4" == schema.status(database, folder).version


def test_an_index_of_parts_is_applied_when_a_later_file_attaches_them(
    database: str, ladder: Write
) -> None:
    """Without such a file it is refused."""
    table = (
        "CREATE TABLE hits (at date) PARTITION BY RANGE (at);"
        "CREATE TABLE hits_a PARTITION OF hits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
    )
    folder = ladder({"1_t.up": table, "2_i.up": "CREATE INDEX hits_at ON ONLY hits (at);"})
    with pytest.raises(MigrationFailed, match=r"leaves an invalid index: public\.hits_at"):
        schema.apply(database, folder)
    ladder(
        {
            "3_part.up": HEAD + "CREATE INDEX CONCURRENTLY hits_a_at ON hits_a (at);",
            "4_attach.up": "ALTER INDEX hits_at ATTACH PARTITION hits_a_at;",
        }
    )
    schema.apply(database, folder)

    assert 0 == schema.status(database, folder).exit_code


def test_a_non_transactional_file_that_leaves_something_is_partly_applied(
    base: tuple[str, Write],
) -> None:
    """Exit code 6; its down file undoes it."""
    database, ladder = base
    folder = ladder(
        {
            "2_key.up": f"{HEAD}{FOREIGN} NOT VALID;",
            "2_key.down": f"{HEAD}ALTER TABLE notes DROP CONSTRAINT notes_show_fkey;",
        }
    )
    for work in (schema.apply, schema.recover):
        with pytest.raises(PartlyApplied, match="unvalidated constraint"):
            work(database, folder)
    assert 6 == schema.status(database, folder).exit_code
    schema.rollback(database, folder)
    assert 3 == schema.status(database, folder).exit_code


def test_ops20_the_journal_says_who_with_which_files_in_which_trace(
    base: tuple[str, Write],
) -> None:
    """A run's rows share a root; changing a down file's byte changes it; newest rows first."""
    database, ladder = base
    files = {f"{stem}.{way}": "SELECT 1;" for stem in ("2_a", "3_b") for way in ("up", "down")}
    folder = ladder(files)
    result = schema.apply(database, folder, actor="deploy@ci")
    newest, second, first, *_ = schema.history(database)

    assert ("3", "2", "1") == (newest.version, second.version, first.version)
    assert "deploy@ci" == newest.actor == second.actor != first.actor
    assert newest.change_set == second.change_set == result.change_set != first.change_set
    assert newest.trace_id == result.trace_id == newest.runner_id.hex
    schema.rollback(database, folder, to="1", actor="me")
    assert ("down", "me") == (
        schema.history(database, limit=1)[0].direction.value,
        schema.history(database, limit=1)[0].actor,
    )
    ladder({"2_a.down": "SELECT 1 ;"})
    assert result.change_set != schema.apply(database, folder).change_set


def test_a_journal_of_an_earlier_release_is_widened(base: tuple[str, Write]) -> None:
    """Its rows have no actor; reading it before that needs no column."""
    database, ladder = base
    with psycopg.connect(database) as connection:
        connection.execute(
            "ALTER TABLE schema_ops.journal DROP COLUMN actor, DROP COLUMN change_set,"
            " DROP COLUMN trace_id"
        )
    assert [None] == [entry.actor for entry in schema.history(database)]
    schema.apply(database, ladder({"2_a.up": "SELECT 1;"}), actor="x")
    assert ["x", None] == [entry.actor for entry in schema.history(database)]


def test_a_plan_is_applied_as_it_was_printed_or_not_at_all(base: tuple[str, Write]) -> None:
    """Other files, or a schema that turns out differently, are refused and leave nothing."""
    database, ladder = base
    folder = ladder({"2_a.up": "ALTER TABLE notes ADD COLUMN IF NOT EXISTS body text;"})
    chosen = schema.apply(database, folder, dry_run=True)
    other = schema.Expected(chosen.change_set, {"2": "0" * 64})
    with pytest.raises(MigrationFailed, match="would differ from the plan's prediction"):
        schema.apply(database, folder, expected=other)
    assert "1" == schema.status(database, folder).version
    with pytest.raises(Refused, match="differ from those of the plan"):
        schema.apply(database, folder, expected=schema.Expected("0" * 64, {}))


def run(*words: object) -> Result:
    return CliRunner().invoke(cli.schema, [str(word) for word in words])


def test_plan_then_apply_by_command(
    base: tuple[str, Write], tmp_path: Path, shadow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The predicted hash is the resulting one; a damaged plan is an error."""
    database, ladder = base
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))
    folder = ladder({"2_a.up": "ALTER TABLE notes ADD COLUMN body text;"})
    where = ["--dir", folder, "--url", database, "--json"]
    planned = run("plan", *where)
    assert 0 == planned.exit_code, planned.output
    plan = tmp_path / "plan.json"
    plan.write_text(planned.stdout)
    (tmp_path / "no.json").write_text("{}")

    assert isinstance(run("apply", *where, "--plan", tmp_path / "no.json").exception, InvalidInput)
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE notes ADD COLUMN by_hand text")
    drifted = run("apply", *where, "--plan", plan)
    assert "the plan's prediction" in str(drifted.exception)
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE notes DROP COLUMN by_hand")
    done = run("apply", *where, "--plan", plan, "--actor", "ci")
    assert 0 == done.exit_code, done.output
    assert json.loads(planned.stdout)["change_set"] == json.loads(done.stdout)["change_set"]
    shown = run("history", "--dir", folder, "--url", database)
    assert "2_a" in shown.stdout
    assert "ci" in shown.stdout
    entries = json.loads(run("history", *where).stdout)["entries"]
    assert ("ci", "up done") == (entries[0]["actor"], entries[0]["action"])


def test_a_file_that_is_no_sql_is_told_before_anything_runs(base: tuple[str, Write]) -> None:
    """Earlier files are not applied either; without checks the server reports it in turn."""
    database, ladder = base
    folder = ladder({"2_a.up": "SELECT 1;", "3_b.up": "SELECT 1;\n\nCREATE TABEL x ();"})
    with pytest.raises(InvalidInput, match="TABEL") as caught:
        checked(database, folder)
    assert "3_b.up.sql:3" == caught.value.where
    assert "1" == schema.status(database, folder).version
    with pytest.raises(MigrationFailed):
        schema.apply(database, folder)
    assert "2" == schema.status(database, folder).version


def test_ops12_spans_and_metrics_hold_no_literals(
    base: tuple[str, Write], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Migrate > migration > statement; counts and durations, by direction."""
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    database, ladder = base
    spans, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setenv("WAVEHOUSE_TELEMETRY", "on")
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    meters = MeterProvider([reader])
    monkeypatch.setattr(metrics, "get_meter", meters.get_meter)
    result = schema.apply(database, ladder({"2_a.up": "INSERT INTO notes VALUES (314159265);"}))

    values = {span.name: span for span in spans.get_finished_spans()}
    migrate, migration, statement = (
        values[f"wavehouse.{name}"] for name in ("migrate", "migration", "statement")
    )
    assert statement.parent is not None
    assert migration.parent is not None
    assert migration.context.span_id == statement.parent.span_id
    assert migrate.context.span_id == migration.parent.span_id
    assert f"{migrate.context.trace_id:032x}" == result.trace_id
    assert "INSERT INTO notes VALUES ($1)" == dict(statement.attributes or {})["db.query.summary"]
    answer = reader.get_metrics_data().to_json()  # type: ignore[union-attr]
    assert "314159265" not in answer
    assert all(
        name in answer
        for name in ("wavehouse.migrations", "migration.duration", "migration.lock_retries")
    )
