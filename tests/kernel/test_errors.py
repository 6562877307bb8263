"""The error tree: every class has a documented code, status and exit code."""

from __future__ import annotations

import re
from pathlib import Path

from wavehouse.kernel import errors


def test_the_exit_codes_are_the_documented_ones() -> None:
    """0 done, 1 failed, 2 usage, 3 found something, 4 refused, 5 unreachable, 6 partly applied."""
    assert (0, 1, 2, 3, 4, 5, 6) == (
        errors.EXIT_DONE,
        errors.EXIT_FAILED,
        errors.EXIT_USAGE,
        errors.EXIT_FOUND,
        errors.EXIT_REFUSED,
        errors.EXIT_UNREACHABLE,
        errors.EXIT_PARTIAL,
    )


def test_every_error_has_an_exit_code_a_status_and_a_title_of_its_kind() -> None:
    """No error exits with 0 or is answered with 2xx, and each has a title."""
    for kind in errors.tree():
        assert 1 <= kind.exit_code <= 6, kind
        assert 400 <= kind.http_status <= 599, kind
        assert kind.title, kind


def test_an_error_says_what_and_where() -> None:
    """The next step is a separate field."""
    error = errors.InvalidInput(
        "the line is cut", where="a.log:7", command="wavehouse quarantine list"
    )

    assert "the line is cut (a.log:7)" == str(error)
    assert error.hint is None
    assert "wavehouse quarantine list" == error.command
    assert "the line is cut" == str(errors.InvalidInput("the line is cut"))


def test_a_hint_is_a_sentence_and_a_command_something_to_type() -> None:
    """The terminal prints both, each on a labelled line, in this order."""
    steps = {"hint": "Make a plan.", "command": "wavehouse schema plan"}

    both = errors.InvalidInput("there is no plan", **steps)

    assert ["Hint:  Make a plan.", "Try:   wavehouse schema plan"] == both.next_steps()
    assert [] == errors.InvalidInput("there is no plan").next_steps()


def test_no_hint_is_a_command() -> None:
    """Commands are in ``command``, so that pages and programs can show them as such."""
    hint = re.compile(r"""\bhint=f?"(?:wavehouse |GET /|POST /|WAVEHOUSE_[A-Z]+=|iconv |export )""")
    source = Path(errors.__file__).parents[1]

    wrong = [
        f"{path.relative_to(source)}: {result.group()}"
        for path in sorted(source.rglob("*.py"))
        for result in hint.finditer(path.read_text("utf-8"))
    ]

    assert [] == wrong
