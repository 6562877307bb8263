"""Options that ``demo`` and ``up`` refuse before they change anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wavehouse import simulation
from wavehouse.cli.demo import demo, exit_code
from wavehouse.cli.sample import Sample
from wavehouse.cli.serving import up
from wavehouse.kernel import config
from wavehouse.kernel.errors import UsageError
from wavehouse.simulation.rules import sponsors
from wavehouse.simulation.rules.shows import ordinary_shows
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


def test_the_quickstart_and_the_story_have_the_demos_own_numbers() -> None:
    """Listeners, shows, days, campaigns and fees are read from the text and from the program."""
    root = Path(__file__).parents[2]
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    numbers = {word: number for number, word in enumerate(words)} | {"sixty": 60}
    defaults: dict[str | None, Any] = {option.name: option.default for option in demo.params}
    world = simulation.Settings(
        seed=defaults["seed"],
        people=defaults["people"],
        days=defaults["days"],
        until=date(2026, 11, 29),
    )
    campaigns = sponsors.campaigns(world, ordinary_shows(world))
    today = world.until + timedelta(days=1)
    running = [c for c in campaigns if c.status == "active" and c.start <= today <= c.end]
    per_thousand = sorted(c.value * 1000 / c.guaranteed_impressions for c in campaigns)
    quickstart = (root / "docs" / "quickstart.md").read_text(encoding="utf-8")
    story = (root / "docs" / "story.md").read_text(encoding="utf-8")
    invented = re.search(r"invents ([\d,]+)\s+listeners of (\w+) shows for (\d+) days", quickstart)
    told = re.search(r"(\w+) simulated shows are listened to for (\w+) days", story)
    logs = re.search(r"(\d+) access logs are read", story)
    money = re.search(r"Fees are (\d+) to (\d+) € for a thousand .* (\w+) campaigns run", story)

    assert invented is not None
    assert told is not None
    assert logs is not None
    assert money is not None
    people, shows, days = invented.groups()
    assert (2000, 60) == (world.people, world.days)
    assert (world.people, world.shows, world.days) == (
        int(people.replace(",", "")),
        numbers[shows],
        int(days),
    )
    assert (world.shows, world.days) == (numbers[told[1].lower()], numbers[told[2]])
    assert world.days == int(logs[1])
    assert (int(money[1]), int(money[2])) == (int(per_thousand[0]), int(per_thousand[-1]))
    assert len(running) == numbers[money[3]]


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
