"""The demo's chapter recovers the simulated level, and can run again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wavehouse.learning.demo import learning
from wavehouse.workspace import Stage, Workspace


def test_the_chapter_finds_the_known_level_and_the_same_one_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Both runs give equal figures; the interval has the truth and is narrower than the prior."""
    stage = Stage(workspace, tmp_path, {}, date(2026, 11, 19), tmp_path)
    first, again = learning(stage), learning(stage)

    assert first.ok
    assert first == again
    assert first.figures["low"] <= first.figures["truth"] <= first.figures["high"]
    assert first.figures["high"] - first.figures["low"] < 0.3
    assert first.figures["reasons"]


@pytest.mark.parametrize("day", [date(2026, 11, 30), date(2026, 12, 1), date(2028, 2, 29)])
def test_the_chapter_holds_on_any_day(workspace: Workspace, tmp_path: Path, day: date) -> None:
    """Also across the ends of months, the figures are the same."""
    assert learning(Stage(workspace, tmp_path, {}, day, tmp_path)).ok
