"""Runners that die, and concurrent runners: real processes on a real server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema

Write = Callable[[dict[str, str]], Path]
pytestmark = pytest.mark.parametrize("postgres", [18, 16], indirect=True, scope="session")

RUNNER = """
import json, sys
from pathlib import Path
from wavehouse import schema
result = schema.apply(sys.argv[1], Path(sys.argv[2]))
print(json.dumps(result.as_json()))
"""


def start_runner(database: str, folder: Path) -> subprocess.Popen[str]:
    """A runner in a separate process."""
    command = [sys.executable, "-c", RUNNER, database, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for(database: str, runner: subprocess.Popen[str], condition: str) -> None:
    """Wait until a session of the database is in a condition, while the runner lives."""
    sessions = "pg_stat_activity WHERE datname = current_database()"
    query = f"SELECT count(*) FROM {sessions} AND {condition}"
    with psycopg.connect(database, autocommit=True) as watcher:
        for _ in range(2000):
            row = watcher.execute(query.encode()).fetchone()
            if row and row[0]:
                return
            assert None is runner.poll()
            time.sleep(0.005)
    raise AssertionError(f"no session came to: {condition}")


def wait_until_a_session_sleeps(database: str, runner: subprocess.Popen[str]) -> None:
    """Wait until a runner's session is in pg_sleep."""
    wait_for(database, runner, "wait_event = 'PgSleep'")


SLEEP = "SELECT pg_sleep(0.15);"
SLEEPS_AT_COMMIT = """
    CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.15); RETURN NULL; END $$;
    CREATE TABLE bed (id int);
    CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON bed DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION doze();
    INSERT INTO bed VALUES (1);
"""
MADE = "CREATE TABLE made (id int); INSERT INTO made VALUES (1);"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param(SLEEP + MADE, False, id="before its first change"),
        pytest.param(MADE + SLEEP + "ALTER TABLE made ADD x int;", False, id="between changes"),
        pytest.param(MADE + SLEEP, False, id="after its last change"),
        pytest.param(MADE + SLEEPS_AT_COMMIT, True, id="during its commit"),
    ],
)
def test_a_killed_runner_leaves_a_whole_file_with_its_row_or_nothing(
    database: str, ladder: Write, text: str, kept: bool
) -> None:
    """SIGKILL at each point: earlier files stay, this one is whole or absent, a rerun succeeds."""
    folder = ladder({"1_before.up": "CREATE TABLE before (id int);", "2_made.up": text})
    with start_runner(database, folder) as runner:
        wait_until_a_session_sleeps(database, runner)
        runner.kill()
    again = schema.apply(database, folder)
    assert ([] if kept else ["2"]) == [step.version for step in again.steps]
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM made").fetchone()
        events = connection.execute("SELECT version FROM schema_ops.journal ORDER BY 1").fetchall()
    assert ((1,), [("1",), ("2",)]) == (row, events)


def test_of_two_runners_one_applies_and_the_other_finds_it_done(
    database: str, ladder: Write
) -> None:
    """Each file is applied once; the waiting runner reports nothing to do, not an error."""
    folder = ladder({"1_made.up": MADE + SLEEP, "2_more.up": "ALTER TABLE made ADD more int;"})
    runners = [start_runner(database, folder) for _ in range(2)]
    results = [json.loads(runner.communicate(timeout=60)[0]) for runner in runners]
    assert [0, 0] == [runner.returncode for runner in runners]
    assert [0, 2] == sorted(len(result["applied"]) for result in results)
    assert ["2", "2"] == [result["version"] for result in results]


def test_a_runner_that_may_not_wait_says_that_another_is_at_work(
    database: str, ladder: Write
) -> None:
    """``--wait 0`` tries once."""
    folder = ladder({"1_made.up": SLEEP})
    with start_runner(database, folder) as runner:
        wait_until_a_session_sleeps(database, runner)
        with pytest.raises(schema.SchemaBusy, match="another runner"):
            schema.apply(database, folder, patience=schema.Patience(wait_seconds=0))
        assert 0 == runner.wait(timeout=60)


INDEX = {
    "1_t.up": "CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
    "2_i.up": "-- wavehouse: non-transactional\nCREATE INDEX CONCURRENTLY i ON t (id);",
    "2_i.down": "-- wavehouse: non-transactional\nDROP INDEX CONCURRENTLY IF EXISTS i;",
}


def test_a_runner_killed_while_it_builds_an_index_leaves_a_half_that_has_a_repair(
    database: str, ladder: Write
) -> None:
    """The row exists before the build; rollback waits for the orphan and undoes it."""
    folder = ladder(INDEX)
    schema.apply(database, folder, to="1")
    with psycopg.connect(database) as older:
        older.execute("INSERT INTO t VALUES (2)")
        with start_runner(database, folder) as runner:
            wait_for(database, runner, "query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'")
            runner.kill()
        assert 6 == schema.status(database, folder).exit_code
    schema.rollback(database, folder)
    assert ["2"] == [step.version for step in schema.apply(database, folder).steps]
    assert 0 == schema.status(database, folder).exit_code


def test_eight_runners_build_an_index_concurrently_once(database: str, ladder: Write) -> None:
    """Waiting runners poll without a snapshot; otherwise builder and waiter would deadlock."""
    folder = ladder(INDEX)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: schema.apply(database, folder), range(8)))
    assert [0] * 7 + [2] == sorted(len(result.steps) for result in results)


def test_ctrl_c_says_what_was_done_and_undoes_the_file_under_way(
    database: str, ladder: Write
) -> None:
    """The whole program, interrupted as by a user: data on stdout, exit code 1."""
    folder = ladder({"1_made.up": MADE, "2_slow.up": "DROP TABLE made; SELECT pg_sleep(30);"})
    words = ["schema", "apply", "--dir", str(folder), "--url", database, "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "wavehouse", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        wait_until_a_session_sleeps(database, program)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert (1, ["1"]) == (program.returncode, [s["version"] for s in json.loads(out)["applied"]])
    assert "stopped; applied before: 1" in err
    assert ("1", 3) == (
        schema.status(database, folder).version,
        schema.status(database, folder).exit_code,
    )
