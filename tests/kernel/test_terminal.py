"""Data on stdout, messages on stderr; one form for pipes and one for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from wavehouse.kernel import terminal


@pytest.fixture(autouse=True)
def _talkative() -> Iterator[None]:
    """Reset ``--quiet`` after each test."""
    yield
    terminal.be_quiet(False)


def test_data_and_talk_go_different_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe carries data only."""
    terminal.out("data")
    terminal.say("talk")

    assert ("data\n", "talk\n") == capsys.readouterr()


def test_quiet_silences_the_talk_and_not_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """``--quiet`` prints results and errors only."""
    terminal.be_quiet()
    terminal.out("data")
    terminal.say("talk")

    assert ("data\n", "") == capsys.readouterr()


def test_json_keeps_the_digits_of_money_and_the_letters_of_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Decimals are text, dates are ISO, umlauts are not escaped."""
    terminal.print_json(
        {
            "roi": Decimal("1.2500"),
            "day": date(2026, 11, 20),
            "at": datetime(2026, 11, 20, tzinfo=UTC),
            "id": UUID(int=7),
            "name": "Süd",
            "file": Path("a.pdf"),
        }
    )
    text = capsys.readouterr().out

    assert "Süd" in text
    assert {
        "roi": "1.2500",
        "day": "2026-11-20",
        "at": "2026-11-20T00:00:00+00:00",
        "id": str(UUID(int=7)),
        "name": "Süd",
        "file": "a.pdf",
    } == json.loads(text)


def test_what_has_no_json_form_is_refused() -> None:
    """A set or an object would be a programming error."""
    with pytest.raises(TypeError, match="set"):
        terminal.jsonable({1})


def test_a_table_is_tab_separated_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a row, a header, a dash for unknown; a tab in a cell becomes a space."""
    terminal.print_table(["day", "downloads"], [["2026-11-20", 7], ["a\tb", None]])

    assert "day\tdownloads\n2026-11-20\t7\na b\t–\n" == capsys.readouterr().out


def test_a_cell_with_a_line_break_stays_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    """A title with a line break must not look like two rows to ``cut`` and ``sort``."""
    terminal.print_table(["title"], [["two\nlines"]])

    assert 2 == len(capsys.readouterr().out.splitlines())


def test_progress_outside_of_a_terminal_is_silent_when_it_is_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At most one line every five seconds, so none for short work."""
    with terminal.progress("Reading", total=10, unit="lines") as meter:
        meter.advance(10)

    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize(
    ("unit", "total", "done", "line"),
    [
        ("days", 90, 3, "Counting: 3 of 90 days, 6 days/min"),
        ("lines", None, 600, "Counting: 600 lines, 20 lines/s"),
        ("bytes", 20_778_306, 7_025_460, "Counting: 7.0 of 20.8 MB, 0.2 MB/s"),
        ("bytes", None, 45_000_000, "Counting: 45.0 MB, 1.5 MB/s"),
    ],
)
def test_progress_outside_of_a_terminal_has_a_unit_and_a_speed_that_is_not_zero(
    unit: str,
    total: int | None,
    done: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A day of counting takes seconds: three in half a minute are not "0/s"."""
    moments = iter([100.0, 130.0])
    monkeypatch.setattr("wavehouse.kernel.terminal.time.monotonic", lambda: next(moments))

    with terminal.progress("Counting", total=total, unit=unit) as meter:
        meter.advance(done)

    assert f"{line}\n" == capsys.readouterr().err


def test_a_narrow_terminal_folds_a_path_and_never_cuts_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Paths in a table are there to be copied."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    path = "/srv/somebody/.local/share/wavehouse/reports/autumn.pdf"

    terminal.print_table(["figure", "value"], [["pdf", path]])

    lines = capsys.readouterr().out.splitlines()[1:]
    assert path == "".join(line.removeprefix(" pdf").strip() for line in lines)


def test_every_table_writes_instants_in_utc_to_the_second(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One form for all commands, whatever the time zone of the value."""
    rome = timezone(timedelta(hours=1))
    terminal.print_table(["at"], [[datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=rome)]])

    assert "at\n2026-11-20 08:30:15Z\n" == capsys.readouterr().out
