"""The forms of an identifier: normalised for the ledger, spelled out for the search."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote
from uuid import UUID

from wavehouse.erasure.types import Identifier, LedgerKind
from wavehouse.kernel.identifiers import normalised_identifier

SHORTEST = 6
"""An identifier with fewer characters occurs in other people's data; it is not searched."""
_BEFORE = r"(?:(?<![a-z0-9.!#$&*_+~-])|(?<=%[0-9a-f][0-9a-f])|(?<=\\[nrt]))"
_AFTER = r"(?![a-z0-9_-]|\.[a-z0-9])"
_LONGEST_HEADER = 255
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def normalised(identifier: Identifier) -> str:
    """The normalised form of an identifier: trimmed; emails in lower case."""
    return normalised_identifier(identifier.kind, identifier.value)


def forms(identifier: Identifier) -> tuple[str, ...]:
    """The spellings to search for, in lower case: exact, percent-encoded, hashed, without dashes.

    A search ignores the case of A to Z, so one spelling finds all of them. Other letters have more
    spellings: decomposed, as JSON and domain names escape them, and in upper case.
    """
    value = normalised(identifier).lower()
    if len(value) < SHORTEST:
        return ()
    if _UUID.fullmatch(value):
        return value, UUID(value).hex
    written = [value] if value.isascii() else [value, *_written(value)]
    spelled = [text for each in written for text in (each, quote(each, safe="").lower())]
    if identifier.kind is LedgerKind.EMAIL:
        spelled.append(hashlib.sha256(value.encode()).hexdigest())
    return tuple(dict.fromkeys(spelled))


def _written(value: str) -> list[str]:
    """The spellings of a text with letters outside ASCII, in which files may have it."""
    name, at, domain = value.rpartition("@")
    upper = (_upper(value), _upper(name) + at + domain)
    escaped = (json.dumps(each)[1:-1].lower() for each in (value, *upper))
    texts = [unicodedata.normalize("NFD", value), *upper, *escaped]
    if at and not domain.isascii():
        with suppress(UnicodeError):  # not a domain name: it has no such spelling
            texts.append(f"{name}@{domain.encode('idna').decode()}")
    return texts


def _upper(text: str) -> str:
    return "".join(letter if letter.isascii() else letter.upper() for letter in text)


def needles(identifiers: Iterable[Identifier]) -> tuple[tuple[str, str], ...]:
    """All spellings of several identifiers, each with a pattern that its surroundings match."""
    spelled = dict.fromkeys(form for each in identifiers for form in forms(each))
    return tuple((form, pattern(form)) for form in spelled)


def raw_ids(needles: Iterable[tuple[str, str]]) -> tuple[bytes, ...]:
    """The sixteen bytes of each id among the spellings, as PostgreSQL stores a ``uuid``."""
    return tuple(UUID(form).bytes for form, _ in needles if _UUID.fullmatch(form))


def pattern(form: str) -> str:
    """A regular expression (PostgreSQL's and Python's) for a spelling as a separate word.

    ``anna@example.org`` does not occur in ``joanna@example.org``, nor in ``anna@example.org.uk``;
    it does after an escape, as in ``%2Fanna@example.org``. Other spellings are random, so any text
    may surround them.
    """
    if "@" not in form and "%40" not in form:
        return ""
    return f"{_BEFORE}{re.escape(form)}{_AFTER}"


def page_pattern(form: str) -> bytes:
    """A regular expression for a spelling in PostgreSQL's files, which are searched in lower case.

    A short text is preceded by a byte with its length, ``2 * (length + 1) + 1``, and followed by
    that of the next column: both may be alphanumeric. So what follows is ignored, and
    the length of exactly this text may precede it.
    """
    encoded = form.encode()
    if not pattern(form):
        return re.escape(encoded)
    length = 2 * (len(encoded) + 1) + 1
    if length > _LONGEST_HEADER:
        return _BEFORE.encode() + re.escape(encoded)
    header = re.escape(bytes([length]).lower())
    return b"(?:" + _BEFORE.encode() + b"|(?<=" + header + b"))" + re.escape(encoded)


def too_short(identifiers: Iterable[Identifier]) -> int:
    """The number of identifiers that are too short to search for."""
    return sum(not forms(each) for each in identifiers)
