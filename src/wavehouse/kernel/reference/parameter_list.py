"""Parameters that clients add to media addresses; the rest of a query identifies the file (R03)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of
from wavehouse.kernel.reference.own_lists import OwnFile, own_files

_LINE = re.compile(r"[\w.*~-]+(?:=[^\s&#]*)?")


def read_parameters(path: Path) -> list[str]:
    """The lines of a list. Raises InvalidInput with the number of an invalid line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the list of parameters cannot be read", where=str(path)) from broken
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if name := line.partition("#")[0].strip():
            rows.append(checked_parameter(name, f"{path}:{number}"))
    return rows


def checked_parameter(text: str, where: str | None = None) -> str:
    """Parse one line of a list; InvalidInput when it is invalid or matches every name."""
    name = text.strip().lower()
    if not _LINE.fullmatch(name) or not name.strip("*="):
        raise InvalidInput(
            f"{text!r} is not a parameter",
            where=where,
            hint="Write its name, with * for a variable part, and =value for only that value.",
        )
    return name


@cache
def _expression(files: tuple[OwnFile, ...]) -> re.Pattern[str]:
    paths = [path_of("client-parameters.txt"), *(file.path for file in files)]
    lines = [line for path in paths for line in read_parameters(path)]
    parts = [
        re.escape(line).replace(r"\*", ".*") + ("" if "=" in line else "(?:=.*)?") for line in lines
    ]
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL)


def is_client_parameter(parameter: str) -> bool:
    """True when ``name=value`` is empty or a known addition of clients."""
    return not parameter or _expression(own_files("parameters")).fullmatch(parameter) is not None


def naming_parameters(query: str, *, all_of_them: bool = False) -> str:
    """The query parameters that can identify a file, sorted; ``all_of_them`` keeps every one."""
    kept: Iterable[str] = {part for part in query.split("&") if part.strip("=")}
    if not all_of_them:
        kept = (part for part in kept if not is_client_parameter(part))
    return "&".join(sorted(kept))
