"""Words from outside: other people write them; terminals, pages and files show them.

A control character moves the cursor of a terminal or breaks an XML document; a bidirectional one
shows a text in another order than it has. Names and titles lose both at the door (``line``,
``paragraphs``), and every way out cleans once more (``terminal``, ``json``, ``xml``, ``cell``),
since older rows and other programs' rows are there as well. ``tests/house/test_words.py`` finds
ways out that do not.
"""

from __future__ import annotations

import re

# Everything that is not to be seen: C0 and C1 controls, surrogates, non-characters, and the
# characters that embed, override, isolate or mark directions. Joiners stay: scripts and emoji
# need them.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0001"
)
_BREAKS = "\t\n\r\x85\u2028\u2029"
_HIDDEN = re.compile(f"[{_UNSEEN}]")
_SPACES = re.compile(rf"[\s{_BREAKS}]+")
_LINE_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_ESCAPED = re.compile(f"[{_UNSEEN}\x85\u2028\u2029]")
_STEERING = re.compile(f"[{_UNSEEN}{_BREAKS}]")
_FORMULA = re.compile(r"[\s'\"]*[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?")


def is_plain(text: str) -> bool:
    """Whether a text has neither line breaks nor anything that is not to be seen."""
    return text.isprintable() or not _STEERING.search(text)


def line(text: str) -> str:
    """A name or a title: on one line, single spaces, nothing that is not to be seen."""
    if text.isprintable() and "  " not in text:
        return text.strip()  # nearly all are
    return _SPACES.sub(" ", _HIDDEN.sub("", text)).strip()


def paragraphs(text: str) -> str:
    """A description: its line breaks and tabs stay, what is not to be seen goes."""
    return _HIDDEN.sub("", _LINE_BREAKS.sub("\n", text))


def terminal(text: str) -> str:
    """A text for a terminal or a log: what could steer it is shown as an escape instead."""
    return _ESCAPED.sub(_as_escape, text.replace("\r\n", "\n").replace("\r", "\\r"))


def json(dumped: str) -> str:
    """A JSON document for a terminal: the same values, with escapes for what could steer it."""
    return _ESCAPED.sub(_as_json, dumped)


def xml(text: str) -> str:
    """The content of an XML element or of an attribute in quotes, for XML, OPML and SVG."""
    shown = paragraphs(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.replace('"', "&quot;").replace("'", "&#39;")


def cell(text: str) -> str:
    """A text for a spreadsheet: one that it would take for a formula gets an apostrophe in front.

    Spreadsheets skip spaces and quotes before an equals sign; a number stays a number.
    """
    clean = paragraphs(text)
    if _FORMULA.match(clean) and not _NUMBER.fullmatch(clean):
        return f"'{clean}"
    return clean


def _as_escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _as_json(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
