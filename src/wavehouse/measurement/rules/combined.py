"""The combined log format, line by line: the slow way, for lines that the fast one cannot split.

The fast way splits a line at its quotes and takes 13 parts (our extended form) or 7 (plain
combined). Lines with quotes inside a value (Apache writes them as a backslash and a quote) or with
the last three fields unquoted come here and leave in the fast form.
"""

from __future__ import annotations

import re

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rf"(\S+ \S+ [^\"\[]*?) \[([^\]\[\"]{{1,40}})\] {_QUOTED} (\d{{1,3}}) (\d+|-) "
    rf"{_QUOTED} {_QUOTED}(?: (.*))?"
)
_TAIL = re.compile(rf"(?:{_QUOTED}|(-|bytes=\S+)) (?:{_QUOTED}|(-|bytes \S+)) (?:{_QUOTED}|(\S+))")


def canonical(line: str) -> str | None:
    r"""The line with its values quoted and inner quotes as ``\x22`` (nginx's way), or None.

    None means that it is no line of the combined format: the quarantine's business.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    who, when, request, status, size, referer, agent, tail = match.groups()
    values = [request, referer, agent]
    if tail:
        found = _TAIL.fullmatch(tail.strip())
        if found is None:
            return None
        quoted_range, range_, quoted_content, content, quoted_host, host = found.groups()
        values += [quoted_range or range_, quoted_content or content, quoted_host or host]
    request, referer, agent, *rest = (value.replace('\\"', r"\x22") for value in values)
    head = f'{who} [{when}] "{request}" {status} {size} "{referer}" "{agent}"'
    return " ".join([head, *(f'"{value}"' for value in rest)])


def is_combined(line: str) -> bool:
    """True when a line looks like the combined format."""
    return canonical(line) is not None
