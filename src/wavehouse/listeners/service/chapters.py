"""Use case: what clients call an episode, found again as a chapter (P29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavehouse.kernel.grouping import Grouped
from wavehouse.kernel.ids import named
from wavehouse.listeners import rules
from wavehouse.listeners.queries import chapters as queries
from wavehouse.listeners.types import Described
from wavehouse.store import Database, Listeners, Tx

NOTHING_TOLD = Described()


@dataclass(frozen=True, slots=True)
class Episode:
    """What a client calls an episode: its feed, its file, its guid if it told one."""

    podcast_url: str
    episode_url: str
    guid: str | None = None
    described: Described = NOTHING_TOLD


def finder(database: Database[Listeners]) -> Grouped[tuple[Episode, ...], dict[Episode, str]]:
    """Find the chapters of what is asked for at the same time together."""

    def found(asked: Sequence[tuple[Episode, ...]]) -> list[dict[Episode, str]]:
        known = find_chapters(database, [one for each in asked for one in each])
        return [known] * len(asked)

    return Grouped(found)


def find_chapters(database: Database[Listeners], episodes: Sequence[Episode]) -> dict[Episode, str]:
    """The chapter of each episode, made known if need be (P29).

    By guid, else by file, else by two of date, link and title, within its feed.
    """
    wanted = list(dict.fromkeys(episodes))
    with database.worker() as tx:
        found = _known(tx, wanted)
        new = [one for one in wanted if one not in found]
        if new:
            items = [
                (
                    str(named("chapter", one.podcast_url, one.guid or one.episode_url)),
                    one.podcast_url,
                    one.episode_url,
                    one.guid,
                    one.described.title,
                    one.described.link,
                    one.described.published_at,
                )
                for one in new
            ]
            queries.save_media_items(tx, items=items)
            found |= {one: item[0] for one, item in zip(new, items, strict=True)}
    return found


def _known(tx: Tx[Listeners], episodes: Sequence[Episode]) -> dict[Episode, str]:
    rows = queries.known_items(
        tx,
        podcast_urls=[one.podcast_url for one in episodes],
        episode_urls=[one.episode_url for one in episodes],
        guids=[one.guid for one in episodes if one.guid],
    )
    by_guid = {(podcast, guid): chapter for podcast, _, chapter, guid in rows if guid}
    by_file = {(podcast, episode): (chapter, guid) for podcast, episode, chapter, guid in rows}
    found = {}
    for one in episodes:
        chapter = by_guid.get((one.podcast_url, one.guid)) if one.guid else None
        if chapter is None and (one.podcast_url, one.episode_url) in by_file:
            chapter, guid = by_file[one.podcast_url, one.episode_url]
            if one.guid and guid is None:
                queries.set_guid(tx, chapter_id=chapter, guid=one.guid)
        if chapter is None and one.described != NOTHING_TOLD:
            chapter = _by_description(tx, one)
        if chapter is not None:
            found[one] = chapter
    return found


def _by_description(tx: Tx[Listeners], episode: Episode) -> str | None:
    """The one episode of the feed that is described alike; of several none is taken."""
    alike = [
        chapter
        for chapter, guid, described in queries.described_items(
            tx, podcast_url=episode.podcast_url, described=episode.described
        )
        if rules.same_episode(described, episode.described)
        and (guid is None or episode.guid is None)  # two guids are two episodes
    ]
    return alike[0] if len(alike) == 1 else None
