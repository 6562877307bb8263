"""Identify the episode of an item (R03): by guid, otherwise by file, and across changed guids.

A guid that the catalog does not know is a former episode's new guid when the same file is its file,
its old guid is gone from the feed, and its date or its title is unchanged. Everything else is a
different episode; if two episodes have one file, a notice reports it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from wavehouse.catalog.rules.versions import FeedFile, Place, files_of_feed
from wavehouse.catalog.types.feed import Feed, FeedEpisode
from wavehouse.catalog.types.records import EnclosureVersion, KnownEpisode
from wavehouse.catalog.types.results import ChangedGuid, MovedFile, SharedFile
from wavehouse.kernel.ids import EpisodeId
from wavehouse.kernel.reference import MediaKey, has_media_ending, media_key

LONGEST_GUID = 500


def guid_without_one(url: str, *, whole_query: bool = False) -> str:
    """The identifier of an item without guid: its file, without prefixes and client parameters.

    Use ``whole_query`` when items of a feed differ only by such parameters.
    """
    key = media_key(url, whole_query=whole_query)
    return f"https://{key.host}{key.path}"[:LONGEST_GUID]


def changed_guids(
    feed: Feed,
    known: Mapping[str, KnownEpisode],
    files: Mapping[Place, EnclosureVersion],
) -> list[ChangedGuid]:
    """The episodes of a feed that are stored under another guid."""
    present = {episode.guid for episode in feed.episodes}
    gone: dict[MediaKey, dict[EpisodeId, KnownEpisode]] = defaultdict(dict)
    for guid, key in files:
        if guid not in present and (before := known.get(guid)):
            gone[key.bare][before.episode_id] = before
    for before in known.values():
        if before.guid not in present:
            gone[media_key(before.audio_url).bare][before.episode_id] = before
    changed_guids: list[ChangedGuid] = []
    taken: set[EpisodeId] = set()
    for episode in feed.episodes:
        if episode.guid in known:
            continue
        candidates = [
            before
            for before in gone.get(media_key(episode.enclosure.url).bare, {}).values()
            if before.episode_id not in taken and _is_the_same(before, episode)
        ]
        if len(candidates) == 1:
            before = candidates[0]
            taken.add(before.episode_id)
            changed_guids.append(
                ChangedGuid(before.episode_id, episode.title, before.guid, episode.guid)
            )
    return changed_guids


def _is_the_same(before: KnownEpisode, episode: FeedEpisode) -> bool:
    """A shared file is not enough: some shows publish every episode under one address."""
    same_query = _query_of(before.audio_url) == _query_of(episode.enclosure.url)
    is_script = not has_media_ending(media_key(episode.enclosure.url).bare.path)
    if is_script and not same_query:
        return False
    same_title = before.title.casefold().strip() == episode.title.casefold().strip()
    return same_title or before.publish_date == episode.published_at


def _query_of(url: str) -> str:
    return media_key(url).path.partition("?")[2]


def moved_files(
    feed_files: Iterable[FeedFile], current: Mapping[Place, EnclosureVersion]
) -> list[MovedFile]:
    """Known files whose query changed while host and path stayed.

    Only where the episode has one file there, before and now; otherwise the query distinguishes
    files.
    """
    now: dict[tuple[str, MediaKey], set[MediaKey]] = defaultdict(set)
    before: dict[tuple[str, MediaKey], set[MediaKey]] = defaultdict(set)
    for file in feed_files:
        now[file.guid, file.key.bare].add(file.key)
    for guid, key in current:
        before[guid, key.bare].add(key)
    moved = []
    for address, keys in now.items():
        olds = before.get(address, set())
        if len(keys) == len(olds) == 1 and keys != olds:
            (old,), (new,) = olds, keys
            moved.append(MovedFile(address[0], new.host, old.path, new.path))
    return moved


def shared_files(feed: Feed) -> tuple[SharedFile, ...]:
    """Files that several items of a feed name."""
    titles = {episode.guid: episode.title for episode in feed.episodes}
    guids: dict[MediaKey, list[str]] = defaultdict(list)
    for file in files_of_feed(feed):
        guids[file.key].append(file.guid)
    return tuple(
        SharedFile(f"{key.host}{key.path}", tuple(titles[guid] for guid in those))
        for key, those in guids.items()
        if len(those) > 1
    )
