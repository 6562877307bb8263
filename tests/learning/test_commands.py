"""The commands for learners: list, calibrate, models, erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from tests.learning.desk import Desk

from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.learning import DEFAULT_MODEL
from wavehouse.learning.cli import learning
from wavehouse.workspace import Workspace


def _run(desk: Desk, *words: object) -> Any:
    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield desk.workspace

    return CliRunner().invoke(learning, [str(word) for word in words], obj=opened)


def test_learners_are_listed_and_one_is_erased(desk: Desk) -> None:
    """An empty list first; then a level after five outcomes; then no learner."""
    assert "No learners yet" in _run(desk, "learners").output
    names = [f"piece{n}" for n in range(5)]
    desk.content(*names)
    desk.session("s", "anna")
    for n, name in enumerate(names):
        desk.send("s", *desk.heard(name, n * 200))

    (line,) = json.loads(_run(desk, "learners", "--json").output)["learners"]
    assert ("anna", 5, 600) == (line["account_id"], line["outcomes"], line["listening_seconds"])
    assert line["level"]["low"] < line["level"]["level"] < line["level"]["high"]
    assert "anna" in _run(desk, "learners").output

    assert "anna" in _run(desk, "erase", "anna", "--yes").output
    assert [] == json.loads(_run(desk, "learners", "--json").output)["learners"]
    assert isinstance(_run(desk, "erase", "anna", "--yes").exception, NotFound)


def test_a_model_from_a_file_is_used_and_the_shipped_one_again(desk: Desk, tmp_path: Path) -> None:
    """A version is stored once; an unknown name is refused."""
    written = tmp_path / "model.json"
    _run(desk, "fit", "--seed", 3, "--version", "mine", "--out", written)
    assert {"in_use": "mine"} == json.loads(_run(desk, "use-model", written, "--json").output)
    assert isinstance(_run(desk, "use-model", written).exception, Conflict)
    assert isinstance(_run(desk, "use-model", "none").exception, NotFound)
    listed = json.loads(_run(desk, "models", "--json").output)["models"]
    assert [(DEFAULT_MODEL.version, False), ("mine", True)] == [
        (each["version"], each["in_use"]) for each in listed
    ]
    _run(desk, "use-model", DEFAULT_MODEL.version)
    assert "yes" in _run(desk, "models").output.splitlines()[-2]


def test_calibrate_says_what_it_replaced_or_that_there_is_nothing(desk: Desk) -> None:
    """Thirty learners left the same content early: its difficulty was too low."""
    assert "Nothing to calibrate" in _run(desk, "calibrate").output
    desk.content("hard", difficulty=-2.0)
    for n in range(30):
        desk.session(f"s{n}", f"l{n}")
        desk.send(f"s{n}", *desk.heard("hard", share=0.1))
    (changed,) = json.loads(_run(desk, "calibrate", "--json").output)["calibrated"]
    assert ("hard", 30) == (changed["content_id"], changed["listeners"])
    assert changed["before"] < changed["after"]
