"""Time zones from the pinned ``tzdata`` package, never from the system (Q4)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from wavehouse.kernel.errors import InvalidInput


def tzdata_version() -> str:
    """The edition of the zone rules, such as ``2026b`` (Q5)."""
    return str(tzdata.IANA_VERSION)


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset((files(tzdata) / "zones").read_text("utf-8").split())


@cache
def zone_of(name: str) -> ZoneInfo:
    """A zone by its IANA name. InvalidInput for an unknown one."""
    if name not in zone_names():
        raise InvalidInput(
            f"unknown time zone: {name[:60]!r}",
            where="tz",
            hint="Use a name of the IANA list, such as Europe/Rome.",
        )
    with (files(tzdata) / "zoneinfo").joinpath(*name.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)
