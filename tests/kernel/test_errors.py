"""The tree of errors: every branch has a code, a status and an exit code that are documented."""

from __future__ import annotations

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
    """No error exits with success, answers with success, or has no words."""
    for kind in errors.tree():
        assert 1 <= kind.exit_code <= 6, kind
        assert 400 <= kind.http_status <= 599, kind
        assert kind.title, kind


def test_an_error_says_what_and_where() -> None:
    """And keeps the next step apart."""
    error = errors.InvalidInput(
        "the line is cut", where="a.log:7", hint="wavehouse quarantine list"
    )

    assert "the line is cut (a.log:7)" == str(error)
    assert "wavehouse quarantine list" == error.hint
    assert "the line is cut" == str(errors.InvalidInput("the line is cut"))
