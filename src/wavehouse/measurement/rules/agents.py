"""Classification of user agents, and which ones are filtered (R08, R16, R20–R22, R24).

``AgentRules`` is built once from the reference lists and classifies a user agent in some tens of
microseconds; callers cache the results of distinct ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import unquote

from wavehouse.kernel.reference import AgentPattern, Preloaders

Kind = Literal["app", "browser", "library", "bot", "unknown"]
Reason = Literal["empty_agent", "watch", "bot", "malformed_agent", "preload"]

UNKNOWN = "Unknown"

# The list's expressions were not written for artificial strings.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Agent:
    """The classification of a user agent; ``reason`` is set when its requests are filtered."""

    app: str
    kind: Kind
    device_type: str | None
    os: str | None
    reason: Reason | None


def normalise(user_agent: str) -> str:
    """The user agent as used in the listener key: no CR/LF, trimmed, otherwise unchanged (R08)."""
    return user_agent.replace("\r", "").replace("\n", "").strip()


_ENCODED_COMMENT = re.compile(r"^[^ ]*/[^ ]*%20[^ ]*$")


def decoded(text: str) -> str:
    """A percent-encoded user agent, decoded.

    Old CloudFront files encode twice. That is assumed for a space still encoded after the first
    slash, in a text without any space; app names such as "Foo%20Bar/1" are sent that way.
    """
    once = unquote(text)
    return unquote(once) if _ENCODED_COMMENT.match(once) else once


# --- R22: obvious typos are corrected for classification, never in the key -------------------

_HEADER_NAME = re.compile(r"^user-agent\s*[:=]\s*", re.IGNORECASE)
_LOG_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_ENCODED = re.compile(r"%(?:2[0-9a-fA-F]|3[bB])")
_PLUS_FOR_SPACE = re.compile(r"^[^ ]*\+\([^ ]*$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_ATTACK = re.compile(r"<script|\(\)\s*\{|\$\{|\bunion\s+(?:all\s+)?select\b", re.IGNORECASE)


def corrected(user_agent: str) -> str:
    r"""The user agent with obvious mistakes of the sender corrected.

    These are: quotes around it, the header name before it, the log's own ``\xHH`` escapes, double
    percent-encoding, and plus signs for spaces.
    """
    text = user_agent
    for _ in range(3):
        before = text
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            text = text[1:-1].strip()
        text = _HEADER_NAME.sub("", text)
        if "\\x" in text:
            text = _unescaped(text)
        # A single encoded space is part of many real app names, "Foo%20Bar/1 CFNetwork/2": only a
        # text without any real space and real slash was encoded as a whole.
        if " " not in text and "/" not in text and _ENCODED.search(text):
            text = unquote(text, errors="replace").strip()
        if text == before:
            break
    if _PLUS_FOR_SPACE.match(text):
        text = text.replace("+", " ")
    return text


def _unescaped(text: str) -> str:
    escaped = _LOG_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    try:
        return escaped.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return escaped


def is_malformed(text: str) -> bool:
    """True for text no player sends: control characters, no letters, an attack (R22)."""
    return (
        _CONTROL.search(text) is not None
        or not any(map(str.isalpha, text))
        or _ATTACK.search(text) is not None
    )


# --- R20 and R21: the watch's duplicate downloads, nothing broader ----------------------------


def is_watch_duplicate(text: str) -> bool:
    """The Apple Watch's second request for a file that the phone already requested (R20).

    The user agent *starts* with ``atc/`` and contains ``watchOS``, or contains
    ``(null)/(null) watchOS``. Every other watch is a listener (R21).
    """
    return (text.startswith("atc/") and "watchOS" in text) or "(null)/(null) watchOS" in text


# The list calls this app a bot, by a broader expression; R21 forbids filtering by that.
WATCH = "Apple Podcasts (Watch)"

# Cubot makes phones and SEI Robotics televisions: their names do not indicate bots.
_SAYS_BOT = re.compile(r"(?<!cu)bot(?!ics)|crawler|spider", re.IGNORECASE)
_CALLS_ITSELF_BOT = re.compile(r"(?<!cu)bot\b|crawler|spider", re.IGNORECASE)


class _Finder:
    """An ordered list of patterns, each compiled on first use.

    Searching fixed substrings with ``in`` leaves one or two expressions to match, of about 900.
    """

    def __init__(self, patterns: Iterable[AgentPattern]) -> None:
        self._patterns = tuple(patterns)
        self._needles: list[tuple[str, int]] = []
        self._always: list[int] = []
        self._compiled: dict[int, re.Pattern[str]] = {}
        for position, pattern in enumerate(self._patterns):
            self._needles += [(needle, position) for needle in pattern.needles]
            if not pattern.needles:
                self._always.append(position)

    def first(self, text: str) -> AgentPattern | None:
        """The first pattern of the list that matches the text."""
        possible = [position for needle, position in self._needles if needle in text]
        for position in sorted({*possible, *self._always}):
            expression = self._compiled.get(position)
            if expression is None:
                expression = re.compile(self._patterns[position].pattern, re.ASCII)
                self._compiled[position] = expression
            if expression.search(text):
                return self._patterns[position]
        return None


class AgentRules:
    """The rules for one version of the lists."""

    def __init__(
        self,
        patterns: Iterable[AgentPattern],
        devices: Iterable[AgentPattern],
        preloaders: Preloaders | None = None,
    ) -> None:
        self._preloaders = preloaders
        self._agents = _Finder(patterns)
        self._devices = _Finder(devices)

    def classify(self, user_agent: str) -> Agent:
        """The class of a user agent. Reasons are checked in order of precedence."""
        text = corrected(normalise(user_agent))[:_LONGEST]
        if text in ("", "-"):
            return Agent(UNKNOWN, "unknown", None, None, "empty_agent")
        if is_watch_duplicate(text):
            return Agent(WATCH, "bot", "watch", "watchOS", "watch")
        entry = self._agents.first(text)
        kind: Kind
        kind, name = (_kind_of(entry), entry.name) if entry else ("unknown", UNKNOWN)
        if _is_bot(kind, text):
            return Agent(name, "bot", None, None, "bot")
        if is_malformed(text):
            return Agent(UNKNOWN, "unknown", None, None, "malformed_agent")
        preloads = self._preloaders is not None and self._preloaders.has_agent(text)
        return Agent(name, kind, *self._device(text), "preload" if preloads else None)

    def _device(self, text: str) -> tuple[str | None, str | None]:
        for mark, device_type, system in _OWN_DEVICES:
            if mark.search(text):
                return device_type, system
        device = self._devices.first(text)
        return _DEVICES.get(device.name) or _named(device, text) if device else (None, None)


def _kind_of(entry: AgentPattern) -> Kind:
    """The list's kind, but never a bot because of the broader watch expression (R21)."""
    return "app" if entry.name == WATCH else cast(Kind, entry.group)


def _is_bot(kind: Kind, text: str) -> bool:
    """A known bot, a self-declared one, or an unknown agent containing a bot word (R16)."""
    if kind == "bot":
        return True
    if kind == "unknown":
        return _SAYS_BOT.search(text) is not None
    return kind in ("browser", "library") and _CALLS_ITSELF_BOT.search(text) is not None


# --- devices ----------------------------------------------------------------------------------

# Checked before the list, which would classify these as an iPhone, a Mac or an Android phone.
_OWN_DEVICES: tuple[tuple[re.Pattern[str], str, str | None], ...] = (
    (re.compile(r"Apple Watch|watchOS|^Watch/\d+ CFNetwork/"), "watch", "watchOS"),
    (re.compile(r"tvOS"), "tv", "tvOS"),
    (re.compile(r"CFNetwork/.*\((?:x86_64|i386)\)"), "desktop", "macOS"),
    (re.compile(r"Alexa|^Echo/|^Amazon;Echo|AmazonAVS|AvsDeviceSdk"), "speaker", None),
    (re.compile(r"Android Automotive|^AndroidAuto|\bTesla/"), "car", None),
    (re.compile(r"\bAFT[A-Z]{1,3}\d*\b|Android TV"), "tv", None),
    (re.compile(r"Windows Phone"), "phone", "Windows"),
    # Chrome and Android's own browser send "Mobile" on a phone, and not on a tablet.
    (
        re.compile(r"^Mozilla/5\.0 \(Linux; Android \d(?!.*Mobile)(?!.*TV).*Chrome/"),
        "tablet",
        "Android",
    ),
)

_DEVICES: dict[str, tuple[str, str | None]] = {
    "Apple HomePod": ("speaker", None),
    "Apple iPad": ("tablet", "iPadOS"),
    "Apple TV": ("tv", "tvOS"),
    "Apple iPhone": ("phone", "iOS"),
    "Apple Watch": ("watch", "watchOS"),
    "Apple iPod": ("phone", "iOS"),
    "Apple Computer": ("desktop", "macOS"),
    "Google Chromebook": ("desktop", "ChromeOS"),
    "Android Tablet": ("tablet", "Android"),
    "Android Phone": ("phone", "Android"),
    "Windows Computer": ("desktop", "Windows"),
    "Other Tablet": ("tablet", None),
}
_CATEGORIES = {
    "mobile": "phone",
    "computer": "desktop",
    "smart_speaker": "speaker",
    "smart_tv": "tv",
    "watch": "watch",
    "auto": "car",
}


def _named(device: AgentPattern, text: str) -> tuple[str | None, str | None]:
    lowered = text.lower()
    system = "Linux" if "linux" in lowered and "android" not in lowered else None
    return _CATEGORIES.get(device.group), system
