"""The paths and versions of the reference lists: ``reference/manifest.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from wavehouse.kernel.reference.own_lists import own_versions

FOLDER = Path(__file__).parents[2] / "reference"


def path_of(name: str) -> Path:
    """The path of a bundled list."""
    return FOLDER / name


def text_of(name: str) -> str:
    """The text of a bundled list."""
    return path_of(name).read_text(encoding="utf-8")


@cache
def manifest() -> dict[str, Any]:
    """The bundled lists: list name to version, licence, source and the checksum of every file."""
    lists: dict[str, Any] = json.loads(text_of("manifest.json"))["lists"]
    return lists


def versions() -> dict[str, str]:
    """List name to version, custom lists included, for the methodology and every report (R52)."""
    bundled = {name: str(entry["version"]) for name, entry in manifest().items()}
    return dict(sorted((bundled | own_versions()).items()))
