"""Feeds and logs that are small on the wire and large, deep or endless to read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

_HEAD = (
    b'<?xml version="1.0"?><rss xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    b'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    b'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>t</title>'
)
_TAIL = b"</channel></rss>"
_FILE = b'<enclosure url="https://a.example/a.mp3"/>'
_MANY = 50_000


def _item(content: bytes) -> bytes:
    return _HEAD + b"<item><title>x</title>" + content + b"</item>" + _TAIL


def _each(text: bytes, number: int = _MANY) -> bytes:
    return b"".join(text.replace(b"#", b"%d" % n) for n in range(number))


FEEDS: dict[str, Callable[[], bytes]] = {
    "50,000 enclosures": lambda: _item(
        _each(b'<enclosure url="https://a.example/#.mp3" type="audio/mpeg"/>')
    ),
    "50,000 times one enclosure": lambda: _item(_FILE * _MANY),
    "50,000 bad enclosures": lambda: _item(b'<enclosure url="http://["/>' * _MANY),
    "50,000 alternates": lambda: _item(
        _each(
            b'<podcast:alternateEnclosure type="audio/mpeg"><podcast:source '
            b'uri="https://a.example/#.mp3"/></podcast:alternateEnclosure>'
        )
    ),
    "50,000 sources": lambda: _item(
        b"<podcast:alternateEnclosure>"
        + _each(b'<podcast:source uri="https://a.example/#.mp3"/>')
        + b"</podcast:alternateEnclosure>"
    ),
    "50,000 media contents": lambda: _item(
        _each(b'<media:content type="audio/mpeg" url="https://a.example/#.mp3"/>')
    ),
    "50,000 persons": lambda: _item(_FILE + b"<podcast:person>a</podcast:person>" * _MANY),
    "50,000 empty authors": lambda: _item(_FILE + b"<author/>" * _MANY),
    "50,000 bad dates": lambda: _item(_FILE + b"<pubDate>nonsense</pubDate>" * _MANY),
    "50,000 attributes": lambda: _item(b"<enclosure " + _each(b'a#="x" ') + b"/>"),
    "50,000 categories in each other": lambda: (
        _HEAD + _each(b'<itunes:category text="#">') + b"</itunes:category>" * _MANY + _TAIL
    ),
    "50,000 items of one guid": lambda: (
        _HEAD + (b"<item><guid>a</guid>" + _FILE + b"</item>") * 49_000 + _TAIL
    ),
    "three million items": lambda: _HEAD + b"<item/>" * 3_000_000 + _TAIL,
    "a million tags": lambda: _HEAD + b"<a/>" * 1_400_000 + _TAIL,
    "six million tags": lambda: _HEAD + b"<a/>" * 6_000_000 + _TAIL,
    "three million open tags": lambda: _HEAD + b"<a>" * 3_000_000,
    "a million open tags": lambda: _HEAD + b"<a>" * 1_400_000,
    "a million ends": lambda: _HEAD + b"</a>" * 1_400_000,
    "a million ampersands": lambda: _HEAD + b"&" * 1_400_000 + _TAIL,
    "twenty million ampersands": lambda: _HEAD + b"&" * 20_000_000 + _TAIL,
    "twenty million brackets": lambda: _HEAD + b"<" * 20_000_000,
    "a million brackets": lambda: _HEAD + b"<" * 1_400_000,
    "a million references": lambda: _item(b"<title>" + b"&#65;" * 1_400_000 + b"</title>" + _FILE),
    "a million open sections": lambda: _HEAD + b"<![CDATA[" * 1_400_000,
    "a million open comments": lambda: _HEAD + b"<!--" * 1_400_000,
    "a million open instructions": lambda: _HEAD + b"<?a" * 1_400_000,
    "a million open quotes": lambda: _HEAD + b'<a b="' * 1_400_000,
    "20 MB of spaces": lambda: _item(b"<title>" + b" " * 20_000_000 + b"</title>" + _FILE),
    "10 MB of letters in an address": lambda: _item(
        b'<enclosure url="https://a.example/' + "é".encode() * 5_000_000 + b'"/>'
    ),
    "10 MB of digits in a date": lambda: _item(_FILE + b"<pubDate>" + b"1" * 10**7 + b"</pubDate>"),
    "10 MB of digits in a duration": lambda: _item(
        _FILE + b"<itunes:duration>" + b"9:" * 5_000_000 + b"</itunes:duration>"
    ),
    "20,000 namespaces": lambda: (
        b"<rss " + _each(b'xmlns:n#="http://x/#" ', 20_000) + b"><channel/></rss>"
    ),
    "a billion laughs": lambda: (
        b'<!DOCTYPE a [<!ENTITY a "' + b"l" * 1000 + b'">' + b'<!ENTITY b "&a;&a;">]><rss>&b;</rss>'
    ),
    "an entity of a file": lambda: (
        b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>&a;</channel></rss>'
    ),
    "25 MB and a byte": lambda: _HEAD + b" " * (25 * 2**20),
    "UTF-32 of nothing": lambda: b"\xff\xfe\0\0" + bytes(8_000_000),
}


def _packed(letter: bytes, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    wave = letter * (2**20 // len(letter))
    return b"".join(packer.compress(wave) for _ in range(megabytes)) + packer.flush()


_LINE = (
    b'192.0.2.1 - - [19/Nov/2026:10:00:00 +0000] "GET /a.mp3 HTTP/1.1" 200 1000 "-" "Test/1.0"\n'
)

LOGS: dict[str, Callable[[], bytes]] = {
    "a gigabyte of zeros, packed": lambda: _packed(b"\0", 1024),
    "a gigabyte of one line, packed": lambda: _packed(b"a", 1024),
    "200 MB of line breaks, packed": lambda: _packed(b"\n", 200),
    "200 MB of one log line, packed": lambda: _packed(_LINE, 200),
    "gzip in gzip": lambda: gzip.compress(_packed(b"\0", 200)),
    "50,000 empty members": lambda: gzip.compress(b"") * _MANY,
    "50,000 members of a line": lambda: gzip.compress(_LINE) * _MANY,
    "packed noise": lambda: b"\x1f\x8b" + bytes(range(256)) * 40_000,
    "a packed file that breaks off": lambda: _packed(b"a", 50)[:-100],
    "64 MB without a line break": lambda: b"a" * 2**26,
    "64 MB of zeros": lambda: bytes(2**26),
    "16 MB of quotes": lambda: b'"' * 2**24,
    "half a character at each end": lambda: b"\xe2\x80\n" * 2_000_000,
}
