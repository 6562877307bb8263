"""Which media file a request is for: by host and path, prefixes and parameters stripped (R03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from wavehouse.kernel.reference import media_key
from wavehouse.measurement.types import MediaFile

OWN_PREFIX = "/wh/e/"
"""The path by which our own redirect (R30) is known: ``https://host/wh/e/<host>/<path>``."""


class MediaIndex:
    """The places media files are served from, numbered."""

    def __init__(self, files: Iterable[MediaFile]) -> None:
        self.places: dict[tuple[str, str], int] = {}
        self.versions: dict[int, list[MediaFile]] = defaultdict(list)
        by_path: dict[str, list[int]] = defaultdict(list)
        for file in sorted(files, key=lambda f: f.valid_from):
            place = (file.media_host, file.media_path)
            if place not in self.places:
                self.places[place] = len(self.places)
                by_path[file.media_path].append(self.places[place])
            self.versions[self.places[place]].append(file)
        self._by_path = dict(by_path)

    def key_of(self, host: str, path: str) -> tuple[str, str] | None:
        """Host and path of the place a request was for, or None."""
        place = self.place_of(host, path)
        if place is None:
            return None
        version = self.versions[place][0]
        return version.media_host, version.media_path

    def place_of(self, host: str, path: str) -> int | None:
        """The number of the place a request was for, or None.

        A log often names another host than the feed does (a distribution's own name, none at
        all): a path that belongs to one place only is enough; an ambiguous one is not.
        """
        place = self._place(host, path)
        if place is None and "%25" in path:  # CloudFront encodes the path's own percent signs
            place = self._place(host, path.replace("%25", "%"))
        return place

    def _place(self, host: str, path: str) -> int | None:
        # The whole address, so that a prefix that is part of it can be told and stripped.
        key = media_key(f"https://{host or 'unknown.invalid'}{path}")
        exact = self.places.get((key.host, key.path))
        if exact is not None:
            return exact
        same_path = self._by_path.get(key.path, ())
        return same_path[0] if len(same_path) == 1 else None


def split_place(text: str) -> tuple[str, str]:
    """Host and path of a stored unknown path, which is the two joined."""
    host, slash, path = text.partition("/")
    return host, slash + path


def is_own_prefix(path: str) -> bool:
    """True for our own redirect's path."""
    return path.startswith(OWN_PREFIX)
