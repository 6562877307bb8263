"""The paths and versions of the reference lists: ``reference/manifest.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "reference"


def path_of(name: str) -> Path:
    """The path of a bundled list."""
    return FOLDER / name


def text_of(name: str) -> str:
    """The text of a bundled list."""
    return path_of(name).read_text(encoding="utf-8")


@cache
def manifest() -> dict[str, Any]:
    """What ships: list name to version, licence, source and the checksum of every file."""
    lists: dict[str, Any] = json.loads(text_of("manifest.json"))["lists"]
    return lists


@cache
def versions() -> dict[str, str]:
    """List name to version, for the methodology and every report (R52)."""
    return {name: str(entry["version"]) for name, entry in sorted(manifest().items())}
