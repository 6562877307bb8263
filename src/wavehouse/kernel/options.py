"""Types of command-line options shared by several contexts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)
"""Days of options. Commands add days and months to them: the calendar ends with the year 9999."""


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
        if not EARLIEST <= day <= LATEST:
            self.fail(f"{day} is outside {EARLIEST} to {LATEST}", param, ctx)
        return datetime.fromisoformat(day.isoformat())


DAY = Day()


class Id(click.types.UUIDParameterType):
    """An id; ``command`` lists the ids that there are."""

    name = "id"

    def __init__(self, command: str) -> None:
        self._command = command

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        """The id; a usage error with the command that lists them for invalid text."""
        if isinstance(value, UUID):
            return value
        try:
            return UUID(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an id. `{self._command}` lists them.", param, ctx)


class Instant(click.ParamType[datetime]):
    """A day or an instant such as 2026-11-28T09:30:00; UTC unless an offset is given."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant, with a time zone; a usage error, with examples, for invalid text."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(
                f"{value!r} is not a time: write 2026-11-28T09:30:00, which is UTC, "
                "2026-11-28T09:30:00+01:00, or 2026-11-28",
                param,
                ctx,
            )
        if not EARLIEST <= at.date() <= LATEST:
            self.fail(f"{value} is outside {EARLIEST} to {LATEST}", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


INSTANT = Instant()
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
