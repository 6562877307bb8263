"""Lint of single files, of standard input, of down files, and with a target's row counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from wavehouse import schema
from wavehouse.schema import cli

Write = Callable[[dict[str, str]], Path]
INDEX = "create index t_a_idx on t (a);"
FILES = {
    "202601010000_a.up": "create table t(id int primary key, a int);",
    "202601010000_a.down": "drop table t;",
    "202601010001_b.up": INDEX,
    "202601010001_b.down": "drop index concurrently t_a_idx;",
}


@pytest.fixture(autouse=True)
def _home(shadow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))


def linted(folder: Path) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli.schema, ["lint", "--dir", str(folder), "--json"])
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def rules(*words: object, given: str | None = None) -> list[tuple[str, str]]:
    done = CliRunner().invoke(cli.schema, ["lint", *map(str, words), "--json"], input=given)
    assert done.exit_code in (0, 3), done.output + str(done.exception)
    document: dict[str, Any] = json.loads(done.stdout)
    return [(one["file"], one["rule"]) for one in document["findings"]]


def test_a_file_is_linted_after_the_older_ones_of_its_folder(ladder: Write) -> None:
    """So is its down file: CONCURRENTLY needs the header there, too."""
    folder = ladder(FILES)
    expected = [
        ("202601010001_b.down.sql", "concurrently-in-transaction"),
        ("202601010001_b.up.sql", "create-index-blocks-writes"),
    ]
    assert expected == sorted(rules(folder / "202601010001_b.up.sql"))
    assert [] == rules(folder / "202601010000_a.up.sql")


def test_standard_input_and_a_loose_file_come_after_the_folder(
    ladder: Write, tmp_path: Path
) -> None:
    """They need neither a version nor a down file."""
    folder = ladder({stem: text for stem, text in FILES.items() if "_a." in stem})
    (tmp_path / "draft.sql").write_text(INDEX)
    expected = "create-index-blocks-writes"
    assert [("standard input", expected)] == rules("--dir", folder, "-", given=INDEX)
    assert [("draft.sql", expected)] == rules("--dir", folder, tmp_path / "draft.sql")


def test_a_foreign_ladder_without_any_way_back_is_told_once(tmp_path: Path) -> None:
    """Its tool has none, or its authors want none; a single missing file is still an error."""
    for number in (1, 2, 3):
        (tmp_path / f"{number}_step.sql").write_text(f"create table t{number} (id int);")
    assert [("1_step.sql", "missing-down")] == rules("--dir", tmp_path, "--layout", "sqlx")
    for number in (1, 2):
        (tmp_path / f"{number}_step.sql").rename(tmp_path / f"{number}_step.up.sql")
        (tmp_path / f"{number}_step.down.sql").write_text(f"drop table t{number};")
    assert [("3_step.sql", "missing-down")] == rules("--dir", tmp_path, "--layout", "sqlx")


def test_indexes_of_one_file_on_one_table_are_one_finding(ladder: Write) -> None:
    """It names every line; indexes on another table are another finding."""
    many = "create table u(b int);\n" + FILES["202601010000_a.up"]
    built = [
        INDEX,
        "create index on u (b);",
        "create index on t (a, id);",
        "create index on t (id);",
    ]
    folder = ladder(
        {
            "202601010000_a.up": many,
            "202601010000_a.down": "drop table t, u;",
            "202601010001_b.up": "\n".join(built),
            "202601010001_b.down": "select 1;",
        }
    )
    found = [one for one in linted(folder) if one["rule"] == "create-index-blocks-writes"]
    assert [1, 2] == [one["line"] for one in found]
    assert found[0]["message"].endswith("the same for lines 3, 4")


def test_the_rows_of_the_target_weigh(database: str, ladder: Write) -> None:
    """Work on a small table is advice; on a large one the finding has the number of rows."""
    folder = ladder(FILES)
    schema.apply(database, folder, to="202601010000")
    found = ("202601010001_b.up.sql", "create-index-blocks-writes")
    words = ["--dir", folder, "--url", database]
    assert found not in rules(*words)
    assert found in rules(*words, "--advice")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g")
        connection.execute("ANALYZE t")
    assert found in rules(*words)


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("postgresql://me@host/x?search_path=app", "search_path is not a parameter", "options"),
        ("DATABASE", "the database no_such_thing does not exist", "--url"),
    ],
)
def test_words_for_a_url_that_cannot_work(
    database: str, ladder: Write, url: str, message: str, hint: str
) -> None:
    """The fault and the command to type."""
    if url == "DATABASE":
        url = database.replace("dbname=ladder", "dbname=no_such_thing")
    done = CliRunner().invoke(cli.schema, ["status", "--dir", str(ladder({})), "--url", url])
    assert message in str(done.exception)
    assert hint in str(getattr(done.exception, "hint", ""))


def test_a_monitor_that_may_only_look_is_told_what_it_lacks(database: str, ladder: Write) -> None:
    """The message has the GRANT to type."""
    folder = ladder(FILES)
    schema.apply(database, folder, to="202601010000")
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS watcher")
        admin.execute("CREATE ROLE watcher LOGIN PASSWORD 'w'")
    url = f"{database} options='-c role=watcher'"
    try:
        done = CliRunner().invoke(cli.schema, ["status", "--dir", str(folder), "--url", url])
        shown = str(getattr(done.exception, "command", "")) if done.exception else done.output
        assert "GRANT" in shown or "pending" in shown
    finally:
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute("DROP ROLE watcher")
