"""The user agent list: patterns in matching order, devices, examples."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import text_of
from wavehouse.kernel.reference.own_lists import OwnFile, own_files


@dataclass(frozen=True, slots=True)
class AgentPattern:
    """One expression of the list.

    ``group`` is the kind (bot, app, library, browser), or for devices the category. Every text that
    the expression matches contains one of ``needles``; without needles, try the expression itself.
    """

    group: str
    name: str
    pattern: str
    needles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentExample:
    """A user agent seen in practice, and its classification.

    ``kind`` is app, browser and library (which count), bot, or watch (R20).
    """

    kind: str
    app: str
    user_agent: str


def _patterns(name: str) -> tuple[AgentPattern, ...]:
    return tuple(
        AgentPattern(group, title, pattern, tuple(needles))
        for group, title, pattern, needles in json.loads(text_of(name))["entries"]
    )


_KINDS = ("bot", "app", "library", "browser")
_GRAMMAR = "a line must be: kind | name | regular expression, with kind one of " + ", ".join(_KINDS)


def agent_patterns() -> tuple[AgentPattern, ...]:
    """Custom lists, then bots, apps, libraries, browsers, in that order; the first match wins."""
    return _with_own(own_files("agents"))


@cache
def _with_own(files: tuple[OwnFile, ...]) -> tuple[AgentPattern, ...]:
    own = [pattern for file in files for pattern in read_agents(file.path)]
    return (*own, *_patterns("agents.json"))


def read_agents(path: Path) -> list[AgentPattern]:
    """The agents of a list: lines in our grammar, or the JSON of opawg/user-agents-v2.

    Raises InvalidInput with the number of an invalid line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the list of agents cannot be read", where=str(path)) from broken
    if text.lstrip().startswith("{"):
        return _read_opawg(text, path)
    lines = enumerate(text.splitlines(), 1)
    return [
        checked_agent(line, f"{path}:{number}")
        for number, line in lines
        if line.strip() and not line.lstrip().startswith("#")
    ]


def checked_agent(line: str, where: str | None = None) -> AgentPattern:
    """Parse one line of a list; InvalidInput for an invalid line."""
    parts = [part.strip() for part in line.split("|", 2)]
    if len(parts) != 3 or parts[0] not in _KINDS or not all(parts):
        raise InvalidInput(f"{line.strip()!r} is not an agent", where=where, hint=_GRAMMAR)
    return AgentPattern(parts[0], parts[1], _checked_expression(parts[2], where), ())


def _checked_expression(text: str, where: str | None) -> str:
    try:
        if not re.compile(text, re.ASCII).search(""):
            return text
    except re.error as wrong:
        raise InvalidInput(f"{text!r} is not a valid expression: {wrong}", where=where) from wrong
    raise InvalidInput(f"{text!r} matches every user agent", where=where)


def _read_opawg(text: str, path: Path) -> list[AgentPattern]:
    """``opawg/user-agents-v2``: one file per kind, which is the file name."""
    kind = next((kind for kind in _KINDS if kind[:3] in path.stem), None)
    if kind is None:
        raise InvalidInput(
            "unknown kind of agent",
            where=str(path),
            hint="Name the file or the list after the kind: bots, apps, libraries or browsers.",
        )
    try:
        entries = [(str(e["name"]), str(e["pattern"])) for e in json.loads(text)["entries"]]
    except (ValueError, RecursionError, TypeError, KeyError) as broken:
        raise InvalidInput(
            "the list is not a JSON object with entries, each with a name and a pattern",
            where=str(path),
        ) from broken
    return [
        AgentPattern(kind, name, _checked_expression(pattern, f"{path}: {name}"), ())
        for name, pattern in entries
    ]


@cache
def agent_devices() -> tuple[AgentPattern, ...]:
    """Devices; the first match wins."""
    return _patterns("agent-devices.json")


@cache
def agent_examples() -> tuple[AgentExample, ...]:
    """Every example of the list; our rules give each its app, and only filter bots and watches."""
    entries = json.loads(text_of("agent-examples.json"))["entries"]
    return tuple(AgentExample(kind, app, text) for kind, app, text in entries)
