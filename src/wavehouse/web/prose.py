"""Markdown of scripts as values that a template prints: headings, paragraphs, list items.

It produces no HTML: the template escapes all text, so a script's content stays text. Only headings,
lists, **bold** and *emphasis* are read; links and everything else stay as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6}\s+(.+)")
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+(.+)")
_STYLED = re.compile(
    r"\*\*(?=\S)(.+?)(?<=\S)\*\*|(?<![\w*])[*_](?=[^\s*_])(.+?)(?<=[^\s*_])[*_](?![\w*])"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; ``style`` is ``strong``, ``em`` or empty."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading, an item of a list or a paragraph."""

    kind: str
    runs: tuple[Run, ...]


def passages(text: str) -> tuple[Passage, ...]:
    """The passages of a Markdown text."""
    parsed: list[Passage] = []
    open_lines: list[str] = []

    def close() -> None:
        if open_lines:
            parsed.append(Passage("paragraph", _runs(" ".join(open_lines))))
            open_lines.clear()

    for line in text.splitlines():
        heading, item = _HEADING.fullmatch(line.strip()), _ITEM.fullmatch(line)
        if heading or item:
            close()
        if heading:
            parsed.append(Passage("heading", _runs(heading[1].rstrip(" #"))))
        elif item:
            parsed.append(Passage("item", _runs(item[1].strip())))
        elif line.strip():
            open_lines.append(line.strip())
        else:
            close()
    close()
    return tuple(parsed)


def _runs(text: str) -> tuple[Run, ...]:
    runs, reached = [], 0
    for match in _STYLED.finditer(text):
        if match.start() > reached:
            runs.append(Run(text[reached : match.start()]))
        runs.append(Run(match[1] or match[2], "strong" if match[1] else "em"))
        reached = match.end()
    if reached < len(text):
        runs.append(Run(text[reached:]))
    return tuple(runs)
