"""What ``apply`` leaves in a database, on every version of PostgreSQL it promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from wavehouse import schema
from wavehouse.kernel.errors import Refused

Write = Callable[[dict[str, str]], Path]

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
    """The second run finds nothing to do and says the same version."""
    folder = ladder(TWO)
    first, second = schema.apply(database, folder), schema.apply(database, folder)
    assert ["202601010000", "202601020000"] == [step.version for step in first.steps]
    assert ((), "202601020000") == (second.steps, second.version)
    assert [("applied", "people"), ("applied", "names")] == rows(
        database, "SELECT state, slug FROM schema_ops.history ORDER BY version"
    )


def test_a_file_that_fails_leaves_nothing_and_names_its_line(database: str, ladder: Write) -> None:
    """Files before it stay; of the failing one neither a table nor a row is left."""
    folder = ladder({**TWO, "3_bad.up": ""})
    (folder / "3_bad.up.sql").unlink()
    ladder({"202601030000_bad.up": "CREATE TABLE kept (id int);\n\nSELECT 1,\n  FROM nowhere;\n"})
    with pytest.raises(schema.MigrationFailed) as caught:
        schema.apply(database, folder)
    assert "202601030000_bad.up.sql:4" == caught.value.where
    assert [(2, None)] == rows(
        database, "SELECT count(*), to_regclass('kept')::text FROM schema_ops.history"
    )


def test_rollback_undoes_the_newest_file(database: str, ladder: Write) -> None:
    """One step by default; the journal keeps what the history forgets."""
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


def test_an_applied_file_that_was_changed_is_refused(database: str, ladder: Write) -> None:
    """Nothing is applied on top of a history that cannot be trusted."""
    schema.apply(database, ladder(TWO))
    folder = ladder({"202601010000_people.up": "CREATE TABLE people (id bigint);"})
    with pytest.raises(Refused, match=r"202601010000_people\.up\.sql was changed"):
        schema.apply(database, folder)
    assert ("202601010000",) == schema.status(database, folder).of(schema.EntryState.CHANGED)
