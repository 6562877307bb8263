"""The measurement commands, as people and programs use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from wavehouse.kernel.errors import UsageError
from wavehouse.measurement import cli
from wavehouse.measurement.rules import dimensions

Run = Callable[..., Result]


@pytest.fixture
def run(desk: Any) -> Run:
    """Run a command on the helper's workspace."""

    @contextmanager
    def opened() -> Iterator[Any]:
        yield desk.place

    def invoke(command: click.Command, *words: object) -> Result:
        result = CliRunner().invoke(command, [str(word) for word in words], obj=opened)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_logs_tell_what_was_read_and_counted(run: Run, desk: Any, hit: Any) -> None:
    """A table on stdout, sentences on stderr, exit code 0; the second run finds nothing new."""
    path = desk.log(hit, hit.but(method="HEAD"))
    first, second = run(cli.logs, path), run(cli.logs, path)

    assert 0 == first.exit_code
    assert f"{path.name}\tcombined\t2\t2\t0\t1\t0\t" in first.stdout
    assert "bad_method\t1" in first.stdout
    assert "+1 downloads on 1 days" in first.stderr
    assert "nothing new" in second.stdout
    assert "+0 downloads" in second.stderr


def test_logs_as_json_are_one_object(run: Run, desk: Any, hit: Any) -> None:
    """Read, stored, duplicate, filtered by reason, quarantined; in total and by file."""
    path = desk.log(hit, hit.but(method="HEAD"))
    found = json.loads(run(cli.logs, path, "--json").stdout)

    assert (2, 2, 0, 0) == tuple(
        found[name] for name in ("read", "stored", "duplicate", "quarantined")
    )
    assert {"bad_method": 1} == found["filtered"]
    assert (1, 1) == (found["downloads"], found["hours_rolled_up"])
    assert [(str(path), "combined", "")] == [
        (file["file"], file["format"], file["error"]) for file in found["files"]
    ]


def test_logs_with_bad_rows_end_with_3_and_say_where_to_look(run: Run, desk: Any, hit: Any) -> None:
    """Good rows are counted."""
    result = run(cli.logs, desk.write(f"{hit.combined()}\nrubbish\n"))

    assert 3 == result.exit_code
    assert "wavehouse quarantine list" in result.stderr
    assert 1 == desk.total()


def test_a_file_that_is_no_log_is_a_sentence_and_exit_code_3(run: Run, desk: Any, hit: Any) -> None:
    """With its position and the next step; the other file is read and counted."""
    story = desk.write("Once upon a time\n", "story.txt")
    result = run(cli.logs, story, desk.log(hit))

    assert 3 == result.exit_code
    assert f"({story}:1)" in result.stderr
    assert "docs/reference/log-formats.md" in result.stderr
    assert "Traceback" not in result.output
    assert 1 == desk.total()


def test_a_missing_file_or_a_folder_is_wrong_usage(run: Run, desk: Any) -> None:
    """It is named, with exit code 2."""
    missing, folder = run(cli.logs, desk.folder / "none.log"), run(cli.logs, desk.folder)

    assert (2, 2) == (missing.exit_code, folder.exit_code)
    assert "none.log' does not exist" in missing.stderr
    assert "is a directory" in folder.stderr


def test_logs_may_be_stored_now_and_counted_later(run: Run, desk: Any, hit: Any) -> None:
    """--no-count leaves the days for `rollup run`."""
    found = json.loads(run(cli.logs, desk.log(hit), "--no-count", "--json").stdout)
    assert found["downloads"] is None
    assert 0 == desk.total()

    done = json.loads(run(cli.rollup, "run", "--json").stdout)
    assert (1, 1, 1) == (done["days_counted"], done["downloads_added"], done["hours"])
    assert 1 == desk.total()


def test_downloads_as_json_keep_their_contract(run: Run, desk: Any, hit: Any) -> None:
    """The keys that programs read: downloads, listeners, rows, from, to, window."""
    desk.tell(hit, hit.but(ip="198.51.100.1"))
    words = ("--from", "2026-11-18", "--to", "2026-11-19", "--json")
    found = json.loads(run(cli.downloads, *words).stdout)

    assert (2, 2, "calendar", "UTC") == tuple(
        found[name] for name in ("downloads", "listeners", "window", "timezone")
    )
    assert ("2026-11-18", "2026-11-19") == (found["from"], found["to"])
    assert [2, 0] == [row["downloads"] for row in found["rows"]]
    assert ["2026-11-19"] == found["days_without_data"]
    shown = run(cli.downloads, *words[:-1])
    assert "2026-11-19\t–" in shown.stdout
    assert "No log was read of 1 day (2026-11-19): unknown, not zero." in shown.stderr
    assert "2026-11-18" == found["rows"][0]["day"]
    assert found["rule_version"].startswith("PTMG-2.3")
    assert "user_agents" in found["list_version"]


@pytest.mark.parametrize(
    ("by", "row"),
    [
        ("day", "2026-11-18\t1"),
        ("episode", "Episode one\t1"),
        ("app", "Apple Podcasts\t1"),
        ("country", "IT\t1"),
    ],
)
def test_downloads_are_a_table_by_member(run: Run, desk: Any, hit: Any, by: str, row: str) -> None:
    """One line each, and a sentence with the listeners."""
    desk.tell(
        hit.but(agent="Podcasts/1650.20 CFNetwork/1333.0.4 Darwin/21.5.0", ip="151.38.39.114")
    )
    result = run(cli.downloads, "--from", "2026-11-18", "--to", "2026-11-18", "--by", by)

    assert (0, f"{by}\tdownloads") == (result.exit_code, result.stdout.splitlines()[0])
    assert row in result.stdout
    assert "1 downloads by 1 listeners" in result.stderr


def test_downloads_by_the_hour_are_the_hourly_rollup(run: Run, desk: Any, hit: Any) -> None:
    """Every dimension has hours; they sum to the day's figure, also for one show."""
    later = hit.but(at=hit.at + timedelta(hours=3), ip="198.51.100.20", agent="Overcast/3.0")
    desk.tell(hit, later)
    day = hit.at.date().isoformat()
    period = ["--grain", "hour", "--from", day, "--to", day]
    hours = {
        by: [
            (row["hour"][11:13], row[by])
            for row in json.loads(run(cli.downloads, *period, "--by", by, "--json").stdout)["hours"]
        ]
        for by in ("day", "app")
    }

    assert [("10", day), ("13", day)] == hours["day"]
    assert [("10", "AppleCoreMedia"), ("13", "Overcast")] == hours["app"]
    for by in dimensions.names():
        words = (*period, "--by", by, "--show", "A show to count", "--json")
        rows = json.loads(run(cli.downloads, *words).stdout)["hours"]
        assert 2 == sum(row["downloads"] for row in rows)
    assert f"{day} 13:00\tOvercast\t1" in run(cli.downloads, *period, "--by", "app").stdout


def test_downloads_by_the_hour_are_of_a_month_at_most(run: Run, desk: Any) -> None:
    """A year of hours by country is refused with a suggestion."""
    year = ["--from", "2026-01-01", "--to", "2026-11-19"]
    with pytest.raises(UsageError, match="at most 31 days"):
        run(cli.downloads, "--grain", "hour", *year)


def test_downloads_without_data_say_what_to_do(run: Run) -> None:
    """The text has the next commands; as JSON the figures are zero."""
    result = run(cli.downloads)
    assert 0 == result.exit_code
    assert "wavehouse ingest feed" in result.stderr

    found = json.loads(run(cli.downloads, "--json").stdout)
    assert (0, 0) == (found["downloads"], found["listeners"])


def test_a_period_that_ends_before_it_begins_is_wrong_usage(run: Run) -> None:
    """A sentence, with exit code 2."""
    from wavehouse.kernel.errors import UsageError

    with pytest.raises(UsageError, match="is after --to"):
        run(cli.downloads, "--from", "2026-11-02", "--to", "2026-11-01")


def test_estimates_are_shown_apart(run: Run, desk: Any, hit: Any) -> None:
    """R30: redirects of our own prefix are in no total but in a separate sentence."""
    redirect = hit.but(path="/wh/e/media.example/own.mp3", status=302, size=0)
    desk.tell(redirect)
    words = ("--from", "2026-11-18", "--to", "2026-11-18")
    assert "1 more are prefix estimates" in run(cli.downloads, *words).stderr
    desk.tell(hit)
    words = ("--from", "2026-11-18", "--to", "2026-11-18")

    assert "1 more are prefix estimates (R30)" in run(cli.downloads, *words).stderr
    found = json.loads(run(cli.downloads, *words, "--json").stdout)
    assert (1, 1) == (found["downloads"], found["prefix_estimates"])


def test_requests_explain_each_line(run: Run, desk: Any, hit: Any) -> None:
    """Ten lines each have the reason with the rule's number."""
    path = desk.log(
        hit,
        hit.but(method="HEAD"),
        hit.but(agent=""),
        hit.but(ip="198.51.100.1", size=1_000),
        hit.but(path="/nowhere"),
    )
    desk.ingest(path)
    words = ("--from", "2026-11-18", "--to", "2026-11-18")
    table = run(cli.requests, *words).stdout

    for line, why in (
        (1, "one minute was sent: 10,000,000 bytes that day, 1,090,000 needed (R26, R27)"),
        (2, "only GET counts (R09)"),
        (3, "no user agent (R16)"),
        (4, "less than one minute: 1,000 bytes that day, 1,090,000 needed (R26)"),
        (5, "wavehouse ingest feed"),
    ):
        assert any(
            row.startswith(f"{path.name}:{line}\t") and why in row for row in table.splitlines()
        )
    found = json.loads(run(cli.requests, *words, "--json", "--limit", "2").stdout)
    assert ["counted", "bad_method"] == [row["outcome"] for row in found["requests"]]
    assert "203.0.113.0/24" == found["requests"][0]["network"]


def test_requests_of_a_period_without_any_say_so(run: Run) -> None:
    """An empty table would leave the reason open."""
    result = run(cli.requests)

    assert 0 == result.exit_code
    assert "No requests" in result.stderr
    assert {"requests": []}.items() <= json.loads(run(cli.requests, "--json").stdout).items()


def test_the_quarantine_is_listed_replayed_and_discarded(run: Run, desk: Any, hit: Any) -> None:
    """File, line, byte, reason; exit code 3 while rows are bad, 0 when none are."""
    assert "The quarantine is empty." in run(cli.quarantine, "list").stderr
    bad = hit.combined().replace("[18/", "[99/")
    path = desk.write(f"{bad}\nrubbish\n")
    desk.ingest(path)
    listed = run(cli.quarantine, "list").stdout
    assert (
        f"{path}:2\t{len(bad) + 1}\tnot a line of this log format (truncated?)\trubbish" in listed
    )
    rows = json.loads(run(cli.quarantine, "list", "--json").stdout)["rows"]
    assert [(1, 0), (2, len(bad) + 1)] == [(row["line"], row["byte"]) for row in rows]

    path.write_text(path.read_text().replace("[99/", "[18/"))
    replayed = run(cli.quarantine, "replay", "--json")
    assert (3, 1) == (replayed.exit_code, json.loads(replayed.stdout)["stored"])
    assert 1 == desk.total()

    assert 2 == run(cli.quarantine, "discard").exit_code
    assert "1 rows discarded" in run(cli.quarantine, "discard", rows[1]["id"]).stderr
    assert "0 rows tried" in run(cli.quarantine, "replay").stderr


def test_reconcile_ends_with_3_when_a_rollup_differs(run: Run, desk: Any, hit: Any) -> None:
    """Equal: 0. Tampered: 3 with the position. Repaired: 3 once more, then 0."""
    desk.tell(hit)
    assert (0, "1 hours, 1 events: all equal\n") == (
        (equal := run(cli.rollup, "reconcile")).exit_code,
        equal.stderr,
    )
    with desk.place.stores.analytics.worker() as tx:
        tx.connection.execute("UPDATE analytics.listener_events_hourly SET downloads = 9")

    found = run(cli.rollup, "reconcile")
    assert 3 == found.exit_code
    assert "listener_events_hourly\t2026-11-18 10:00:00Z" in found.stdout
    assert "--repair" in found.stderr
    repaired = run(cli.rollup, "reconcile", "--repair", "--json")
    assert (3, True) == (repaired.exit_code, json.loads(repaired.stdout)["repaired"])
    assert 0 == run(cli.rollup, "reconcile").exit_code


def test_rollup_run_may_count_days_anew(run: Run, desk: Any, hit: Any) -> None:
    """--recount derives whole days again; unchanged figures stay the same."""
    desk.tell(hit)
    words = ("--recount", "--from", "2026-11-18", "--to", "2026-11-18")

    assert "1 days counted, 0 hours and 0 days rolled up" in run(cli.rollup, "run", *words).stderr
    assert 1 == desk.total()
