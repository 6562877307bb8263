"""``wavehouse learning``: comparing models, reading and writing them, assessing texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning import DEFAULT_MODEL
from wavehouse.learning.cli import learning
from wavehouse.learning.rules import model as models
from wavehouse.learning.rules.fitting import fitted
from wavehouse.learning.service.evaluating import evaluate, pilot


def run(*words: object) -> Any:
    return CliRunner().invoke(learning, [str(word) for word in words])


def test_l10_levels_and_choices_are_better_than_the_simple_ways() -> None:
    """For 80 learners: nearer to the truth than Elo, correct intervals, more finished content."""
    found = evaluate(DEFAULT_MODEL, learners=80, items=40, policy_learners=12, policy_items=40)
    error = {name: errors[20] for name, errors in found.errors.items()}
    completion = {name: done for name, (done, _) in found.policies.items()}

    assert error["ours"] < min(value for name, value in error.items() if name != "ours")
    assert error["ours"] <= 0.125
    assert all(0.6 <= share <= 0.95 for share in found.coverage.values())
    others = {name for name in completion if name not in ("ours", "oracle")}
    assert completion["ours"] > max(completion[name] for name in others)
    assert found.share_of_oracle >= 0.85


def test_fitting_comes_back_to_the_table_that_made_the_outcomes() -> None:
    """Three rounds from the shipped table change it little; L6 holds for every fitted table."""
    model = fitted(pilot(seed=1)[:150], version="v", start=DEFAULT_MODEL, rounds=3)

    assert max(abs(a - b) for a, b in zip(model.beta, DEFAULT_MODEL.beta, strict=True)) < 0.35
    assert "" == models.fault_of(model)
    assert model == models.read(json.dumps(models.as_json(model)), "model.json")


@pytest.mark.parametrize(
    "change",
    [
        {"alpha": [0]},
        {"beta": [0, 0, 1, 0, 0]},
        {"prior_sd": 0},
        {"decay": 2},
        {"prior_mean": float("nan")},
        {"like_rate": 1},
        {"version": None, "alpha": "x"},
    ],
)
def test_a_model_that_cannot_be_right_is_refused(change: dict[str, Any]) -> None:
    """The sentence has the file's name."""
    document = models.as_json(DEFAULT_MODEL) | change
    with pytest.raises(InvalidInput, match="learner model") as caught:
        models.read(json.dumps(document), "model.json")
    assert "model.json" == caught.value.where


def test_the_difficulty_of_texts_from_the_command_line(tmp_path: Path) -> None:
    """A table, JSON, and a sentence for files that are not text."""
    text, binary, empty = tmp_path / "a.txt", tmp_path / "b.bin", tmp_path / "c.txt"
    text.write_text("Il cane corre. " * 40, encoding="utf-8")
    binary.write_bytes(b"\xff\xfe\x00")
    empty.write_text("123", encoding="utf-8")
    shown = run("difficulty", text, "--json")

    assert 0 == shown.exit_code
    (one,) = json.loads(shown.output)["texts"]
    assert (120, 40, "A1") == (one["words"], one["sentences"], one["level"])
    assert 0 == run("difficulty", text).exit_code
    assert "not UTF-8" in str(run("difficulty", binary).exception)
    assert "no words" in str(run("difficulty", empty).exception)
    assert "no rules for the language" in str(run("difficulty", text, "--language", "de").exception)
