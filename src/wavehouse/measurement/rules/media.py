"""Which media file a request is for (R03).

A file is identified by its host and path without tracking prefixes. A query is part of the identity
if files differ by it; the hops and targets of a redirect are places of the redirecting file; a path
rule maps addresses with different paths to one file.

When several episodes share a file, a request belongs to the episode whose file started to be served
last before it; among equals, to the one registered first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from wavehouse.kernel.reference import (
    PathRules,
    has_media_ending,
    is_client_parameter,
    normal_query,
    split_address,
)
from wavehouse.measurement.types import MediaFile, OwnedSpan

OWN_PREFIX = "/wh/e/"
"""The path of our own redirect (R30): ``https://host/wh/e/<host>/<path>``."""

_NO_HOST = "unknown.invalid"


class MediaIndex:
    """The locations that media files are served from, numbered."""

    def __init__(self, files: Iterable[MediaFile], rules: PathRules | None = None) -> None:
        self.places: dict[tuple[str, str], int] = {}
        self.versions: dict[int, list[MediaFile]] = {}
        self.everything: dict[int, list[MediaFile]] = {}
        """All files of a place, including those of superseded episodes."""
        self._rules = rules or PathRules()
        self._groups: dict[tuple[str, str], _Group] = {}
        self._by_path: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._meanings: dict[str, set[int]] = defaultdict(set)
        self._of_any_host: dict[str, set[int]] = defaultdict(set)
        media_files: dict[tuple[str, str], list[MediaFile]] = defaultdict(list)
        for file in files:
            media_files[file.media_host, file.media_path].append(file)
        for (host, path), versions in media_files.items():
            if kept := _kept(versions):
                self.everything[len(self.places)] = versions
                self._add(host, path, kept)
        for group in self._groups.values():
            group.settle()

    def _add(self, host: str, path: str, versions: list[MediaFile]) -> None:
        number = self.places[host, path] = len(self.places)
        self.versions[number] = versions
        bare, _, query = path.partition("?")
        query = normal_query(query)  # stored before queries had one spelling
        group = self._groups.setdefault((host, bare), _Group(bare))
        hop_of = versions[0].episode_id if all(v.is_hop for v in versions) else None
        group.add(frozenset(query.split("&")) if query else frozenset(), number, hop_of)
        self._by_path[bare].add((host, bare))
        if meaning := self._rules.meaning(host, bare, query):
            key = _without_host(meaning[0]) if host == _NO_HOST else meaning[0]
            self._meanings[key].add(number)
            self._of_any_host[_without_host(key)].add(number)
        if not any(v.is_hop or v.start_ms for v in versions):
            for version in versions:
                self._meanings[f"guid:{version.guid}"].add(number)

    def place_of(self, host: str, path: str) -> int | None:
        """The number of the place that a request was for, or None.

        A log often has another host than the feed (a distribution's own name, or none): a path that
        belongs to only one place is enough; an ambiguous path is not.
        """
        index = self._place(host, path)
        if index is None and "%25" in path:  # CloudFront encodes the path's own percent signs
            index = self._place(host, path.replace("%25", "%"))
        return index

    def kept_path(self, host: str, path: str) -> str:
        """A request's path with the part of its query that can identify a file, known or not."""
        if "?" not in path:
            return path
        bare, _, query = path.partition("?")
        _, plain, _ = split_address(f"https://{host or _NO_HOST}{bare}")
        hosts = self._by_path.get(plain, set())
        names = {name for key in hosts for name in self._groups[key].names}
        wanted = [
            part
            for part in query.split("&")
            if part.partition("=")[0] in names or not is_client_parameter(part)
        ]
        return f"{bare}?{'&'.join(wanted)}" if wanted else bare

    def needs_query(self, host: str, bare_path: str) -> bool:
        """True when files differ by their query, a rule uses it, or the path is unknown."""
        _, plain, _ = split_address(f"https://{host or _NO_HOST}{bare_path}")
        hosts = self._by_path.get(plain)
        if not hosts or any(rule.parameters for rule in self._rules.rules):
            return True
        return any(self._groups[key].names for key in hosts)

    def spans_of(self, index: int) -> list[OwnedSpan]:
        """The versions of a place, each with the time in which it is served."""
        versions = self.versions[index]
        starts: list[datetime | None] = [None, *(v.valid_from for v in versions[1:]), None]
        return [
            OwnedSpan(version, since, until)
            for version, (since, until) in zip(versions, pairwise(starts), strict=True)
        ]

    def _place(self, host: str, path: str) -> int | None:
        # The whole address, so that a prefix that is part of it can be stripped.
        host, bare, query = split_address(f"https://{host or _NO_HOST}{path}")
        parts = frozenset(query.split("&")) if query else frozenset()
        group = self._groups.get((host, bare))
        if group is None:
            hosts = self._by_path.get(bare, set())
            group = self._groups[next(iter(hosts))] if len(hosts) == 1 else None
        if group is not None:
            return group.number_of(parts)
        meaning = self._rules.meaning(host, bare, query)
        return self._meant(meaning[0] if meaning else f"{host}{bare}")

    def _meant(self, meaning: str) -> int | None:
        """The place that a rule's right side refers to, if it belongs to one episode."""
        numbers = set(self._meanings.get(meaning, ()))
        if not numbers and "/" in meaning and not meaning.startswith("guid:"):
            host, bare, query = split_address(f"https://{meaning}")
            if (group := self._groups.get((host, bare))) is not None:
                return group.number_of(frozenset(query.split("&")) if query else frozenset())
            if host == _NO_HOST:
                numbers = self._of_any_host.get(_without_host(meaning), set())
        episodes = {version.episode_id for n in numbers for version in self.versions[n]}
        return min(numbers) if len(episodes) == 1 else None


class _Group:
    """Files with one host and path: one, or several that differ by their query."""

    def __init__(self, path: str) -> None:
        self._files: list[tuple[frozenset[str], int]] = []
        self._hops: set[object | None] = set()
        self._is_media = has_media_ending(path)
        self.names: frozenset[str] = frozenset()
        self._by_parameters: dict[frozenset[str], list[int]] = defaultdict(list)

    def add(self, parameters: frozenset[str], number: int, hop_of: object | None) -> None:
        """Add a file.

        Hops of one episode are one file, even if their parameters change.
        """
        if hop_of is not None and hop_of in self._hops:
            return
        self._hops.add(hop_of)
        self._files.append((parameters, number))

    def settle(self) -> None:
        """Find the parameters that distinguish the files; those that all share are ignored."""
        alone = len(self._files) == 1
        common = frozenset.intersection(*(own for own, _ in self._files))
        # A script's parameters select the file; a media file's parameters are additions.
        drop = (common if self._is_media else frozenset()) if alone else common
        for own, number in self._files:
            self._by_parameters[own - drop].append(number)
        self.names = frozenset(p.partition("=")[0] for own in self._by_parameters for p in own)

    def number_of(self, parameters: frozenset[str]) -> int | None:
        """The file that has exactly the request's parameters, of those by which files differ."""
        if len(self._files) == 1:
            ((expected, (number,)),) = self._by_parameters.items()
            given = {p.partition("=")[0] for p in parameters}
            others = {p for p in expected - parameters if p.partition("=")[0] in given}
            return None if others else number
        given_parameters = frozenset(p for p in parameters if p.partition("=")[0] in self.names)
        numbers = self._by_parameters.get(given_parameters, [])
        return numbers[0] if len(numbers) == 1 else None


def _kept(files: list[MediaFile]) -> list[MediaFile]:
    """The versions of a place in time, each with its one episode.

    A hop is a place of the file that redirects there, unless files of several episodes redirect
    there, or it is a file's own place.
    """
    own = [file for file in files if not file.is_hop]
    if not own and len({file.episode_id for file in files}) > 1:
        return []
    return list(_owned(own or files))


def _owned(files: list[MediaFile]) -> Iterator[MediaFile]:
    """Versions in time order, without those of superseded episodes.

    At equal times, those of the episode registered first win.
    """
    episodes: dict[object, list[MediaFile]] = defaultdict(list)
    for file in sorted(files, key=lambda f: f.valid_from):
        episodes[file.episode_id].append(file)
    starts: dict[datetime, list[MediaFile]] = {}
    for versions in episodes.values():
        starts.setdefault(versions[0].valid_from, versions)
    ends = [*list(starts)[1:], None]
    for (start, versions), end in zip(starts.items(), ends, strict=True):
        for version, following in pairwise([*versions, None]):
            assert version is not None  # noqa: S101 - only the last of the pairs is None
            until = following.valid_from if following else None
            if end is not None and version.valid_from >= end:
                break
            if until is None or until > start:
                yield replace(version, valid_from=max(start, version.valid_from))


def _without_host(meaning: str) -> str:
    return meaning.partition("/")[2]


def split_place(text: str) -> tuple[str, str]:
    """Host and path of a stored unknown path, which joins the two."""
    host, slash, path = text.partition("/")
    return host, slash + path


def is_own_prefix(path: str) -> bool:
    """True for our own redirect's path."""
    return path.startswith(OWN_PREFIX)
