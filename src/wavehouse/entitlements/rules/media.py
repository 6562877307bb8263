"""The media type of an episode's file; pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

BY_ENDING = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
}
"""Media types by the end of the file's name; Opus comes in Ogg (RFC 7845 9)."""

USUAL = "audio/mpeg"
_MEDIA_TYPE = re.compile(r"(audio|video)/[\w.+-]{1,60}", re.ASCII)


def stated(text: str | None) -> str | None:
    """The audio or video type of a header or attribute, without parameters; None if it has none."""
    kind = (text or "").partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else None


def by_ending(address: str) -> str | None:
    """The type by the ending of a file's address; None for another ending or no address."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return None
    return BY_ENDING.get(PurePosixPath(unquote(path)).suffix.lower())


def type_of(address: str, catalogued: str | None) -> str:
    """The type of an episode's file: the catalogue's, else by its ending, else MP3's."""
    return stated(catalogued) or by_ending(address) or USUAL
