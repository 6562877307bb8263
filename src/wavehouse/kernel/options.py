"""Values of command-line options that several contexts have."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click

_WRITTEN = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


class Day(click.ParamType[datetime]):
    """A day such as 2026-11-28, as midnight without a zone; callers take its ``date()``."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The day; a usage error that says how to write it."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if not _WRITTEN.fullmatch(text):
            swapped = _DAY_FIRST.fullmatch(text)
            example = "2026-11-28"
            if swapped:
                example = f"{swapped[3]}-{int(swapped[2]):02}-{int(swapped[1]):02}"
            self.fail(f"{text!r} is not a day: write it like {example}", param, ctx)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text} does not exist", param, ctx)


DAY = Day()
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that is there; otherwise wrong usage, exit code 2, in every command."""


class FileOrAddress(click.ParamType[str]):
    """A web address, or a file that is there."""

    name = "file|url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it was typed."""
        text = str(value)
        if not re.match(r"https?://", text, re.IGNORECASE):
            EXISTING_FILE.convert(text, param, ctx)
        return text
