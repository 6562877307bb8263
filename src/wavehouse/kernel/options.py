"""Types of command-line options shared by several contexts."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click


class Day(click.ParamType[datetime]):
    """A day such as 2026-11-28, as midnight without a time zone; callers take its ``date()``."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The day; a usage error, with an example, for invalid text."""
        if isinstance(value, datetime):
            return value
        from wavehouse.kernel.errors import InvalidInput
        from wavehouse.kernel.spelling import day_of

        try:
            day = day_of(str(value))
        except InvalidInput as error:
            hint = (
                f": {error.hint[:1].lower()}{error.hint[1:].removesuffix('.')}"
                if error.hint
                else ""
            )
            self.fail(f"{error}{hint}", param, ctx)
        return datetime.fromisoformat(day.isoformat())


DAY = Day()
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""An existing file; otherwise a usage error, exit code 2, in every command."""


class FileOrAddress(click.ParamType[str]):
    """A web address or an existing file."""

    name = "file|url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as typed."""
        text = str(value)
        if not re.match(r"https?://", text, re.IGNORECASE):
            EXISTING_FILE.convert(text, param, ctx)
        return text
