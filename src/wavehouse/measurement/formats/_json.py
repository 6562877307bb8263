"""Shared parts of formats with one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from wavehouse.measurement.formats._shape import Layout

_LINES = 200


def objects(lines: Sequence[str]) -> Iterable[dict[str, object]]:
    """The JSON objects among the first lines."""
    for line in lines[:_LINES]:
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value


def has_names(*needed: str | tuple[str, ...]) -> Callable[[Sequence[str]], bool]:
    """A detection: the first JSON object has each of the names, or one of each tuple."""
    choices = [(name,) if isinstance(name, str) else name for name in needed]

    def detects(lines: Sequence[str]) -> bool:
        first = next(iter(objects(lines)), None)
        return first is not None and all(
            any(_has(first, name) for name in names) for names in choices
        )

    return detects


def _has(mapping: Mapping[str, object], name: str) -> bool:
    inside: object = mapping
    for step in name.split("/"):
        if not isinstance(inside, dict) or step not in inside:
            return False
        inside = inside[step]
    return True


def json_layout(
    format_: str,
    values: Mapping[str, tuple[str, ...]],
    fields: Mapping[str, str],
    *,
    escaped_agents: bool = False,
) -> Callable[[Sequence[str], str], Layout]:
    """A layout whose parts are values of a JSON object, each at the first path present."""
    paths = [path for choices in values.values() for path in choices]
    at = {path: index for index, path in enumerate(paths, 1)}
    named = ", ".join(
        f"coalesce({', '.join(f'p[{at[path]}]' for path in choices)}) AS {name}"
        if len(choices) > 1
        else f"p[{at[choices[0]]}] AS {name}"
        for name, choices in values.items()
    )
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    parts = (
        f"SELECT n, {named} FROM (SELECT n, CASE WHEN json_valid(line) "  # noqa: S608 - our own paths
        f"THEN json_extract_string(line, [{listed}]) END AS p FROM raw)"
    )
    return lambda _lines, _where: Layout(format_, parts, fields, escaped_agents=escaped_agents)
