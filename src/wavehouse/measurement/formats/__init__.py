"""The log formats, one file each: ``FORMAT`` defines detection, layout and documentation.

The command line, the guide, the database's check and the tests are derived from this folder: a new
format is a new file. Files whose names start with an underscore are shared by formats.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.formats._shape import Format, Layout, Split
from wavehouse.measurement.formats._template import template_layout

AUTO = "auto"
FIELDS = "fields="
"""The prefix of a ``--fields`` template where a format name is expected."""


def names() -> tuple[str, ...]:
    """The format names in alphabetical order; imports no format."""
    return tuple(
        sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    )


@cache
def formats() -> tuple[Format, ...]:
    """Every format, in detection order."""
    rows = [import_module(f"{__name__}.{name}").FORMAT for name in names()]
    return tuple(sorted(rows, key=lambda format_: (format_.rank, format_.name)))


def format_of(name: str) -> Format:
    """The format with this name. InvalidInput for an unknown one."""
    for format_ in formats():
        if format_.name == name:
            return format_
    raise InvalidInput(f"unknown log format {name}", hint=f"Known formats: {', '.join(names())}.")


def layout_of(head: str, chosen: str, where: str) -> Layout:
    """The layout of a file, by its first lines. InvalidInput when no format matches."""
    lines = [line.rstrip("\r") for line in head.removeprefix("\ufeff").split("\n")]
    if chosen.startswith(FIELDS):
        return template_layout(chosen.removeprefix(FIELDS))
    if chosen != AUTO:
        return format_of(chosen).layout(lines, where)
    for format_ in formats():
        if format_.detects(lines):
            return format_.layout(lines, where)
    raise InvalidInput(
        "unknown log format: the first lines match none of the formats that Wavehouse reads",
        where=f"{where}:1",
        hint=f"To choose a format, use --format with one of {', '.join(names())}; for any other log, "
        "describe a line with --fields. See docs/reference/log-formats.md.",
    )


def refuse_other_fields(text: str, layout: Layout, where: str, first_line: int) -> None:
    """InvalidInput when a second header names other fields; it may repeat the first."""
    if not layout.fields_line or "#" not in text:  # one character is found faster than eight
        return
    listener = -1
    while (listener := text.find("#Fields:", listener + 1)) >= 0:
        line = text[listener:].partition("\n")[0].rstrip("\r")
        starts = listener == 0 or text[listener - 1] == "\n"
        if starts and tuple(line[8:].split()) != layout.fields_line:
            raise InvalidInput(
                "the #Fields line changes in the middle of the file",
                where=f"{where}:{first_line + text.count(chr(10), 0, listener)}",
                hint="Split the file at that line; the part before it was read.",
            )


def samples() -> Sequence[tuple[str, str]]:
    """Each format's name and its sample file."""
    return [(format_.name, format_.sample) for format_ in formats()]


__all__ = [
    "AUTO",
    "FIELDS",
    "Format",
    "Layout",
    "Split",
    "format_of",
    "formats",
    "layout_of",
    "names",
    "refuse_other_fields",
    "samples",
    "template_layout",
]
