"""Runners that die, and runners that meet: real processes on a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
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
    """A runner in a process of its own."""
    command = [sys.executable, "-c", RUNNER, database, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_until_a_session_sleeps(database: str, runner: subprocess.Popen[str]) -> None:
    """Return when a runner's session waits in pg_sleep."""
    with psycopg.connect(database, autocommit=True) as watcher:
        for _ in range(2000):
            found = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                " AND datname = current_database()"
            ).fetchone()
            if found and found[0]:
                return
            assert None is runner.poll()
            time.sleep(0.005)
    raise AssertionError("the runner never came to its sleeping statement")


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
    """SIGKILL at each point: earlier files stay, this one is whole or absent, then all succeeds."""
    folder = ladder({"1_before.up": "CREATE TABLE before (id int);", "2_made.up": text})
    with start_runner(database, folder) as runner:
        wait_until_a_session_sleeps(database, runner)
        runner.kill()
    again = schema.apply(database, folder)
    assert ([] if kept else ["2"]) == [step.version for step in again.steps]
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT count(*) FROM made").fetchone()
        events = connection.execute("SELECT version FROM schema_ops.journal ORDER BY 1").fetchall()
    assert ((1,), [("1",), ("2",)]) == (found, events)


def test_of_two_runners_one_applies_and_the_other_finds_it_done(
    database: str, ladder: Write
) -> None:
    """Each file is applied once; the one who waited reports nothing to do, not an error."""
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
