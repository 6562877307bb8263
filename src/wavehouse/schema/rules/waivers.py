"""Waivers written beside the files, for ladders whose files must not be edited.

``waivers.toml`` in the folder, or any file by ``--waivers``::

    [[waiver]]
    file = "20260709134422_ledger.up.sql"
    rule = "unvalidated"        # what the file leaves unvalidated; or a rule of lint
    until = 2027-06-30
    reason = "old rows stay as they are"
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.types import Waiver

FILE_NAME = "waivers.toml"
UNVALIDATED = "unvalidated"
Waivers = dict[str, tuple[Waiver, ...]]


def parsed(path: Path, raw: bytes) -> Waivers:
    """The waivers of a file, by migration file name. Raises InvalidInput."""
    try:
        document = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"the waivers cannot be read: {error}", where=path.name) from error
    waivers: dict[str, list[Waiver]] = {}
    for number, item in enumerate(document.get("waiver", []), start=1):
        values = item if isinstance(item, dict) else {}
        until, reason = values.get("until"), str(values.get("reason", "")).strip()
        if isinstance(until, datetime) or not isinstance(until, date) or not reason:
            raise _incomplete(path, number)
        if not values.get("file") or not values.get("rule"):
            raise _incomplete(path, number)
        waiver = Waiver(str(values["rule"]), until, reason, 1)
        waivers.setdefault(str(values["file"]), []).append(waiver)
    return {name: tuple(listed) for name, listed in waivers.items()}


def _incomplete(path: Path, number: int) -> InvalidInput:
    return InvalidInput(
        f"waiver {number} needs a file, a rule, an end date and a reason",
        where=path.name,
        hint='Write file = "1_a.up.sql", rule = "unvalidated", until = 2027-06-30, reason = "…".',
    )
