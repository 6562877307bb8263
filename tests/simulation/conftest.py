from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wavehouse.simulation import Settings, simulate

UNTIL = date(2026, 11, 19)


@pytest.fixture(scope="session", params=["cloudfront", "combined"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulation of thirty days, once in each format."""
    out = tmp_path_factory.mktemp(request.param)
    simulate(Settings(7, 60, 30, UNTIL, request.param), out)
    return out


@pytest.fixture(scope="session")
def truth(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return truth
