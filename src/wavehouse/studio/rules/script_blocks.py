"""A script as markdown blocks, one for each section, and back after a person edited it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wavehouse.kernel import words
from wavehouse.studio.types.production import Line, Section

_HEADING = re.compile(r"#{1,6}\s+(.+)")
_SPEAKER = re.compile(r"\*\*([^*\n]{1,80}?):?\*\*:?\s*|([^\s:*][^:*\n]{0,60}):\s+")
_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.,!?])[*_](?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CITATION = re.compile(r"\s*\[S\d+\]")


def as_markdown(section: Section) -> str:
    """A section as a block: its title as a heading, a paragraph for each line."""
    lines = [f"**{line.speaker}:** {line.text}" for line in section.lines]
    return "\n\n".join([f"## {section.title}", *lines])


def from_markdown(body: str, speakers: Sequence[str]) -> Section | None:
    """The section of a block, or None when it contains no spoken text.

    A paragraph without one of the ``speakers`` belongs to the previous one; at the start, to the
    first.
    """
    known = {name.casefold(): name for name in speakers}
    title, speaker = "", speakers[0]
    lines: list[Line] = []
    for paragraph in re.split(r"\n\s*\n", words.paragraphs(body)):
        text = words.line(paragraph)
        heading = _HEADING.fullmatch(text)
        if heading:
            title = title or plain(heading[1])
            continue
        match = _SPEAKER.match(text)
        named = known.get((match[1] or match[2]).strip().casefold()) if match else None
        if match and named:
            speaker, text = named, text[match.end() :]
        if plain(text):
            lines.append(Line(speaker, plain(text)))
    return Section(title or lines[0].text[:60], tuple(lines)) if lines else None


def plain(text: str) -> str:
    """A text without the marks of markdown; citations stay."""
    return words.line(_MARKS.sub("", _LINK.sub(r"\1", text)))


def spoken(text: str) -> str:
    """A line as it is spoken: without citations."""
    return words.line(_CITATION.sub("", plain(text)))
