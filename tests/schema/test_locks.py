"""Lock timeouts: a migration never queues for long behind a lock, and still succeeds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema

Write = Callable[[dict[str, str]], Path]
FAST = schema.Patience(lock_timeout_ms=10, retry_seconds=30)


def test_a_file_is_tried_again_as_a_whole_until_its_lock_is_free(
    database: str, ladder: Write
) -> None:
    """Failed tries leave nothing: the insert before the blocked statement counts once."""
    folder = ladder(
        {
            "1_base.up": "CREATE TABLE base (id int); CREATE SEQUENCE tries;",
            "2_add.up": "CREATE TABLE once AS SELECT nextval('tries');"
            "ALTER TABLE base ADD more int;",
        }
    )
    schema.apply(database, folder, to="1")
    with psycopg.connect(database) as blocker:
        blocker.execute("SELECT * FROM base")
        results: list[schema.WalkResult] = []
        runner = threading.Thread(
            target=lambda: results.append(schema.apply(database, folder, patience=FAST))
        )
        runner.start()
        while (tries := tries_so_far(database)) < 2:
            assert runner.is_alive()
        blocker.commit()
        runner.join()
        assert tries - 1 <= results[0].steps[0].retries
        assert (1,) == blocker.execute("SELECT count(*) FROM once").fetchone()


def tries_so_far(database: str) -> int:
    """The number of times that the file has begun: a sequence is not rolled back."""
    with psycopg.connect(database) as watcher:
        row = watcher.execute("SELECT last_value FROM tries WHERE is_called").fetchone()
    return int(row[0]) if row else 0


def test_a_lock_that_never_comes_free_is_an_error_that_leaves_nothing(
    database: str, ladder: Write
) -> None:
    """After the timeout the file is named; the blocker is not affected."""
    folder = ladder({"1_base.up": "CREATE TABLE base (id int);"})
    schema.apply(database, folder)
    ladder({"2_add.up": "ALTER TABLE base ADD more int;"})
    patience = schema.Patience(lock_timeout_ms=5, retry_seconds=0.05)
    with psycopg.connect(database) as blocker:
        blocker.execute("SELECT * FROM base")
        with pytest.raises(schema.SchemaBusy, match="a lock was not available") as caught:
            schema.apply(database, folder, patience=patience)
        assert "2_add.up.sql" == caught.value.where
        blocker.execute("SELECT * FROM base")
    assert "1" == schema.status(database, folder).version
