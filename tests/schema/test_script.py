"""Splitting a file into statements, and statements that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.types import Script


def script(text: str) -> Script:
    return read_script(sql_file(Path("1_a.up.sql"), text.encode()))


def texts(text: str) -> list[str]:
    return [statement.text for statement in script(text).statements]


ONE_STATEMENT = [
    "SELECT 'it''s; fine'",
    "SELECT E'a\\'; b'",
    'CREATE TABLE "a;b" (id int)',
    "DO $$ BEGIN PERFORM 1; COMMIT; END $$",
    "DO $body$ SELECT $$;$$; $body$",
    "SELECT 1 /* ; /* ; */ ; */ + 1",
    "SELECT 1 -- ; not here\n + 1",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
    "SELECT $1",
    "SELECT 1 AS \u00e9t\u00e9$x",
    "SELECT 2 AS a\u00a0",
    "ROLLBACK TO SAVEPOINT here",
    "CREATE FUNCTION b() RETURNS int LANGUAGE sql AS 'BEGIN; COMMIT;'",
]


@pytest.mark.parametrize("text", ONE_STATEMENT)
def test_a_hidden_semicolon_does_not_end_a_statement(text: str) -> None:
    """Quotes, dollar quotes, comments, parentheses and ATOMIC bodies hide semicolons."""
    assert [text, "SELECT 2"] == texts(f"{text};\nSELECT 2;")


@given(st.lists(st.sampled_from(ONE_STATEMENT), min_size=1, max_size=6), st.sampled_from("\n \t"))
def test_any_sequence_of_statements_is_split_into_itself(chosen: list[str], gap: str) -> None:
    """Joining and splitting are inverse for any neighbours; lines count from one."""
    joined = f";{gap}\n".join(chosen)
    assert chosen == texts(joined)
    lines = joined.splitlines()
    for statement in script(joined).statements:
        assert lines[statement.line - 1].startswith(statement.text.splitlines()[0])


@given(st.text(alphabet=";'\"$-/*()ab \n\\E", max_size=40))
def test_no_text_makes_the_lexer_fail_otherwise_than_with_a_place(text: str) -> None:
    """Any text gives statements or an error with a line."""
    try:
        content = script(text)
    except (InvalidInput, Refused) as error:
        place = error.where or "nowhere"
    else:
        place = "1_a.up.sql:1"
        assert all(statement.text in text for statement in content.statements)
    assert "1_a.up.sql" == place.partition(":")[0]
    assert place.partition(":")[2].isdigit()


@pytest.mark.parametrize(
    "command",
    [
        "BEGIN",
        "begin work",
        "START TRANSACTION",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "PREPARE TRANSACTION 'x'",
        "ROLLBACK PREPARED 'x'",
    ],
)
def test_a_command_that_ends_the_transaction_is_refused_with_its_line(command: str) -> None:
    """The file and its history row must be one transaction."""
    with pytest.raises(Refused) as caught:
        script(f"SELECT 1;\n-- talk\n{command};\n")
    assert "1_a.up.sql:3" == caught.value.where


@pytest.mark.parametrize("text", ["COPY t FROM STDIN;\n1\n\\.\n", "\\connect other\nSELECT 1;"])
def test_what_only_psql_understands_is_refused(text: str) -> None:
    """Inline data and backslash commands come from dumps; the server cannot read them."""
    with pytest.raises(Refused):
        script(text)


@pytest.mark.parametrize("text", ["SELECT 1;\n'oops", "SELECT 1;\n$x$ oops", "SELECT 1;\n/* /* */"])
def test_what_is_never_closed_is_named_by_the_line_it_begins_on(text: str) -> None:
    """An open quote would swallow the rest of the file."""
    with pytest.raises(InvalidInput, match="not closed") as caught:
        script(text)
    assert "1_a.up.sql:2" == caught.value.where


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_an_empty_file_is_an_error(text: str) -> None:
    """An empty file was left unfinished."""
    with pytest.raises(InvalidInput, match="is empty"):
        script(text)


def test_the_header_comment_is_read_and_later_comments_are_not() -> None:
    """Directives are above the first statement."""
    content = script("-- why\n-- wavehouse: non-transactional\nVACUUM;\n-- wavehouse: nonsense\n")
    assert (False, None) == (content.transactional, content.irreversible)
    assert "drops data" == script("-- wavehouse: irreversible: drops data\nSELECT 1").irreversible


def test_an_unknown_directive_is_an_error_with_its_line() -> None:
    """A misspelt directive must not be ignored."""
    with pytest.raises(InvalidInput, match="non-transactionel") as caught:
        script("-- x\n-- wavehouse: non-transactionel\nSELECT 1")
    assert "1_a.up.sql:2" == caught.value.where
