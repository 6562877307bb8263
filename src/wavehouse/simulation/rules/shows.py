"""From a script and a calendar to a show: its episodes, and the sizes of their files."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from wavehouse.simulation.rules.scenes import EARLY, SCENES, SHORT
from wavehouse.simulation.rules.sizes import hls, rendition
from wavehouse.simulation.rules.texts import SCRIPTS, Script
from wavehouse.simulation.types import Episode, Rendition, Settings, Show

WEEKS_BEFORE = 12
PODCAST_NAMESPACE = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
RULES_KEY = "simrules"
TRACKERS = "https://dts.podtrac.com/redirect.mp3/op3.dev/e/prefix.wavehouse.example/wh/e/"
"""The prefixes before Offcut's enclosures; the last one has the form of our own redirect."""


def feed_url(key: str) -> str:
    """The address of a show's feed."""
    return f"https://{key}.example/feed.xml"


def podcast_guid(key: str) -> str:
    """The podcast:guid: UUIDv5 of the feed's address without its scheme."""
    return str(uuid5(PODCAST_NAMESPACE, feed_url(key).removeprefix("https://")))


def ordinary_shows(settings: Settings) -> tuple[Show, ...]:
    """The shows for ordinary traffic."""
    return tuple(_show(_script(number), settings) for number in range(settings.shows))


def _script(number: int) -> Script:
    """A hand-written script; from the fourth show on, a local edition of one."""
    script = SCRIPTS[number % len(SCRIPTS)]
    edition = number // len(SCRIPTS) + 1
    if edition == 1:
        return script
    return Script(
        f"{script.key}{edition}", f"{script.title} {edition}", script.author, script.description,
        script.category, script.people, (script.weekday + edition) % 7, script.latest,
        script.minutes, script.weight * 0.5, script.stories,
    )  # fmt: skip


def _show(script: Script, settings: Settings) -> Show:
    newest = settings.until - timedelta(days=(settings.until.weekday() - script.weekday) % 7)
    weeks = (newest - settings.first_day).days // 7 + 1 + WEEKS_BEFORE
    latest = max(script.latest, weeks)
    episodes = tuple(
        _episode(script, latest - age, age, newest - timedelta(weeks=age))
        for age in reversed(range(weeks))
    )
    return Show(
        script.key, podcast_guid(script.key), script.title, script.author, script.description,
        script.category, "en", f"https://{script.key}.example/", script.people, episodes,
        script.weight,
    )  # fmt: skip


def _episode(script: Script, number: int, age: int, day: date) -> Episode:
    title, summary = script.stories[age % len(script.stories)]
    if age >= len(script.stories):
        title, summary = f"{title} (from the archive)", f"Heard again: {summary}"
    low, high = script.minutes
    seconds = low * 60 + (number * 7919 + 401) % ((high - low) * 60)
    # A picture in the ID3 header: 60 to 400 kB, different for each episode.
    header = 60_000 + number * 104_729 % 340_000
    host, path = f"media.{script.key}.example", f"/episodes/{number:03}-{_slug(title)}.mp3"
    prefix = TRACKERS if script.key.startswith("offcut") else "https://"
    media = rendition(f"{prefix}{host}{path}", host=host, path=path, seconds=seconds, header=header)
    return Episode(
        guid=str(uuid5(NAMESPACE_URL, f"https://{host}{path}")),
        number=number,
        title=title,
        summary=summary,
        published=datetime.combine(day, time(4, 30), UTC),
        media=media,
        alternates=(_alternate(host, path, seconds),),
    )


def _alternate(host: str, path: str, seconds: int) -> Rendition:
    """The small AAC file of the same episode."""
    other = path.replace(".mp3", ".m4a")
    return rendition(
        f"https://{host}{other}", host=host, path=other, kind="audio/mp4",
        seconds=seconds, kbps=64, header=24_000,
    )  # fmt: skip


def _slug(title: str) -> str:
    """A title as a file name: no accents, no apostrophes, hyphens between the words."""
    bare = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    kept = "".join(c if c.isalnum() else " " for c in bare.replace("'", ""))
    return "-".join(kept.split())


def rules_show(settings: Settings) -> Show:
    """The show with one episode for each counting rule."""
    host = f"media.{RULES_KEY}.example"
    published = datetime.combine(settings.first_day - timedelta(days=3), time(6), UTC)
    after = datetime.combine(settings.until + timedelta(days=1), time(6), UTC)
    episodes = tuple(
        _rule_episode(
            rule, index, host, (after if rule in EARLY else published) + timedelta(minutes=index)
        )
        for index, rule in enumerate(SCENES)
    )
    return Show(
        RULES_KEY, podcast_guid(RULES_KEY), "Sim rules", "Wavehouse",
        "One episode for each counting rule, heard by listeners who test that rule.",
        "Technology", "en", f"https://{RULES_KEY}.example/", (("The Oracle", "host"),), episodes,
    )  # fmt: skip


def _rule_episode(rule: str, index: int, host: str, published: datetime) -> Episode:
    path = f"/episodes/{rule.lower()}.mp3"
    # R27's numbers need a threshold between 900,000 and 1,000,000: 20,000 and 960,000 bytes.
    header = 20_000 if rule == "R27" else 80_000 + 1000 * index
    seconds = 45 if rule in SHORT else 20 * 60 + index
    scene: object = SCENES[rule]
    prefix = TRACKERS if rule == "R03" else "https://"
    sentence = (getattr(scene, "__doc__", "") or "").split("\n")[0]
    return Episode(
        guid=f"sim-{rule}",
        number=index + 1,
        title=sentence.rstrip("."),
        summary=sentence,
        published=published,
        media=rendition(
            f"{prefix}{host}{path}", host=host, path=path, seconds=seconds, header=header
        ),
        alternates=(_alternate(host, path, seconds), *_streams(rule, host, seconds)),
    )


def _streams(rule: str, host: str, seconds: int) -> tuple[Rendition, ...]:
    """R13's episode is served as HLS too."""
    return (hls(host=host, path="/hls/r13/index.m3u8", seconds=seconds),) if rule == "R13" else ()


def media_table(shows: tuple[Show, ...]) -> dict[str, dict[str, Any]]:
    """The input of ``ingest feed --media``: sizes by address, with and without prefixes."""
    table: dict[str, dict[str, Any]] = {}
    for show in shows:
        for episode in show.episodes:
            for file in episode.renditions:
                sizes = _sizes(file)
                table[file.url] = sizes
                table[f"https://{file.host}{file.path}"] = sizes
    return table


def _sizes(file: Rendition) -> dict[str, Any]:
    if file.segments:
        return {
            "segments": [
                {"uri": s.path.rpartition("/")[2], "duration_ms": s.duration_ms, "bytes": s.bytes}
                for s in file.segments
            ]
        }
    return {
        "bytes": file.bytes,
        "header_bytes": file.header_bytes,
        "duration_ms": file.duration_ms,
    }


def newest_first(show: Show) -> list[Episode]:
    """The episodes in feed order."""
    return sorted(show.episodes, key=lambda episode: episode.published, reverse=True)
