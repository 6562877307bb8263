"""Reads a printed plan."""

from __future__ import annotations

import json
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.types import Expected


def expected_of(path: Path, target: str) -> Expected:
    """A plan printed by ``plan --json``, for one database. InvalidInput when it is not one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        plans = {item["name"]: item for item in document.get("targets", [document])}
        plan = plans[target]
        return Expected(str(plan["change_set"]), dict(plan["hashes"]))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"this is not a plan for {target}",
            where=str(path),
            hint="Create a plan.",
            command="wavehouse schema plan --json > plan.json",
        ) from error
