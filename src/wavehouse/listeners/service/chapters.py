"""Use case: find the chapter of an episode that a client names (P29, decision 0903).

Chapters belong to one listener. A file and a guid of the same feed name one chapter when any upload
has named them together, so the result does not depend on order or batching. Two chapters that turn
out to be one are merged; the former id goes on to work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from wavehouse.kernel.ids import ActionId, ListenerId, uuid7
from wavehouse.listeners import rules
from wavehouse.listeners.queries import chapters as queries
from wavehouse.listeners.queries.chapters import Chapter, Key, KnownChapter
from wavehouse.listeners.types import NO_DESCRIPTION, Episode, Sighting
from wavehouse.store import Listeners, Tx

Newest = Callable[[Sequence[Chapter]], dict[Chapter, datetime]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The chapter of each episode and id; those whose position must be folded again.

    ``tombstones`` are the actions that deleted positions of merged chapters (P38).
    """

    episodes: dict[tuple[ListenerId, Episode], str] = field(default_factory=dict)
    ids: dict[Chapter, str] = field(default_factory=dict)
    merged: set[Chapter] = field(default_factory=set)
    tombstones: set[ActionId] = field(default_factory=set)

    def chapter_of(self, listener_id: ListenerId, named: Episode | str) -> str:
        """The chapter that a listener's app named."""
        if isinstance(named, Episode):
            return self.episodes[listener_id, named]
        return self.ids.get((listener_id, named), named)


def keys_of(sighting: Sighting) -> list[Key]:
    """The keys of an episode: its file, and its guid if it has one."""
    one, who = sighting.episode, sighting.listener_id
    found = [(who, rules.chapter_key("file", one.podcast_url, one.episode_url))]
    if one.guid:
        found.append((who, rules.chapter_key("guid", one.podcast_url, one.guid)))
    return found


def resolve(
    tx: Tx[Listeners], *, sightings: Sequence[Sighting], ids: Sequence[Chapter], newest: Newest
) -> Resolved:
    """Find or make the chapters of episodes and of ids; the caller holds the listeners' locks.

    ``newest`` gives the time of the last action of chapters. An unknown id becomes a chapter
    without an address.
    """
    found = Resolved()
    if ids:
        _resolve_ids(tx, list(dict.fromkeys(ids)), found)
    if sightings:
        _resolve_episodes(tx, sightings, newest, found)
    return found


def resolve_id(tx: Tx[Listeners], *, listener_id: ListenerId, chapter_id: str) -> str:
    """The chapter that a former id names now; the id itself when it is none."""
    key = listener_id, rules.chapter_key("alias", "", chapter_id)
    known = queries.by_keys(tx, keys=[key]).get(key)
    return known.chapter_id if known else chapter_id


def _resolve_ids(tx: Tx[Listeners], ids: Sequence[Chapter], found: Resolved) -> None:
    known = queries.existing(tx, chapters=ids)
    missing = [one for one in ids if one not in known]
    if not missing:
        return
    aliases = {one: (one[0], rules.chapter_key("alias", "", one[1])) for one in missing}
    moved = queries.by_keys(tx, keys=list(aliases.values()))
    for one, key in aliases.items():
        if key in moved:
            found.ids[one] = moved[key].chapter_id
    new = [queries.NewChapter(*one) for one in missing if one not in found.ids]
    if new:
        queries.insert_chapters(tx, chapters=new)


class _Groups:
    """Keys that name one chapter (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}

    def root(self, one: object) -> object:
        """What all members of a group have in common."""
        path = [one]
        while (parent := self._parent.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(parent)
        for each in path:
            self._parent[each] = path[-1]
        return path[-1]

    def join(self, members: Iterable[object]) -> None:
        """These are of one group."""
        first, *others = members
        for one in others:
            self._parent[self.root(one)] = self.root(first)


@dataclass(slots=True)
class _Group:
    """The sightings of one chapter, and the stored chapters that they name."""

    listener_id: ListenerId
    sightings: list[Sighting] = field(default_factory=list)
    known: dict[str, KnownChapter] = field(default_factory=dict)


def _resolve_episodes(
    tx: Tx[Listeners], sightings: Sequence[Sighting], newest: Newest, found: Resolved
) -> None:
    keys = {one: keys_of(one) for one in dict.fromkeys(sightings)}
    stored = queries.by_keys(
        tx, keys=list(dict.fromkeys(k for each in keys.values() for k in each))
    )
    groups = _grouped(keys, stored)
    chapters: dict[int, str] = {}
    new: list[queries.NewChapter] = []
    for number, group in enumerate(groups):
        _add_described(tx, group)
        if group.known:
            oldest, *others = sorted(group.known.values(), key=lambda one: one.age)
            chapters[number] = oldest.chapter_id
            if others:
                former = [one.chapter_id for one in others]
                merge(tx, group.listener_id, oldest.chapter_id, former, found)
        else:
            made = _new_chapter(group)
            chapters[number] = made.chapter_id
            new.append(made)
    if new:
        queries.insert_chapters(tx, chapters=new)
    _learn(tx, groups, chapters, keys, stored)
    _move(tx, groups, chapters, newest)
    for number, group in enumerate(groups):
        for one in group.sightings:
            found.episodes[one.listener_id, one.episode] = chapters[number]


def _grouped(keys: dict[Sighting, list[Key]], stored: dict[Key, KnownChapter]) -> list[_Group]:
    unions = _Groups()
    for each in keys.values():
        unions.join(each)
    for key, known in stored.items():
        unions.join([key, (key[0], known.chapter_id)])
    groups: dict[object, _Group] = {}
    for one, each in keys.items():
        group = groups.setdefault(unions.root(each[0]), _Group(one.listener_id))
        group.sightings.append(one)
        for key in each:
            if key in stored:
                group.known[stored[key].chapter_id] = stored[key]
    return list(groups.values())


def _add_described(tx: Tx[Listeners], group: _Group) -> None:
    """The one chapter of the feed with the same description, when no key names one."""
    for one in group.sightings:
        if group.known or one.episode.described == NO_DESCRIPTION:
            continue
        alike = [
            chapter
            for chapter, described in queries.described(
                tx,
                listener_id=one.listener_id,
                podcast_url=one.episode.podcast_url,
                described=one.episode.described,
            )
            if rules.same_episode(described, one.episode.described)
            and (chapter.guid is None or one.episode.guid is None)  # two guids: two episodes
        ]
        if len(alike) == 1:
            group.known[alike[0].chapter_id] = alike[0]


def _new_chapter(group: _Group) -> queries.NewChapter:
    last = max(group.sightings, key=lambda one: (one.at, one.episode.episode_url))
    guids = [one.episode.guid for one in group.sightings if one.episode.guid]
    described = next(
        (s.episode.described for s in group.sightings if s.episode.described != NO_DESCRIPTION),
        NO_DESCRIPTION,
    )
    return queries.NewChapter(
        group.listener_id,
        str(uuid7()),
        last.episode.podcast_url,
        last.episode.episode_url,
        last.episode.guid or (guids[0] if guids else None),
        described,
    )


def merge(
    tx: Tx[Listeners], listener_id: ListenerId, keep: str, former: Sequence[str], found: Resolved
) -> None:
    """Give everything of some chapters to another one; their ids go on to work."""
    found.tombstones.update(queries.merge(tx, listener_id=listener_id, keep=keep, gone=former))
    queries.insert_keys(
        tx,
        keys=[
            queries.NewKey(listener_id, rules.chapter_key("alias", "", one), keep, "alias", one)
            for one in former
        ],
    )
    found.merged.add((listener_id, keep))
    found.ids.update({(listener_id, one): keep for one in former})


def _learn(
    tx: Tx[Listeners],
    groups: Sequence[_Group],
    chapters: dict[int, str],
    keys: dict[Sighting, list[Key]],
    stored: dict[Key, KnownChapter],
) -> None:
    """Store the keys that are new, and the guids of chapters that had none."""
    fresh: dict[Key, queries.NewKey] = {}
    guids: dict[Chapter, str] = {}
    for number, group in enumerate(groups):
        has_guid = not group.known or any(one.guid for one in group.known.values())
        for one in group.sightings:
            values = (("file", one.episode.episode_url), ("guid", one.episode.guid or ""))
            for key, (kind, value) in zip(keys[one], values, strict=False):
                if key not in stored:
                    fresh[key] = queries.NewKey(*key, chapters[number], kind, value)
            if one.episode.guid and not has_guid:
                guids[group.listener_id, chapters[number]] = one.episode.guid
    if fresh:
        queries.insert_keys(tx, keys=list(fresh.values()))
    if guids:
        queries.set_guids(tx, guids=guids)


def _move(
    tx: Tx[Listeners], groups: Sequence[_Group], chapters: dict[int, str], newest: Newest
) -> None:
    """Keep the newest address of chapters that have several (P29)."""
    moving = {
        number: group
        for number, group in enumerate(groups)
        if any(one.moved_at for one in group.known.values())
        or len(
            {one.episode.episode_url for one in group.sightings}
            | {one.episode_url for one in group.known.values()}
        )
        > 1
    }
    if not moving:
        return
    last = newest([(group.listener_id, chapters[number]) for number, group in moving.items()])
    addresses = []
    for number, group in moving.items():
        chapter = group.listener_id, chapters[number]
        named = [(one.at, one.episode.episode_url, one.episode.guid) for one in group.sightings] + [
            (one.moved_at or last.get(chapter) or one.created_at, one.episode_url, one.guid)
            for one in group.known.values()
            if one.episode_url is not None
        ]
        at, url, guid = max(named, key=lambda one: one[:2])
        addresses.append(queries.Address(*chapter, url, guid, at))
    queries.set_addresses(tx, addresses=addresses)


@dataclass(frozen=True, slots=True)
class Archived:
    """A chapter of an archive, with the kind and value of each of its keys."""

    chapter: queries.NewChapter
    names: tuple[tuple[str, str], ...]


def bring_in(tx: Tx[Listeners], *, archived: Sequence[Archived]) -> dict[str, str]:
    """The chapters of an archive by their ids in it, made where no key names one yet."""
    keys = {
        one.chapter.chapter_id: [
            queries.NewKey(
                one.chapter.listener_id,
                rules.chapter_key(
                    kind, "" if kind == "alias" else one.chapter.podcast_url or "", value
                ),
                "",
                kind,
                value,
            )
            for kind, value in one.names
        ]
        for one in archived
    }
    stored = queries.by_keys(
        tx, keys=[(key.listener_id, key.key_hash) for each in keys.values() for key in each]
    )
    found: dict[str, str] = {}
    for one in archived:
        own = one.chapter.chapter_id
        known = [stored.get((key.listener_id, key.key_hash)) for key in keys[own]]
        found[own] = next((each.chapter_id for each in known if each), own)
    queries.insert_chapters(
        tx,
        chapters=[
            one.chapter
            for one in archived
            if found[one.chapter.chapter_id] == one.chapter.chapter_id
        ],
    )
    queries.insert_keys(
        tx, keys=[replace(key, chapter_id=found[own]) for own, each in keys.items() for key in each]
    )
    return found
