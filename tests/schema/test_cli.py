"""The commands: data on stdout, messages on stderr, exit codes, one JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wavehouse.kernel.errors import EXIT_FOUND, Refused, Unreachable, UsageError
from wavehouse.schema.cli import schema

Write = Callable[[dict[str, str]], Path]
FILES = {
    "1_a.up": "CREATE TABLE a (id int);",
    "1_a.down": "DROP TABLE a;",
    "2_b.up": "CREATE TABLE b (id int);",
}


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(schema, words, env=environment)


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_apply_prints_what_it_did_as_lines_and_talks_on_stderr(
    database: str, ladder: Write
) -> None:
    """Tab-separated lines when stdout is not a terminal; the second run has nothing to do."""
    words = ("apply", "--dir", str(ladder(FILES)), "--url", database)
    first, second = run(*words), run(*words)
    assert (0, 0) == (first.exit_code, second.exit_code)
    assert ["database\tversion\tslug\tdirection\tms", "database\t1\ta\tup"] == [
        line.rpartition("\t")[0] if "\tup\t" in line else line
        for line in first.stdout.splitlines()[:2]
    ]
    assert "applied 2_b" in first.stderr
    assert ("", "database: nothing to do; it is at version 2\n") == (second.stdout, second.stderr)


def test_status_exits_with_3_while_something_is_pending(database: str, ladder: Write) -> None:
    """The URL may come from the environment; the JSON object is about one database."""
    words = ("--dir", str(ladder(FILES)), "--json")
    before = run("status", *words, WAVEHOUSE_SCHEMA_URL=database)
    assert (EXIT_FOUND, ["1", "2"]) == (before.exit_code, document(before)["pending"])
    applied = run("apply", *words, "--to", "1", WAVEHOUSE_SCHEMA_URL=database)
    assert ("1", ["1"]) == (
        document(applied)["version"],
        [step["version"] for step in document(applied)["applied"]],
    )
    after = run("status", *words, WAVEHOUSE_SCHEMA_URL=database)
    assert ("1", ["2"]) == (document(after)["version"], document(after)["pending"])


def test_status_names_migrations_in_go(database: str, tmp_path: Path) -> None:
    """It compares without them and says so."""
    (tmp_path / "1_a.up.sql").write_text("CREATE TABLE a (id int);")
    (tmp_path / "2_b.up.go").write_text("package migrations")
    words = ("--dir", str(tmp_path), "--url", database, "--layout", "golang-migrate", "--json")
    result = run("status", *words)
    assert "2_b.up.go is written in Go" in result.stderr
    assert ["1"] == document(result)["pending"]


def test_an_error_is_in_the_document_beside_what_was_done(database: str, ladder: Write) -> None:
    """The object also has the files applied before the failing one."""
    folder = ladder({**FILES, "3_c.up": "SELECT 1 / 0;"})
    result = run("apply", "--dir", str(folder), "--url", database, "--json")
    answer = document(result)
    assert ["1", "2"] == [step["version"] for step in answer["applied"]]
    assert ("migration_failed", "3_c.up.sql:1") == (
        answer["error"]["code"],
        answer["error"]["where"],
    )
    assert answer["error"]["message"] == str(result.exception).partition(" (")[0]


def test_a_rollback_without_a_down_file_is_refused(database: str, ladder: Write) -> None:
    """The command prints nothing: the program that runs it prints the error."""
    words = ("--dir", str(ladder(FILES)), "--url", database)
    run("apply", *words)
    result = run("rollback", *words)
    assert isinstance(result.exception, Refused)
    assert ("", "") == (result.stdout, result.stderr)


def test_a_dry_run_says_what_would_be_done(database: str, ladder: Write) -> None:
    """It covers up and down, and afterwards nothing has changed."""
    words = ("--dir", str(ladder(FILES)), "--url", database, "--dry-run")
    assert "would apply 2_b" in run("apply", *words).stderr
    run("apply", *words[:-1], "--to", "1")
    assert "would roll back 1_a" in run("rollback", *words, "--steps", "1").stderr
    assert "1" == document(run("status", *words[:-1], "--json"))["version"]


@pytest.mark.parametrize(
    "words",
    [
        ("apply", "--dir", "."),
        ("apply", "--url", "dbname=x"),
        ("apply", "--dir", ".", "--url", "dbname=x", "--database", "analytics"),
        ("rollback",),
        ("rollback", "--database", "analytics", "--database", "listeners"),
        ("rollback", "--dir", ".", "--url", "dbname=x", "--to", "1", "--steps", "2"),
    ],
)
def test_options_that_do_not_say_which_database_are_a_usage_error(words: tuple[str, ...]) -> None:
    """A rollback's target is never guessed, and a folder is never run on another database."""
    assert isinstance(run(*words).exception, UsageError)


@pytest.mark.parametrize(
    "words", [("apply", "--dir", "/no/such/folder"), ("rollback", "--steps", "0"), ("up",)]
)
def test_words_that_click_refuses_exit_with_2(words: tuple[str, ...]) -> None:
    """Usage errors have their own code."""
    assert 2 == run(*words).exit_code


def test_an_unreachable_server_is_told_in_the_document_too(tmp_path: Path) -> None:
    """Programs read the code, people the sentence."""
    words = ("--dir", str(tmp_path), "--url", f"host={tmp_path} dbname=x", "--json")
    for command in ("apply", "status"):
        result = run(command, *words)
        assert isinstance(result.exception, Unreachable)
        assert "unreachable" == document(result)["error"]["code"]
