"""Read a listener's archive: untrusted JSON, every value checked (P30, P39)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import ActionId, ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.queries.chapters import NewChapter
from wavehouse.listeners.queries.checkpoints import Checkpoint
from wavehouse.listeners.service.chapters import Archived
from wavehouse.listeners.types import Described, Kind, NewAction, Position, State

VERSION = 1
_KINDS = frozenset({"desktop", "laptop", "mobile", "server", "speaker", "other"})
_NAMES = frozenset({"file", "guid", "alias"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Archive:
    """The contents of an archive."""

    devices: list[tuple[str, str, str]]
    subscriptions: list[str]
    chapters: list[Archived]
    actions: list[NewAction]
    removed: list[tuple[str, ActionId]]
    compacted: list[tuple[str, Checkpoint]]


def read(content: Any, listener_id: ListenerId) -> Archive:
    """Parse an archive for a listener. InvalidInput when it is invalid."""
    try:
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']!r} is not {VERSION}")
        return Archive(
            _each(content, "devices", _device),
            _each(content, "subscriptions", lambda item: _text(item, rules.LONGEST_ADDRESS)),
            _each(content, "episodes", lambda item: _chapter(item, listener_id)),
            _each(content, "actions", _action),
            _each(
                content,
                "removed",
                lambda item: (_text(item["chapter_id"], 255), ActionId(_uuid(item["action_id"]))),
            ),
            _each({"compacted": content.get("compacted", [])}, "compacted", _base),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInput(
            f"this is not a listener's archive: {error}",
            hint="Export an archive.",
            command="wavehouse listeners export --email E > archive.json",
        ) from error


def _each(content: Any, name: str, read_one: Callable[[Any], T]) -> list[T]:
    rows = content[name]
    if not isinstance(rows, list):
        raise TypeError(f"{name} is not a list")
    return [read_one(row) for row in rows]


def _device(entry: Any) -> tuple[str, str, str]:
    if entry["kind"] not in _KINDS:
        raise ValueError("invalid device kind")
    name = _line(entry["name"], 255)
    return _text(entry["device_id"], 255), name or "device", str(entry["kind"])


def _chapter(entry: Any, listener_id: ListenerId) -> Archived:
    podcast = _maybe(entry["podcast_url"], rules.LONGEST_ADDRESS)
    episode = _maybe(entry["episode_url"], rules.LONGEST_ADDRESS)
    if (podcast is None) != (episode is None):
        raise ValueError("an episode needs both an address and a feed, or neither")
    guid = _line(entry["guid"], 500)
    chapter = NewChapter(
        listener_id,
        _text(entry["chapter_id"], 255),
        podcast,
        episode,
        guid,
        Described(
            _line(entry["title"], 500),
            _maybe(entry["link"], rules.LONGEST_ADDRESS),
            _instant(entry["published_at"]),
        ),
        _instant(entry.get("moved_at")),
    )
    names = {(kind, value) for kind, value in entry.get("names", ()) if kind in _NAMES}
    for name in names:
        _text(name[1], rules.LONGEST_ADDRESS)
    if episode is not None:
        names.add(("file", episode))
    if guid is not None and podcast is not None:
        names.add(("guid", guid))
    return Archived(chapter, tuple(sorted(names)))


def _action(entry: Any) -> NewAction:
    return NewAction(
        ActionId(_uuid(entry["action_id"])),
        _text(entry["chapter_id"], 255),
        Kind(entry["kind"]),
        _whole(entry["position_ms"]),
        _whole(entry["started_ms"]),
        _whole(entry["duration_ms"]),
        _instant(entry["occurred_at"]),
        None,
        _maybe(entry["device_id"], 255),
        ActionId(_uuid(entry["seen"])) if entry["seen"] else None,
    )


def _base(entry: Any) -> tuple[str, Checkpoint]:
    """A base of a compacted chapter (RT1); its chapter must be among the episodes."""
    at, position = _instant(entry["effective_at"]), None
    if at is None:
        raise ValueError("a compacted chapter needs a time")
    if entry["position"] is not None:
        position = _position(entry["position"])
    base = Checkpoint((at, _uuid(entry["action_id"])), position, is_base=True)
    return _text(entry["chapter_id"], 255), base


def _position(entry: Any) -> Position:
    state, count = State(entry["state"]), _whole(entry["finished_count"])
    last, furthest, duration = (
        _milliseconds(entry[name]) for name in ("position_ms", "furthest_ms", "duration_ms")
    )
    at, finished = _instant(entry["effective_at"]), _instant(entry["finished_at"])
    if last is None or furthest is None or count is None or at is None:
        raise ValueError("a compacted position is incomplete")
    is_finished = finished is not None and count > 0
    if furthest < last or (state is State.FINISHED and not is_finished) or not 0 <= count < 2**31:
        raise ValueError("a compacted position contradicts itself")
    if duration == 0 or (duration is not None and last > duration + rules.SLACK_MS):
        raise ValueError("a compacted position is after the end")
    return Position(
        last,
        duration,
        bool(entry["duration_changed"]),
        furthest,
        state,
        finished,
        count,
        at,
        ActionId(_uuid(entry["action_id"])),
        _maybe(entry["device_id"], 255),
    )


def _milliseconds(value: Any) -> int | None:
    number = _whole(value)
    if number is not None and not 0 <= number < 2**40:
        raise ValueError("milliseconds out of range")
    return number


def _text(value: Any, longest: int) -> str:
    """An id or an address, unchanged."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or not words.is_plain(value):
        raise ValueError(f"not a string of 1 to {longest} characters on one line")
    return value


def _line(value: Any, longest: int) -> str | None:
    """A name or a title, without control and bidi characters; None when empty."""
    return _maybe(words.line(value) or None if isinstance(value, str) else value, longest)


def _maybe(value: Any, longest: int) -> str | None:
    return None if value is None else _text(value, longest)


def _whole(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("not an integer number of milliseconds")
    return value


def _uuid(value: Any) -> UUID:
    return UUID(_text(value, 50))


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    instant = datetime.fromisoformat(_text(value, 50))
    at = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    if not rules.EARLIEST <= at < rules.LATEST:
        raise ValueError("the time is not between 1900 and 9000")
    return at
