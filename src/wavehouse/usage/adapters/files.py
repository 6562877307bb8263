"""Adapters for files: the version of the time zone database, price lists."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from wavehouse.kernel.errors import InvalidInput

_LARGEST = 32 * 1024 * 1024


def tzdata_version() -> str:
    """The version of the ``tzdata`` package; ``system`` when the system's own is used."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "system"


def shipped_prices() -> Path:
    """The price list that ships with Wavehouse."""
    import wavehouse

    return Path(wavehouse.__file__).parent / "reference" / "model-prices.json"


class NumberText(str):
    """A JSON number kept as text, so that it never becomes a float (U2)."""

    __slots__ = ()


def read_json(path: Path) -> Any:
    """Read a JSON file, keeping numbers as text. InvalidInput when the file is not JSON."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidInput("the file is larger than 32 MB", where=str(path))
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot read the file: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise InvalidInput("the file is not UTF-8", where=str(path)) from None
    try:
        return json.loads(
            text, parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInput(f"the file is not JSON: {error}", where=str(path)) from None
