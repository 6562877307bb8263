"""ID3v2.4 tags: TIT2, TALB, TPE1, TLAN, APIC, CHAP, CTOC (id3.org, ID3v2.4 and chapters 1.0).

Written here because the usual library is GPL (decision 1402); tests compare with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.studio.rules.sound import Chapter

_UTF8 = b"\x03"
_NO_OFFSET = b"\xff\xff\xff\xff"
_TOP_LEVEL_ORDERED = b"\x03"
_FRONT_COVER = b"\x03"
_MOST_CHAPTERS = 255
_LANGUAGES = {
    "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin", "fr": "fra",
    "it": "ita", "ja": "jpn", "nb": "nob", "nl": "nld", "nn": "nno", "no": "nor", "pl": "pol",
    "pt": "por", "ru": "rus", "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "zho",
}  # fmt: skip
"""ISO 639-2 for the two-letter codes; TLAN requires three letters."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A cover: its media type and its bytes."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of an episode's file."""

    title: str
    album: str
    artist: str
    language: str
    chapters: Sequence[Chapter] = ()
    picture: Picture | None = None


def id3(tags: Tags) -> bytes:
    """The tag, to be written before the MP3's first frame.

    ValueError for more than 255 chapters, or for 256 MB of tag.
    """
    if len(tags.chapters) > _MOST_CHAPTERS:
        raise ValueError(f"{len(tags.chapters)} chapters; a table has at most {_MOST_CHAPTERS}")
    frames = [
        _text("TIT2", tags.title),
        _text("TALB", tags.album),
        _text("TPE1", tags.artist),
        _text("TLAN", language_code(tags.language)),
    ]
    if tags.picture is not None:
        frames.append(_picture(tags.picture))
    if tags.chapters:
        names = [f"chp{number}" for number in range(len(tags.chapters))]
        frames.append(_contents(names))
        frames += [_chapter(name, each) for name, each in zip(names, tags.chapters, strict=True)]
    body = b"".join(frames)
    return b"ID3\x04\x00\x00" + _synchsafe(len(body)) + body


def language_code(language: str) -> str:
    """The three letters of ISO 639-2 for a BCP 47 tag; ``und`` for an unlisted one."""
    first = language.partition("-")[0].lower()
    return first if len(first) == 3 else _LANGUAGES.get(first, "und")


def _text(frame: str, text: str) -> bytes:
    return _frame(frame, _UTF8 + text.replace("\x00", " ").encode())


def _picture(picture: Picture) -> bytes:
    head = _UTF8 + picture.media_type.encode("ascii") + b"\x00" + _FRONT_COVER + b"\x00"
    return _frame("APIC", head + picture.content)


def _contents(names: Sequence[str]) -> bytes:
    listed = b"".join(name.encode("ascii") + b"\x00" for name in names)
    return _frame("CTOC", b"toc\x00" + _TOP_LEVEL_ORDERED + bytes([len(names)]) + listed)


def _chapter(name: str, chapter: Chapter) -> bytes:
    times = chapter.start.to_bytes(4) + chapter.end.to_bytes(4) + 2 * _NO_OFFSET
    return _frame("CHAP", name.encode("ascii") + b"\x00" + times + _text("TIT2", chapter.title))


def _frame(name: str, body: bytes) -> bytes:
    return name.encode("ascii") + _synchsafe(len(body)) + b"\x00\x00" + body


def _synchsafe(number: int) -> bytes:
    if number >= 1 << 28:
        raise ValueError(f"the tag is too large: {number} bytes")
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))
