"""Conversion between our types and those of gpodder and of Nextcloud's gpodder app. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from wavehouse.kernel import words
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.types import Change, Episode, Kind, NewAction

KINDS = {
    "play": Kind.PLAY,
    "download": Kind.DOWNLOAD,
    "delete": Kind.DELETE,
    "new": Kind.NEW,
    "flattr": Kind.FLATTR,
}
_LONGEST_DEVICE = 255
_EPOCH = re.compile(r"\d{9,13}")
_MOST_SECONDS = 2**30
_MILLISECONDS_FROM = 10**11  # in seconds, the year 5138
_LARGEST_CURSOR, _LONGEST_NUMBER = 2**62, 100


class Sent(msgspec.Struct, frozen=True):
    """An action as sent by a client; times in seconds."""

    episode: Episode
    kind: Kind
    device: str | None
    at: datetime | None
    timestamp: str
    started: int | None
    position: int | None
    total: int | None

    def action(self, listener_id: ListenerId, received: datetime) -> NewAction:
        """Convert to our action: its id is derived (P14), its position clamped to the end (P30)."""
        position = self.position
        if position is not None and self.total:
            position = min(position, self.total)
        return NewAction(
            rules.derived_id(
                listener_id,
                self.device,
                self.episode.podcast_url,
                self.episode.episode_url,
                self.kind,
                self.timestamp or int(received.timestamp()),
                self.started,
                self.position,
                self.total,
            ),
            "",
            self.kind,
            position_ms=None if position is None else position * 1000,
            started_ms=None if self.started is None else self.started * 1000,
            duration_ms=None if not self.total else self.total * 1000,
            occurred_at=self.at,
            device_id=self.device,
            episode=self.episode,
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """An action that cannot be stored: its index in the upload and the reason (P15)."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Upload:
    """The actions of an upload, the skipped ones, and addresses with another spelling."""

    actions: list[Sent]
    skipped: list[Skipped]
    rewritten: list[tuple[str, str]]


class _Bad(ValueError):
    """The reason why an action is skipped."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What the actions of an upload name again and again; each is checked once."""

    spelling: dict[str, str] = field(default_factory=dict)
    episodes: dict[tuple[str, str, str | None], Episode] = field(default_factory=dict)
    devices: dict[str, str | None] = field(default_factory=dict)

    def episode(self, entry: dict[str, Any]) -> Episode:
        """The episode of an action."""
        podcast, file, guid = entry.get("podcast"), entry.get("episode"), entry.get("guid")
        guid = guid if isinstance(guid, str) else None
        if not (isinstance(podcast, str) and isinstance(file, str)):
            raise _Bad("missing episode" if isinstance(podcast, str) else "missing podcast")
        key = (podcast, file, guid)
        if key not in self.episodes:
            feed = _url(podcast, "podcast")
            if feed not in self.spelling:
                self.spelling[feed] = rules.normalised_feed(feed) or feed
            self.episodes[key] = Episode(
                self.spelling[feed],
                _url(file, "episode"),
                None if guid is None else words.line(guid)[:500] or None,
            )
        return self.episodes[key]

    def device(self, value: Any) -> str | None:
        """The device of an action."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise _Bad("invalid device id")
        if value not in self.devices:
            self.devices[value] = _device(value)
        return self.devices[value]


class _Unreadable:
    """Stands for a part of a body that text cannot hold."""


UNREADABLE = _Unreadable()


def decoded(content: bytes) -> Any:
    """The body of an upload. UsageError (400) for a body that is not JSON.

    Apps send half of an emoji, NaN and Infinity, which text or JSON cannot hold. One such part does
    not stop the upload (P15): it is replaced by UNREADABLE, in the list that has it.
    """
    if not content.strip():
        return None
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(content)
    try:
        body = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise UsageError("the body is not JSON in UTF-8") from None
    if isinstance(body, list):
        return _readable(body)
    if isinstance(body, dict):
        return {
            name: _readable(value) if isinstance(value, list) else value
            for name, value in body.items()
        }
    return body


def _readable(items: list[Any]) -> list[Any]:
    return [item if _is_text(item) else UNREADABLE for item in items]


def _is_text(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def read_upload(body: Any) -> Upload:
    """The actions of a body. UsageError (400) for a body that is not a list (P15)."""
    if not isinstance(body, list):
        raise UsageError("the body must be a list of actions")
    names = _Names()
    upload = Upload([], [], [])
    for index, item in enumerate(body):
        try:
            upload.actions.append(_action(item, names))
        except _Bad as error:
            upload.skipped.append(Skipped(index, str(error)))
    upload.rewritten.extend(pair for pair in names.spelling.items() if pair[0] != pair[1])
    return upload


def _action(entry: Any, names: _Names) -> Sent:
    if entry is UNREADABLE:
        raise _Bad("invalid Unicode")
    if not isinstance(entry, dict):
        raise _Bad("not an object")
    kind = KINDS.get(str(entry.get("action", "")).lower())
    if kind is None:
        raise _Bad("unknown action")
    is_play = kind is Kind.PLAY
    position = _seconds(entry, "position") if is_play else None
    if is_play and position is None:
        raise _Bad("play without a position")
    timestamp, at = _instant(entry.get("timestamp"))
    return Sent(
        names.episode(entry),
        kind,
        names.device(entry.get("device")),
        at,
        timestamp,
        _seconds(entry, "started") if is_play else None,
        position,
        _seconds(entry, "total") if is_play else None,
    )


def _url(value: str, name: str) -> str:
    text = value.strip()
    if not text:
        raise _Bad(f"missing {name}")
    if len(text) > rules.LONGEST_ADDRESS:
        raise _Bad(f"{name} longer than {rules.LONGEST_ADDRESS} characters")
    if not words.is_plain(text):
        raise _Bad(f"{name} with control or bidirectional characters")
    return text


def _device(value: str) -> str | None:
    try:
        return device_id(value) if value else None
    except UsageError as error:
        raise _Bad(error.message) from None


def device_id(value: Any) -> str:
    """A device id. UsageError for an invalid one."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_DEVICE:
        raise UsageError("invalid device id")
    if not words.is_plain(value):
        raise UsageError("invalid device id")
    return value


def _seconds(entry: dict[str, Any], name: str) -> int | None:
    """Whole seconds, truncated; Nextcloud and AntennaPod send -1 for "unknown"."""
    value = entry.get(name)
    if value is None or value == -1:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Bad(f"{name} is not a number")
    if not 0 <= value < _MOST_SECONDS:
        raise _Bad(f"{name} out of range")
    return int(value)


def since(value: object) -> object:
    """A cursor in a query: nothing is 0, and a number beyond every cursor is the largest (P19b)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text.lstrip("-").isdecimal() or len(text) > _LONGEST_NUMBER:
        return text or 0
    return min(max(int(text), -_LARGEST_CURSOR), _LARGEST_CURSOR)


def _instant(value: Any) -> tuple[str, datetime | None]:
    """The time as sent, and as an instant; without a time zone it is UTC (P5)."""
    if value is None or value == "":
        return "", None
    try:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, int | float) or (
            isinstance(value, str) and value.isdecimal() and _EPOCH.fullmatch(value)
        ):
            seconds = float(value)
            if seconds >= _MILLISECONDS_FROM:
                seconds /= 1000
            return str(value), _sane(datetime.fromtimestamp(seconds, UTC))
        instant = datetime.fromisoformat(value)
        at = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        return str(value), _sane(at)
    except (ValueError, TypeError, OverflowError, OSError):
        raise _Bad("invalid timestamp") from None


def _sane(at: datetime) -> datetime:
    if not rules.EARLIEST <= at < rules.LATEST:
        raise ValueError
    return at


def notice(skipped: Sequence[Skipped]) -> str:
    """Skipped actions as a header value: the count, then index and reason of the first ten."""
    first = "; ".join(f"{skipped.index}: {skipped.reason}" for skipped in skipped[:10])
    return f"{len(skipped)}; {first}"


def shown(change: Change) -> dict[str, Any]:
    """An action as clients read it, in their five kinds; a finish becomes a play to the end."""
    kind = change.kind if change.kind in KINDS else "play"
    action: dict[str, Any] = {
        "podcast": change.podcast_url,
        "episode": change.episode_url,
        "action": kind,
        "timestamp": f"{change.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
    }
    if change.device_id:
        action["device"] = change.device_id
    if change.guid:
        action["guid"] = change.guid
    if kind == "play":
        position, total = _place(change)
        action |= {"started": (change.started_ms or 0) // 1000, "position": position // 1000}
        if total:
            action["total"] = total // 1000
    return action


def _place(change: Change) -> tuple[int, int | None]:
    """Position and length in milliseconds; missing values are taken from the chapter."""
    total = change.duration_ms or change.chapter_duration_ms
    if change.kind == Kind.FINISH:
        end = total or change.position_ms or change.chapter_position_ms or 0
        return end, end
    if change.position_ms is not None:
        return change.position_ms, total
    return (0 if change.kind == Kind.RESET else change.chapter_position_ms or 0), total


def latest(changes: Sequence[Change]) -> list[Change]:
    """``aggregated``: the last action of each episode."""
    newest = {change.chapter_id: change for change in changes}
    return sorted(newest.values(), key=lambda change: change.seq)


def opml(urls: Sequence[str], title: str) -> str:
    """A subscription list as OPML 2.0."""
    lines = "\n".join(
        f'    <outline type="rss" text="{words.xml(url)}" xmlUrl="{words.xml(url)}"/>'
        for url in urls
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>{words.xml(title)}</title></head>\n  <body>\n{lines}\n  </body>\n</opml>\n"
    )


def urls_of(content: bytes, form: str) -> list[str]:
    """The addresses of a subscription list in this format.

    UsageError for invalid text, and for a list without any address of a feed that is not empty: it
    would end all subscriptions.
    """
    urls = _opml_urls(content) if form == "opml" else _urls(content, form)
    if urls and not any(map(rules.normalised_feed, urls)):
        raise UsageError("the list has no address of a feed")
    return urls


def _urls(content: bytes, form: str) -> list[str]:
    try:
        text = content.decode("utf-8-sig")  # Windows' editors begin with a byte order mark
    except UnicodeDecodeError:
        raise UsageError("the list is not UTF-8") from None
    if form == "txt":
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        decoded = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise UsageError("the list is not JSON") from None
    if not isinstance(decoded, list):
        raise UsageError("the list must be a JSON array of addresses")
    urls = [item.get("url") if isinstance(item, dict) else item for item in decoded]
    if not all(isinstance(url, str) for url in urls):
        raise UsageError("the list must be a JSON array of addresses")
    return [str(url) for url in urls]


def _opml_urls(content: bytes) -> list[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise UsageError("the list is not OPML") from None
    return [str(node.get("xmlUrl")) for node in tree.iter("outline") if node.get("xmlUrl")]
