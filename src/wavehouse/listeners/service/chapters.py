"""Use case: find the chapter of an episode that a client names (P29, decision 0903).

Chapters belong to one listener. A file and a guid of the same feed identify one chapter when any
upload has named them together, so the result does not depend on order or batching. Two chapters
that turn out to be the same are merged; the former id still works.
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
    """The chapter of each episode and id; and chapters whose position must be folded again.

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
    """The keys of an episode: its file, and its guid if any."""
    episode, who = sighting.episode, sighting.listener_id
    keys = [(who, rules.chapter_key("file", episode.podcast_url, episode.episode_url))]
    if episode.guid:
        keys.append((who, rules.chapter_key("guid", episode.podcast_url, episode.guid)))
    return keys


def resolve(
    tx: Tx[Listeners], *, sightings: Sequence[Sighting], ids: Sequence[Chapter], newest: Newest
) -> Resolved:
    """Find or create the chapters of episodes and ids; the caller holds the listeners' locks.

    ``newest`` gives the time of the last action of chapters. An unknown id becomes a chapter
    without an address.
    """
    resolved = Resolved()
    if ids:
        _resolve_ids(tx, list(dict.fromkeys(ids)), resolved)
    if sightings:
        _resolve_episodes(tx, sightings, newest, resolved)
    return resolved


def resolve_id(tx: Tx[Listeners], *, listener_id: ListenerId, chapter_id: str) -> str:
    """The chapter that a former id now refers to; other ids are returned unchanged."""
    key = listener_id, rules.chapter_key("alias", "", chapter_id)
    known = queries.by_keys(tx, keys=[key]).get(key)
    return known.chapter_id if known else chapter_id


def _resolve_ids(tx: Tx[Listeners], ids: Sequence[Chapter], resolved: Resolved) -> None:
    known = queries.existing(tx, chapters=ids)
    missing = [chapter for chapter in ids if chapter not in known]
    if not missing:
        return
    aliases = {item: (item[0], rules.chapter_key("alias", "", item[1])) for item in missing}
    moved = queries.by_keys(tx, keys=list(aliases.values()))
    for alias, key in aliases.items():
        if key in moved:
            resolved.ids[alias] = moved[key].chapter_id
    new = [queries.NewChapter(*item) for item in missing if item not in resolved.ids]
    if new:
        queries.insert_chapters(tx, chapters=new)


class _Groups:
    """Keys that identify the same chapter (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}

    def root(self, member: object) -> object:
        """The representative of a key's group."""
        path = [member]
        while (parent := self._parent.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(parent)
        for each in path:
            self._parent[each] = path[-1]
        return path[-1]

    def join(self, members: Iterable[object]) -> None:
        """Join the groups of two keys."""
        first, *others = members
        for other in others:
            self._parent[self.root(other)] = self.root(first)


@dataclass(slots=True)
class _Group:
    """The sightings of one chapter, and the stored chapters with its keys."""

    listener_id: ListenerId
    sightings: list[Sighting] = field(default_factory=list)
    known: dict[str, KnownChapter] = field(default_factory=dict)


def _resolve_episodes(
    tx: Tx[Listeners], sightings: Sequence[Sighting], newest: Newest, resolved: Resolved
) -> None:
    keys = {sighting: keys_of(sighting) for sighting in dict.fromkeys(sightings)}
    stored = queries.by_keys(
        tx, keys=list(dict.fromkeys(k for each in keys.values() for k in each))
    )
    for sighting, known in _settled(keys, stored):
        resolved.episodes[sighting.listener_id, sighting.episode] = known.chapter_id
        del keys[sighting]
    groups = _grouped(keys, stored)
    chapters: dict[int, str] = {}
    new: list[queries.NewChapter] = []
    for number, group in enumerate(groups):
        _add_described(tx, group)
        if group.known:
            oldest, *others = sorted(group.known.values(), key=lambda item: item.age)
            chapters[number] = oldest.chapter_id
            if others:
                former = [other.chapter_id for other in others]
                merge(tx, group.listener_id, oldest.chapter_id, former, resolved)
        else:
            made = _new_chapter(group)
            chapters[number] = made.chapter_id
            new.append(made)
    if new:
        queries.insert_chapters(tx, chapters=new)
    _learn(tx, groups, chapters, keys, stored)
    _move(tx, groups, chapters, newest)
    for number, group in enumerate(groups):
        for sighting in group.sightings:
            resolved.episodes[sighting.listener_id, sighting.episode] = chapters[number]


def _settled(
    keys: dict[Sighting, list[Key]], stored: dict[Key, KnownChapter]
) -> list[tuple[Sighting, KnownChapter]]:
    """Sightings that add nothing to their stored chapter: most of an app's actions.

    None when a sighting has a description, as it may match any chapter; and none of a chapter that
    another sighting of the upload may change.
    """
    settled: list[tuple[Sighting, KnownChapter]] = []
    changing: set[Chapter] = set()
    for sighting, each in keys.items():
        if sighting.episode.described is not NO_DESCRIPTION:
            return []
        known = [stored[key] for key in each if key in stored]
        first = known[0] if len(known) == len(each) else None
        if (
            first is not None
            and first.moved_at is None
            and first.episode_url == sighting.episode.episode_url
            and (first.guid is not None or not sighting.episode.guid)
            and all(item.chapter_id == first.chapter_id for item in known)
        ):
            settled.append((sighting, first))
        else:
            changing.update((sighting.listener_id, item.chapter_id) for item in known)
    return [item for item in settled if (item[0].listener_id, item[1].chapter_id) not in changing]


def _grouped(keys: dict[Sighting, list[Key]], stored: dict[Key, KnownChapter]) -> list[_Group]:
    unions = _Groups()
    for each in keys.values():
        unions.join(each)
    for key, known in stored.items():
        unions.join([key, (key[0], known.chapter_id)])
    groups: dict[object, _Group] = {}
    for sighting, each in keys.items():
        group = groups.setdefault(unions.root(each[0]), _Group(sighting.listener_id))
        group.sightings.append(sighting)
        for key in each:
            if key in stored:
                group.known[stored[key].chapter_id] = stored[key]
    return list(groups.values())


def _add_described(tx: Tx[Listeners], group: _Group) -> None:
    """The one chapter of the feed with the same description, when no key matches."""
    for sighting in group.sightings:
        if group.known or sighting.episode.described == NO_DESCRIPTION:
            continue
        alike = [
            chapter
            for chapter, described in queries.described(
                tx,
                listener_id=sighting.listener_id,
                podcast_url=sighting.episode.podcast_url,
                described=sighting.episode.described,
            )
            if rules.same_episode(described, sighting.episode.described)
            and (chapter.guid is None or sighting.episode.guid is None)  # two guids: two episodes
        ]
        if len(alike) == 1:
            group.known[alike[0].chapter_id] = alike[0]


def _new_chapter(group: _Group) -> queries.NewChapter:
    last = max(group.sightings, key=lambda item: (item.at, item.episode.episode_url))
    guids = [sighting.episode.guid for sighting in group.sightings if sighting.episode.guid]
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
    tx: Tx[Listeners], listener_id: ListenerId, keep: str, former: Sequence[str], resolved: Resolved
) -> None:
    """Merge chapters into another one; their ids still work."""
    resolved.tombstones.update(queries.merge(tx, listener_id=listener_id, keep=keep, gone=former))
    queries.insert_keys(
        tx,
        keys=[
            queries.NewKey(listener_id, rules.chapter_key("alias", "", text), keep, "alias", text)
            for text in former
        ],
    )
    resolved.merged.add((listener_id, keep))
    resolved.ids.update({(listener_id, text): keep for text in former})


def _learn(
    tx: Tx[Listeners],
    groups: Sequence[_Group],
    chapters: dict[int, str],
    keys: dict[Sighting, list[Key]],
    stored: dict[Key, KnownChapter],
) -> None:
    """Store new keys, and the guids of chapters that had none."""
    fresh: dict[Key, queries.NewKey] = {}
    guids: dict[Chapter, str] = {}
    for number, group in enumerate(groups):
        has_guid = not group.known or any(item.guid for item in group.known.values())
        for sighting in group.sightings:
            values = (("file", sighting.episode.episode_url), ("guid", sighting.episode.guid or ""))
            for key, (kind, value) in zip(keys[sighting], values, strict=False):
                if key not in stored:
                    fresh[key] = queries.NewKey(*key, chapters[number], kind, value)
            if sighting.episode.guid and not has_guid:
                guids[group.listener_id, chapters[number]] = sighting.episode.guid
    if fresh:
        queries.insert_keys(tx, keys=list(fresh.values()))
    if guids:
        queries.set_guids(tx, guids=guids)


def _move(
    tx: Tx[Listeners], groups: Sequence[_Group], chapters: dict[int, str], newest: Newest
) -> None:
    """Keep the newest address of chapters with several (P29)."""
    moving = {
        number: group
        for number, group in enumerate(groups)
        if any(item.moved_at for item in group.known.values())
        or len(
            {sighting.episode.episode_url for sighting in group.sightings}
            | {item.episode_url for item in group.known.values()}
        )
        > 1
    }
    if not moving:
        return
    last = newest([(group.listener_id, chapters[number]) for number, group in moving.items()])
    addresses = []
    for number, group in moving.items():
        chapter = group.listener_id, chapters[number]
        named = [
            (sighting.at, sighting.episode.episode_url, sighting.episode.guid)
            for sighting in group.sightings
        ] + [
            (item.moved_at or last.get(chapter) or item.created_at, item.episode_url, item.guid)
            for item in group.known.values()
            if item.episode_url is not None
        ]
        at, url, guid = max(named, key=lambda item: item[:2])
        addresses.append(queries.Address(*chapter, url, guid, at))
    queries.set_addresses(tx, addresses=addresses)


@dataclass(frozen=True, slots=True)
class Archived:
    """A chapter of an archive, with the kind and value of each of its keys."""

    chapter: queries.NewChapter
    names: tuple[tuple[str, str], ...]


def bring_in(tx: Tx[Listeners], *, archived: Sequence[Archived]) -> dict[str, str]:
    """The chapters of an archive by their ids in it, created where no key matches."""
    keys = {
        archived_row.chapter.chapter_id: [
            queries.NewKey(
                archived_row.chapter.listener_id,
                rules.chapter_key(
                    kind, "" if kind == "alias" else archived_row.chapter.podcast_url or "", value
                ),
                "",
                kind,
                value,
            )
            for kind, value in archived_row.names
        ]
        for archived_row in archived
    }
    stored = queries.by_keys(
        tx, keys=[(key.listener_id, key.key_hash) for each in keys.values() for key in each]
    )
    renamed: dict[str, str] = {}
    for archived_row in archived:
        own = archived_row.chapter.chapter_id
        known = [stored.get((key.listener_id, key.key_hash)) for key in keys[own]]
        renamed[own] = next((each.chapter_id for each in known if each), own)
    queries.insert_chapters(
        tx,
        chapters=[
            archived_row.chapter
            for archived_row in archived
            if renamed[archived_row.chapter.chapter_id] == archived_row.chapter.chapter_id
        ],
    )
    queries.insert_keys(
        tx,
        keys=[replace(key, chapter_id=renamed[own]) for own, each in keys.items() for key in each],
    )
    return renamed
