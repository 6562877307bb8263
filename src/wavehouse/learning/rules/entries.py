"""Validation of batch entries: each is checked alone; errors are sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavehouse.learning.rules.texts import (
    LANGUAGES,
    METHOD,
    Readability,
    difficulty_of,
    readability,
)
from wavehouse.learning.types import ContentInput, EventInput, EventType

AHEAD = timedelta(minutes=5)
"""The maximum time that a player's clock may be ahead."""
OLDEST = timedelta(days=366)
_BEYOND = 5.0
"""Seconds past the end that a player may report: decoders round."""
_LEAST_WORDS = 5
_LONGEST_ID = 255
_SPEEDS = (0.1, 10.0)
_TYPES = frozenset(EventType)


def fault_of_event(event: EventInput, *, duration: int | None, now: datetime) -> str:
    """The reason why an event cannot be stored; empty if it can.

    ``duration`` is that of its content in seconds; None when there is no such content.
    """
    if not 0 < len(event.event_id) <= _LONGEST_ID:
        return f"the event id must have 1 to {_LONGEST_ID} characters"
    if event.type not in _TYPES:
        return f"unknown event type {event.type[:50]!r}; known are {', '.join(sorted(_TYPES))}"
    if duration is None:
        return f"unknown content {event.content_id[:_LONGEST_ID]!r}"
    if event.at > now + AHEAD:
        return "the time is in the future: check the player's clock"
    if event.at < now - OLDEST:
        return "the time is more than 366 days ago"
    for name, value in (("position", event.position), ("before", event.before)):
        fault = _fault_of_position(name, value, duration)
        if fault:
            return fault
    if event.type == EventType.SPEED_CHANGE and event.speed is None:
        return "a speed_change needs a speed"
    if event.speed is not None and not _SPEEDS[0] <= event.speed <= _SPEEDS[1]:
        return f"the speed must be between {_SPEEDS[0]} and {_SPEEDS[1]}"
    return ""


def _fault_of_position(name: str, value: float | None, duration: int) -> str:
    if value is None:
        return ""
    if not math.isfinite(value) or value < 0:
        return f"the {name} is negative or not a number"
    if value > duration + _BEYOND:
        return f"the {name} {value:g} is past the end of the content ({duration} seconds)"
    return ""


@dataclass(frozen=True, slots=True)
class Measured:
    """The difficulty of content from -3 to 3, its source, and its text statistics."""

    difficulty: float
    method: str
    figures: Readability | None


def measured(content: ContentInput) -> Measured | str:
    """The difficulty of content, given or estimated from its text; otherwise an error sentence."""
    figures = readability(content.text, content.language, seconds=float(content.duration) or None)
    if content.difficulty is not None:
        return Measured(round(content.difficulty, 2), "given", figures)
    if content.language.partition("-")[0].lower() not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        return (
            f"no rules for the language {content.language!r} (known are {known}): send a difficulty"
        )
    if figures is None:
        return "the text has no words: send a text or a difficulty"
    if figures.words < _LEAST_WORDS:
        return (
            f"{figures.words} words are too few to estimate the difficulty: send at least "
            f"{_LEAST_WORDS} words or a difficulty"
        )
    return Measured(difficulty_of(figures), METHOD, figures)


def fault_of_content(content: ContentInput) -> str:
    """The reason why content cannot be stored, apart from its difficulty; empty if it can."""
    if not 0 < len(content.content_id) <= _LONGEST_ID:
        return f"the content id must have 1 to {_LONGEST_ID} characters"
    if not content.title.strip():
        return "the title is empty"
    if not content.text.strip():
        return "the text is empty: transcripts, sentence replays and estimates need it"
    if content.duration <= 0:
        return "the duration must be more than 0 seconds"
    if not content.audio_url.startswith(("https://", "http://", "/")):
        return "the audio_url must be an http(s) address or a path"
    if content.difficulty is not None and not -3 <= content.difficulty <= 3:
        return "the difficulty must be from -3 to 3"
    if content.episode_number is not None and content.episode_number < 1:
        return "the episode_number must be 1 or more"
    return ""
