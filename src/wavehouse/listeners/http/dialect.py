"""The words of gpodder and of Nextcloud's gpodder app, to and from ours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from wavehouse.kernel import words
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners import rules
from wavehouse.listeners.service.chapters import Episode
from wavehouse.listeners.types import Change, Kind, NewAction

KINDS = {
    "play": Kind.PLAY,
    "download": Kind.DOWNLOAD,
    "delete": Kind.DELETE,
    "new": Kind.NEW,
    "flattr": Kind.FLATTR,
}
_LONGEST = 1_000
_LONGEST_DEVICE = 255
_MOST_SECONDS = 2**30


@dataclass(frozen=True, slots=True)
class Told:
    """An action as a client told it; seconds."""

    episode: Episode
    kind: Kind
    device: str | None
    at: datetime | None
    timestamp: str
    started: int | None
    position: int | None
    total: int | None

    def action(self, listener_id: ListenerId, chapter_id: str, received: datetime) -> NewAction:
        """The action by our rules; its id is derived (P14), a position is cut to the end (P30)."""
        position = self.position
        if position is not None and self.total is not None:
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
            chapter_id,
            self.kind,
            position_ms=None if position is None else position * 1000,
            started_ms=None if self.started is None else self.started * 1000,
            duration_ms=None if not self.total else self.total * 1000,
            occurred_at=self.at,
            device_id=self.device,
        )


def actions(body: Any) -> list[Told]:
    """Every action of an upload. UsageError (400) for the first that is none: nothing is stored."""
    if not isinstance(body, list):
        raise UsageError("the body must be a list of actions")
    return [_told(one, place) for place, one in enumerate(body)]


def _told(one: Any, place: int) -> Told:
    if not isinstance(one, dict):
        raise UsageError(f"action {place} is no object")
    kind = KINDS.get(str(one.get("action", "")).lower())
    if kind is None:
        raise UsageError(f"action {place} has an unknown kind")
    position = _seconds(one, "position", place)
    if kind is Kind.PLAY and position is None:
        raise UsageError(f"action {place} plays without a position")
    timestamp, at = _instant(one.get("timestamp"), place)
    guid = one.get("guid")
    return Told(
        Episode(
            _url(one, "podcast", place),
            _url(one, "episode", place),
            guid[:500] if isinstance(guid, str) and guid and "\0" not in guid else None,
        ),
        kind,
        _device(one.get("device"), place),
        at,
        timestamp,
        _seconds(one, "started", place) if kind is Kind.PLAY else None,
        position if kind is Kind.PLAY else None,
        _seconds(one, "total", place) if kind is Kind.PLAY else None,
    )


def _url(one: dict[str, Any], name: str, place: int) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or "\0" in value:
        raise UsageError(f"action {place} has no {name}")
    return value


def _device(value: Any, place: int) -> str | None:
    if value is None or value == "":
        return None
    return device_id(value, f"action {place}")


def device_id(value: Any, where: str) -> str:
    """A device's name as it is kept. UsageError for none."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_DEVICE or "\0" in value:
        raise UsageError(f"{where} has a device that is none")
    return value


def _seconds(one: dict[str, Any], name: str, place: int) -> int | None:
    """Whole seconds; AntennaPod says -1 for what it does not know."""
    value = one.get(name)
    if value is None or value == -1:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_SECONDS:
        raise UsageError(f"action {place}: {name} must be whole seconds")
    return value


def _instant(value: Any, place: int) -> tuple[str, datetime | None]:
    """The time as told, and as an instant: without a zone it is UTC (P5)."""
    if value is None:
        return "", None
    try:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, int):
            return str(value), datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError, OverflowError, OSError):
        raise UsageError(f"action {place} has a timestamp that is none") from None
    at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if not 1 < at.year < 9999:
        raise UsageError(f"action {place} has a timestamp that is none")
    return str(value), at


def shown(change: Change) -> dict[str, Any]:
    """An action as clients read it: only their five kinds are ever told."""
    kind = change.kind if change.kind in KINDS else "play"
    told: dict[str, Any] = {
        "podcast": change.podcast_url,
        "episode": change.episode_url,
        "action": kind,
        "timestamp": f"{change.occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
    }
    if change.device_id:
        told["device"] = change.device_id
    if change.guid:
        told["guid"] = change.guid
    if kind == "play":
        position = (change.position_ms or 0) // 1000
        if change.kind == Kind.FINISH and change.duration_ms:
            position = change.duration_ms // 1000
        told |= {"started": (change.started_ms or 0) // 1000, "position": position}
        if change.duration_ms:
            told["total"] = change.duration_ms // 1000
    return told


def latest(told: Sequence[Change]) -> list[Change]:
    """``aggregated``: the last action of each episode."""
    newest = {change.chapter_id: change for change in told}
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
    """The addresses of a subscription list in a form. UsageError for what is none."""
    if form == "opml":
        return _opml_urls(content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UsageError("the list is not UTF-8") from None
    if form == "txt":
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise UsageError("the list is no JSON") from None
    if not isinstance(found, list):
        raise UsageError("the list must be a JSON array of addresses")
    urls = [one.get("url") if isinstance(one, dict) else one for one in found]
    if not all(isinstance(url, str) for url in urls):
        raise UsageError("the list must be a JSON array of addresses")
    return [str(url) for url in urls]


def _opml_urls(content: bytes) -> list[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise UsageError("the list is no OPML") from None
    return [str(node.get("xmlUrl")) for node in tree.iter("outline") if node.get("xmlUrl")]
