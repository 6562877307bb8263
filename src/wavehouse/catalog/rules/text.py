"""Turn the bytes of a feed into text that an XML parser accepts.

Feeds declare wrong encodings, contain control characters, use HTML entities and leave ampersands
unescaped. All of that is repaired here, before the parser, and without moving a line: removed text
leaves its line breaks, so that a message can name the line in the publisher's file.
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5

from wavehouse.kernel.errors import InvalidInput

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose BOM is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_STARTS = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"), (b"<\0r\0", "utf-16-le"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]+)\s*["']""")
_ROOT = re.compile(
    r"<!--[\s\S]*?(?:-->|\Z)|(?P<root><(?:[A-Za-z_][\w.-]*:)?(?:rss|feed|rdf|channel)(?=[\s/>]))",
    re.IGNORECASE,
)
_WEB_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AMPERSANDS = re.compile(r"<!\[CDATA\[[\s\S]*?(?:\]\]>|\Z)|&(#[0-9]+;|#[xX][0-9a-fA-F]+;|\w+;)?")
_REFERENCES = re.compile(r"&#([0-9]+|[xX][0-9a-fA-F]+);?")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
# A declaration of one of these on a text that reads as UTF-8 is a mistake: accented letters of
# a true single-byte text hardly ever form valid multi-byte sequences by chance.
_OFTEN_WRONG = frozenset({"ascii", "cp1252", "iso8859-1", "utf-8"})
_LONGEST_REFERENCE = 12
_MOST_MARKS = 1_500_000
_MAGIC = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip file"),
    (b"%PDF", "a PDF file"),
    (b"ID3", "an MP3 file"),
    (b"\xff\xfb", "an MP3 file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)


def _codec(name: str | None) -> str | None:
    """Python's name of a text encoding, or None."""
    if not name:
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None


def _as_windows(wrong: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not valid UTF-8 as Windows-1252."""
    if not isinstance(wrong, UnicodeDecodeError):
        raise wrong
    return wrong.object[wrong.start : wrong.end].decode("cp1252", errors="replace"), wrong.end


codecs.register_error("wavehouse.windows", _as_windows)


def decoded(data: bytes, charset: str | None) -> str:
    """The text of a feed: byte order mark, then a correct declaration, then a repair."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    start = data[:64].lstrip()
    for pattern, encoding in _WIDE_STARTS:
        if start.startswith(pattern):
            return data.decode(encoding, errors="replace")
    declaration = _DECLARED.match(data[:1024])
    declared = _codec(declaration.group(1).decode("ascii")) if declaration else None
    candidates = [declared or "utf-8", _codec(charset)]
    if candidates[0] in _OFTEN_WRONG:
        candidates.insert(0, "utf-8")
    for candidate in dict.fromkeys(candidates):
        if candidate is None or candidate.startswith(("utf-16", "utf-32")):
            continue  # without a mark and without its zeros, the declaration is not true
        try:
            return data.decode("cp1252" if candidate == "iso8859-1" else candidate)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="wavehouse.windows")


def _only_line_breaks(text: str) -> str:
    return "\n" * text.count("\n")


def _mended_ampersand(match: re.Match[str]) -> str:
    whole, name = match.group(0), match.group(1)
    if whole.startswith("<![") or name in _XML_ENTITIES:
        return whole
    if name and name[0] == "#":
        return whole.lower()  # XML only allows a lower-case x
    if name and name in html5:
        return "".join(f"&#{ord(c)};" for c in html5[name])
    return "&amp;" + (name or "")


def _character_or_nothing(match: re.Match[str]) -> str:
    """Resolve a reference such as ``&#233;`` or ``&#xE9;`` when XML allows the character."""
    digits = match.group(1).lower()
    if len(digits) > _LONGEST_REFERENCE:
        return ""
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    text = code in {9, 10, 13} or 0x20 <= code <= 0x10FFFF
    legal = text and not 0xD800 <= code <= 0xDFFF and code not in {0xFFFE, 0xFFFF}
    return match.group(0) if legal else ""


def clean_xml(data: bytes, charset: str | None = None) -> str:
    """The text from the feed's root element on; raises when there is none."""
    if not data.strip():
        raise InvalidInput("the document is empty", hint="Check the feed's address.")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise InvalidInput(f"the document is {kind}, not a feed", hint="Give the RSS address.")
    text = decoded(data, charset)
    # Each mark costs some hundred bytes and a microsecond: the largest feeds of real
    # shows, 25 MB with HTML in every description, have less than half as many.
    marks = text.count("<") + text.count("&")
    if marks > _MOST_MARKS:
        raise InvalidInput(
            f"the document has {marks:,} tags and entities; a feed may have {_MOST_MARKS:,}",
            hint="Ask the publisher for a paged or shorter feed.",
        )
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    root = next((match for match in _ROOT.finditer(text) if match["root"]), None)
    prolog = text[: root.start()] if root else text
    if root is None or _WEB_PAGE.search(prolog):
        raise InvalidInput(
            f"the document is {_kind_of(prolog)}, not a feed",
            hint="Give the address of the RSS feed itself, which the show's hosting provider "
            "lists.",
        )
    if "<!ENTITY" in prolog:
        raise InvalidInput(
            "the document declares XML entities, which a feed never needs and attackers use",
            where=f":{prolog[: prolog.index('<!ENTITY')].count(chr(10)) + 1}",
            hint="Ask the publisher to remove the <!DOCTYPE> block.",
        )
    # everywhere, in CDATA too, whose bounds are uncertain in malformed text
    feed = _REFERENCES.sub(_character_or_nothing, text[root.start() :])
    return _only_line_breaks(prolog) + _AMPERSANDS.sub(_mended_ampersand, feed)


def _kind_of(text: str) -> str:
    if _WEB_PAGE.search(text):
        return "a web page"
    if text.lstrip()[:1] in {"{", "["}:
        return "JSON"
    if "<?xml" in text or re.search(r"<[A-Za-z]", text):
        return "another kind of XML"
    return "no XML"
