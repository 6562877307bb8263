"""The user-agent list: patterns in the order in which they are tried, devices, examples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from wavehouse.kernel.reference.files import text_of


@dataclass(frozen=True, slots=True)
class AgentPattern:
    """One expression of the list.

    ``group`` is the kind (bot, app, library, browser), or for devices the category. One of
    ``needles`` occurs in every text that the expression matches; with none, ask the expression.
    """

    group: str
    name: str
    pattern: str
    needles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentExample:
    """A user agent seen in the wild, and what it is.

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


@cache
def agent_patterns() -> tuple[AgentPattern, ...]:
    """Bots, apps, libraries, browsers, in that order; the first match decides."""
    return _patterns("agents.json")


@cache
def agent_devices() -> tuple[AgentPattern, ...]:
    """Devices; the first match decides."""
    return _patterns("agent-devices.json")


@cache
def agent_examples() -> tuple[AgentExample, ...]:
    """Every example of the list; our rules give each its app, and filter bots and watches only."""
    entries = json.loads(text_of("agent-examples.json"))["entries"]
    return tuple(AgentExample(kind, app, text) for kind, app, text in entries)
