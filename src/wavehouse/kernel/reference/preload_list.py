"""Players known to preload (R24), by a text in their user agent or by their page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of


@dataclass(frozen=True, slots=True)
class Preloaders:
    """The bundled list and the operator's lines."""

    agents: tuple[str, ...]
    hosts: frozenset[str]

    def has_agent(self, user_agent: str) -> bool:
        """True when the user agent belongs to a player that preloads."""
        return any(text in user_agent for text in self.agents)

    def has_page(self, host: str) -> bool:
        """True when pages of this host, or of a parent domain, preload."""
        parts = host.split(".")
        return any(".".join(parts[index:]) in self.hosts for index in range(len(parts)))


@cache
def preloaders(*extra: Path) -> Preloaders:
    """The known preloaders, including the operator's files."""
    patterns: dict[str, list[str]] = {"agent": [], "referrer": []}
    for path in (path_of("preloaders.txt"), *extra):
        for number, line in enumerate(_text(path).splitlines(), 1):
            kind, _, value = line.partition("#")[0].strip().partition(" ")
            if not kind:
                continue
            if kind not in patterns or not value.strip():
                raise InvalidInput(
                    "invalid line: expected `agent <text>` or `referrer <host>`",
                    where=f"{path}:{number}",
                )
            patterns[kind].append(value.strip())
    return Preloaders(tuple(patterns["agent"]), frozenset(h.lower() for h in patterns["referrer"]))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the preloader list cannot be read", where=str(path)) from broken
