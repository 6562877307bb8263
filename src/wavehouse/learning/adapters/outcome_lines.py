"""Outcomes of learners as JSON Lines: one outcome a line, written by ``learning simulate``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.learning.types import Outcome, OutcomeClass

_FORM = (
    '{"learner": "anna", "content_id": "a", "at": "2026-09-01T18:00:00+00:00", "difficulty": 0.5, '
    '"outcome": "clean"}'
)


def line_of(learner: str, outcome: Outcome, **more: Any) -> str:
    """An outcome as a line; ``more`` are further values, such as the true level."""
    return json.dumps(
        {
            "learner": learner,
            "content_id": outcome.content_id,
            "at": outcome.at.isoformat(),
            "difficulty": outcome.difficulty,
            "outcome": outcome.kind.name.lower(),
            "heard": outcome.heard,
            "replays": outcome.replays,
            "liked": outcome.liked,
            "features": list(outcome.features),
            **more,
        },
        ensure_ascii=False,
    )


def read(path: Path) -> dict[str, list[Outcome]]:
    """The outcomes of a file by learner. InvalidInput names the first line of another form."""
    outcomes: dict[str, list[Outcome]] = {}
    for number, text in _lines(path):
        try:
            learner, outcome = _outcome(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput(
                "the line is not an outcome", where=f"{path}:{number}", hint=f"Expected: {_FORM}"
            ) from error
        outcomes.setdefault(learner, []).append(outcome)
    return outcomes


def _lines(path: Path) -> Iterable[tuple[int, str]]:
    def lines() -> Iterator[tuple[int, str]]:
        try:
            with path.open(encoding="utf-8") as file:
                yield from ((n, line) for n, line in enumerate(file, 1) if line.strip())
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput("the file is not UTF-8 text", where=str(path)) from error

    return lines()


def _outcome(values: dict[str, Any]) -> tuple[str, Outcome]:
    learner, content_id = values["learner"], values["content_id"]
    difficulty, at = float(values["difficulty"]), datetime.fromisoformat(values["at"])
    heard, replays = float(values.get("heard", 1.0)), values.get("replays", 0)
    features = values.get("features", [])
    is_valid = (
        isinstance(learner, str)
        and isinstance(content_id, str)
        and math.isfinite(difficulty)
        and -3 <= difficulty <= 3
        and 0 <= heard <= 1
        and isinstance(replays, int)
        and replays >= 0
        and at.tzinfo is not None
        and isinstance(features, list)
        and all(isinstance(each, str) for each in features)
    )
    if not is_valid:
        raise ValueError
    return learner, Outcome(
        content_id,
        at,
        difficulty,
        OutcomeClass[values["outcome"].upper()],
        heard,
        replays,
        values.get("liked", False) is True,
        tuple(features),
    )
