"""The commands for learners: list, calibrate, models, erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.learning.desk import Desk

from wavehouse.erasure.cli.learner import erase
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.learning import DEFAULT_MODEL
from wavehouse.learning.cli import learning
from wavehouse.learning.rules import model as models
from wavehouse.learning.service import evaluating
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

    erased = _erase(desk, "anna")
    assert "completed; wavehouse erasure certificate" in erased.output
    assert [] == json.loads(_run(desk, "learners", "--json").output)["learners"]
    assert isinstance(_erase(desk, "anna").exception, NotFound)


def _erase(desk: Desk, account: str) -> Any:
    """`wavehouse learning erase`, which is a command of the context that erases people."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield desk.workspace

    return CliRunner().invoke(erase, [account, "--yes"], obj=opened)


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


def test_a_model_is_fitted_to_outcomes_of_a_file(desk: Desk, tmp_path: Path) -> None:
    """The same as from the outcomes themselves; two simulations write the same bytes."""
    written, again = tmp_path / "pilot.jsonl", tmp_path / "again.jsonl"
    few = ("simulate", "--learners", 60, "--items", 8, "--out")
    assert "480 outcomes of 60" in _run(desk, *few, written).output
    _run(desk, *few, again)
    assert written.read_bytes() == again.read_bytes()
    first = json.loads(written.read_text().splitlines()[0])
    assert {"learner", "difficulty", "outcome", "true_level"} <= first.keys()

    histories = [outcomes for _, outcomes in evaluating.simulated(seed=1, learners=60, items=8)]
    expected = models.as_json(evaluating.fit_to(histories, version="v"))
    assert expected == json.loads(_run(desk, "fit", "--outcomes", written, "--version", "v").stdout)


LINE = {
    "learner": "a",
    "content_id": "b",
    "at": "2026-09-01T00:00:00+00:00",
    "difficulty": 0,
    "outcome": "clean",
}


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        "{}",
        *(
            json.dumps({**LINE, **wrong})
            for wrong in (
                {"at": "2026-09-01"},
                {"difficulty": float("nan")},
                {"difficulty": 4},
                {"outcome": "good"},
                {"replays": -1},
                {"learner": 7},
                {"features": "topic:food"},
            )
        ),
    ],
)
def test_a_line_of_another_form_is_named(desk: Desk, tmp_path: Path, line: str) -> None:
    """The file, the line, and the expected form; nothing is fitted."""
    file = tmp_path / "bad.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n{line}\n")
    error = _run(desk, "fit", "--outcomes", file).exception
    assert isinstance(error, InvalidInput)
    assert f"{file}:2" == error.where


def test_a_model_of_a_few_learners_is_refused(desk: Desk, tmp_path: Path) -> None:
    """The table would describe those few."""
    file = tmp_path / "few.jsonl"
    _run(desk, "simulate", "--learners", 49, "--items", 5, "--out", file)
    assert "49 learners" in str(_run(desk, "fit", "--outcomes", file).exception)
