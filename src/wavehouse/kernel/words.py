"""Text from outside, made safe for terminals, pages and files.

A control character moves the cursor of a terminal or breaks an XML document; a bidirectional
character changes the displayed order of a text. Both are removed from names and titles on input
(``line``, ``paragraphs``), and every output is cleaned again (``terminal``, ``json``, ``xml``,
``cell``), because of older rows and rows of other programs. ``tests/house/test_words.py`` finds
outputs that are not cleaned.
"""

from __future__ import annotations

import re

# Invisible characters: C0 and C1 controls, surrogates, non-characters, and those that embed,
# override, isolate or mark directions. Joiners are kept, as scripts and emoji need them.
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
    """Whether a text has neither line breaks nor invisible characters."""
    return text.isprintable() or not _STEERING.search(text)


def line(text: str) -> str:
    """A name or a title: on one line, single spaces, no invisible characters."""
    if text.isprintable() and "  " not in text:
        return text.strip()  # nearly all are
    return _SPACES.sub(" ", _HIDDEN.sub("", text)).strip()


def paragraphs(text: str) -> str:
    """A description: line breaks and tabs are kept, invisible characters removed."""
    return _HIDDEN.sub("", _LINE_BREAKS.sub("\n", text))


def terminal(text: str) -> str:
    """A text for a terminal or a log, with control characters shown as escapes."""
    return _ESCAPED.sub(_as_escape, text.replace("\r\n", "\n").replace("\r", "\\r"))


def json(dumped: str) -> str:
    """A JSON document for a terminal: the same values, with control characters as escapes."""
    return _ESCAPED.sub(_as_json, dumped)


def xml(text: str) -> str:
    """The content of an XML element or of an attribute in quotes, for XML, OPML and SVG."""
    shown = paragraphs(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.replace('"', "&quot;").replace("'", "&#39;")


def cell(text: str) -> str:
    """A text for a spreadsheet; text that looks like a formula is prefixed with an apostrophe.

    Spreadsheets skip spaces and quotes before an equals sign; numbers are unchanged.
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
