"""Options that ``demo`` and ``up`` refuse before they change anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from wavehouse.cli.demo import demo, exit_code
from wavehouse.cli.sample import Sample
from wavehouse.cli.serving import up
from wavehouse.kernel import config
from wavehouse.kernel.errors import UsageError
from wavehouse.workspace import ChapterResult


@pytest.mark.parametrize("option", [["--days", "1"], ["--days", "-3"], ["--people", "0"]])
def test_a_world_of_no_days_or_people_is_wrong_usage(
    option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of an earlier demo is unchanged."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))

    done = CliRunner().invoke(demo, [*option, "--no-serve"])

    assert 2 == done.exit_code
    assert "is not in the range" in done.output
    assert not (tmp_path / "home").exists()


def test_a_chapter_whose_figures_are_wrong_is_exit_code_3() -> None:
    """One of several is enough; its line names the rules that disagree."""
    good, bad = ChapterResult(True, ("Good.",), {}), ChapterResult(False, ("Bad.",), {})

    assert [0, 0, 3, 3] == [exit_code(each) for each in ((), (good,), (good, bad), (bad, good))]


def test_a_port_beyond_the_last_one_is_wrong_usage() -> None:
    """65535 is the highest port."""
    done = CliRunner().invoke(up, ["--port", "65536"])

    assert isinstance(done.exception, UsageError)
    assert "must be a port, 1 to 65535" in str(done.exception)


def test_the_progress_of_a_simulation_ends_at_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports come several times a day; the bar must not exceed the number of days."""
    advanced: list[int] = []

    class Meter:
        def advance(self, amount: int) -> None:
            advanced.append(amount)

    @contextmanager
    def progress(*_: object) -> Iterator[Meter]:
        yield Meter()

    monkeypatch.setattr("wavehouse.kernel.terminal.progress", progress)
    settings = config.load({"home": str(tmp_path)}, environment={})

    Sample.wanted(settings, seed=1, people=200, days=3).simulate()

    assert 3 == sum(advanced)
