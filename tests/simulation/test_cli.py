from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.simulation.cli import simulate

SMALL = ["--seed", "2", "--people", "5", "--days", "3"]


def test_json_is_the_truth_that_was_written(tmp_path: Path) -> None:
    """The JSON object on standard output equals truth.json."""
    out = tmp_path / "out"
    args = [*SMALL, "--until", "2026-11-10", "--format", "combined", "--out", str(out), "--json"]
    done = CliRunner().invoke(simulate, args)
    assert 0 == done.exit_code, done.output
    truth = json.loads(done.stdout)
    assert json.loads((out / "truth.json").read_text()) == truth
    assert ("2026-11-08", "2026-11-10") == (truth["from"], truth["until"])
    names = sorted(path.name for path in (out / "logs").iterdir())
    assert [f"access-2026-11-{day:02}.log" for day in (8, 9, 10)] == names


def test_without_until_the_last_day_is_yesterday(tmp_path: Path) -> None:
    """Yesterday in UTC, so that the last day is complete."""
    with clock.frozen(datetime(2026, 3, 1, 0, 30, tzinfo=UTC)):
        done = CliRunner().invoke(simulate, [*SMALL, "--out", str(tmp_path / "out"), "--json"])
    assert "2026-02-28" == json.loads(done.stdout)["until"]


def test_the_summary_says_what_to_type_next(tmp_path: Path) -> None:
    """Counts and folder on standard output; the next command on standard error."""
    done = CliRunner().invoke(simulate, [*SMALL, "--out", str(tmp_path / "out")])
    assert "downloads" in done.stdout
    assert "wavehouse ingest feed" in done.stderr


def test_days_beyond_the_retention_are_told(tmp_path: Path) -> None:
    """They are written, and a sentence says how to ingest them."""
    args = [*SMALL, "--until", "2020-01-31", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(simulate, args)
    assert 0 == done.exit_code
    assert "raw_retention_days" in done.stderr


def test_a_full_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """Exit code 4, and the hint names --force."""
    (tmp_path / "mine.txt").write_text("mine")
    done = CliRunner().invoke(simulate, [*SMALL, "--out", str(tmp_path)])
    assert isinstance(done.exception, Refused)
    assert 4 == done.exception.exit_code
    assert "--force" in (done.exception.hint or "")


def test_one_day_is_too_short(tmp_path: Path) -> None:
    """R31 and R34 need two days: wrong usage, reported for the option."""
    done = CliRunner().invoke(simulate, ["--days", "1", "--out", str(tmp_path / "out")])
    assert 2 == done.exit_code
    assert "--days" in done.stderr


def test_a_last_day_that_no_calendar_can_count_from_is_wrong_usage(tmp_path: Path) -> None:
    """Campaigns and late redemptions extend beyond the last day, history before the first."""
    for until in ("1970-01-02", "2999-12-31"):
        args = [*SMALL, "--until", until, "--out", str(tmp_path / "out")]
        done = CliRunner().invoke(simulate, args)
        assert 2 == done.exit_code, done.output
        assert "choose a day from 1980 to 2200" in done.output
