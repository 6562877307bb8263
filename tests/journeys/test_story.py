"""The demo's story: every chapter runs twice and produces the promised figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from wavehouse import wiring
from wavehouse.kernel import clock


def _played(home: Path) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "wavehouse", "-q", "demo", "--no-serve", "--json"),
            *("--people", "20", "--days", "8"),
        ],
        env={**os.environ, "WAVEHOUSE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _settled(result: dict[str, Any]) -> dict[str, Any]:
    """The figures without those that depend on the clock or on new files."""
    chapters = {
        name: {key: value for key, value in chapter.items() if key not in {"seconds", "lines"}}
        for name, chapter in result["chapters"].items()
    }
    chapters["by itself"].pop("taken_over")
    others = {
        key: value for key, value in result.items() if key not in {"seconds", "chapters", "reports"}
    }
    return {**others, "chapters": chapters}


def test_the_whole_story_is_true_and_can_be_told_again(home_folder: Path) -> None:
    """Every chapter runs and is true; the second run gives the same figures."""
    day, first = clock.today(), _played(home_folder)
    assert [chapter.name for chapter in wiring.chapters()] == list(first["chapters"])
    for name, chapter in first["chapters"].items():
        assert chapter["ok"], (name, chapter)
        assert 1 <= len(chapter["lines"]) <= 3, name
    assert all(rule["expected"] == rule["counted"] for rule in first["truth"].values())
    people = first["chapters"]["people"]
    assert (True, 0) == (people["in_the_backup"], people["files_after_replay"])
    itself = first["chapters"]["by itself"]
    assert (11, 11, 1) == (itself["jobs"], itself["ended_once"], itself["killed"])

    again = _played(home_folder)
    if clock.today() != day:  # the sample ends with yesterday: after midnight it is another one
        first, again = again, _played(home_folder)
    assert _settled(first) == _settled(again)
