"""Masks an unusable line for display: no address, no query string, no email address."""

from __future__ import annotations

import re

_LIMIT = 160
# No word boundaries: in a broken line an address may touch anything.
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"(?:[0-9A-Fa-f]{0,4}:){2,}[0-9A-Fa-f.]*")
_QUERY = re.compile(r"\?[^\s\"]*")
_MAIL = re.compile(r"[^\s@\"<>]+@[^\s@\"<>]+")
_IDENTIFYING = ((_QUERY, "?…"), (_MAIL, "…@…"), (_IPV4, "x.x.x.x"), (_IPV6, "x:x"))
# Without one of these the text has neither a query nor an address of any kind.
_SIGNS = re.compile(r"[?@.:]")
# Also characters that a terminal may interpret as a command or a change of text direction.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffd]")


def masked(line: str) -> str:
    """An excerpt of a line: at most 160 characters, with identifying parts masked."""
    # UTF-16 without a BOM is letters separated by NUL: join them first, or they stay legible.
    text = line.replace("\0", "")[: 4 * _LIMIT]
    if _SIGNS.search(text):
        for pattern, instead in _IDENTIFYING:
            text = pattern.sub(instead, text)
    text = _CONTROL.sub("·", text)
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"
