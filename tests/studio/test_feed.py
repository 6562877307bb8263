"""The feed and its files: valid, readable by our own reader, private with a token."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from mutagen.mp3 import MP3
from tests.studio.conftest import Studio
from tests.studio.making import ADDRESS, Maker

from wavehouse import catalog, studio
from wavehouse.kernel.errors import NotFound
from wavehouse.studio.rules.feed import (
    PODCAST,
    FeedFile,
    FeedItem,
    FeedPerson,
    FeedShow,
    feed,
    podcast_guid,
)
from wavehouse.studio.service import planning, production, publishing
from wavehouse.studio.service.generation.places import place_of
from wavehouse.studio.types.production import Visibility
from wavehouse.web.live import live_app

READER: Any = MP3
ITEM = FeedItem(
    guid="71be411e-4b90-8228-8750-8fcbbd754fca",
    title="Pane & mare <due>",
    description="Uno\n\nDue \x07",
    audio_url="https://pod.example/a.mp3",
    audio_bytes=1234,
    seconds=83,
    published_at=datetime(2026, 11, 20, 6, tzinfo=UTC),
    number=2,
    season=1,
    chapters=FeedFile("https://pod.example/a.chapters.json", "application/json+chapters"),
    transcripts=(FeedFile("https://pod.example/a.vtt", "text/vtt"),),
)
SHOW = FeedShow(
    guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
    title="Caffè",
    description="Mattina",
    language="it",
    author="Giulia",
    owner_email="",
    explicit=False,
    feed_url="https://pod.example/feed.xml",
    site_url="https://pod.example",
    persons=(FeedPerson("Giulia"), FeedPerson("Marco", "guest")),
    frequency=("FREQ=WEEKLY;BYDAY=MO,TH", "Monday and Thursday at 06:00 (Europe/Rome)"),
    private=False,
    items=(ITEM,),
)
REQUIRED = {
    "locked": ("owner",),
    "transcript": ("url", "type"),
    "chapters": ("url", "type"),
    "season": ("name",),
}
"""Attributes that the namespace's schema requires for the emitted elements."""
KNOWN = {
    "guid",
    "locked",
    "medium",
    "updateFrequency",
    "person",
    "season",
    "episode",
    "transcript",
    "chapters",
}


@pytest.fixture
def maker(room: Studio) -> Maker:
    """A worker with the store that the web serves."""
    maker = Maker(room, Path("unused"))
    workspace = room.workspace
    maker.place = place_of(workspace.stores.operational, workspace.settings)
    return maker


def test_every_element_of_the_namespace_has_what_its_schema_requires() -> None:
    """Required attributes, limited texts, numbers; special characters stay, controls do not."""
    tree = etree.fromstring(feed(SHOW))

    ours = [node for node in tree.iter() if str(node.tag).startswith(f"{{{PODCAST}}}")]
    names = {etree.QName(node).localname for node in ours}
    assert names == KNOWN
    for node in ours:
        for attribute in REQUIRED.get(etree.QName(node).localname, ()):
            assert attribute in node.attrib, node.tag
        assert len(node.text or "") <= 128
    assert "Pane & mare <due>" == tree.findtext(".//item/title")
    assert feed(SHOW) == feed(SHOW)


def test_our_own_reader_finds_everything_that_was_emitted() -> None:
    """Guid, person, season, episode, transcript, chapters, enclosure, frequency."""
    read: Any = catalog.parse_feed(feed(SHOW), location=SHOW.feed_url, charset="utf-8", name="x")

    assert (SHOW.guid, "Caffè", "it") == (read.podcast_guid, read.title, read.language)
    (episode,) = read.episodes
    assert (ITEM.guid, ITEM.title) == (episode.guid, episode.title)
    assert (ITEM.published_at, ITEM.seconds) == (episode.published_at, episode.duration_seconds)
    assert ITEM.audio_url == episode.enclosure.url
    assert ["Giulia", "Marco"] == [person.name for person in episode.persons]
    assert [ITEM.transcripts[0].url] == [each.url for each in episode.transcripts]
    assert ITEM.chapters.url == episode.chapters.url
    assert (1, 2) == (int(episode.season.number), int(episode.episode.number))


def test_the_guid_of_a_feed_is_the_one_that_the_definition_computes() -> None:
    """The example from the namespace's documentation, for any scheme and final slash."""
    expected = "917393e3-1b1e-5cef-ace4-edaa54e1f810"

    assert expected == podcast_guid("https://mp3s.nashownotes.com/pc20rss.xml")
    assert expected == podcast_guid("http://mp3s.nashownotes.com/pc20rss.xml/")


def test_what_is_published_is_served_with_its_length_and_in_ranges(maker: Maker) -> None:
    """Feed, audio, transcript, chapters; a part of the audio; the enclosure's length is correct."""
    project = maker.project()
    made = maker.make(project)
    maker.room.act(
        planning.set_cadence,
        project_id=project.project_id,
        config={"days": ["MO"], "times": ["06:00"], "tz": "Europe/Rome"},
    )
    client = TestClient(live_app(maker.room.workspace), base_url="http://localhost")
    folder = f"/studio/feeds/{project.project_id}"

    tree = etree.fromstring(client.get(f"{folder}/feed.xml").content)

    enclosure = tree.find(".//item/enclosure")
    assert enclosure is not None
    audio = f"{folder}/{made.episode_id}.mp3"
    whole = client.get(audio)
    assert (200, "audio/mpeg") == (whole.status_code, whole.headers["content-type"])
    assert int(enclosure.get("length", "0")) == len(whole.content)
    part = client.get(audio, headers={"Range": "bytes=100-199"})
    assert (206, whole.content[100:200]) == (part.status_code, part.content)
    assert f"bytes 100-199/{len(whole.content)}" == part.headers["content-range"]
    assert 416 == client.get(audio, headers={"Range": "bytes=99999999-"}).status_code
    head = client.head(audio)
    assert (200, str(len(whole.content))) == (head.status_code, head.headers["content-length"])
    same = client.get(audio, headers={"If-None-Match": whole.headers["etag"]})
    assert 304 == same.status_code
    chapters = client.get(f"{folder}/{made.episode_id}.chapters.json").json()["chapters"]
    transcript = client.get(f"{folder}/{made.episode_id}.json").json()["segments"]
    assert chapters[-1]["endTime"] == pytest.approx(length_of(whole.content), abs=0.1)
    assert transcript[0]["startTime"] == chapters[0]["startTime"]
    assert client.get(f"{folder}/{made.episode_id}.vtt").text.startswith("WEBVTT")
    for wrong in (f"{made.episode_id}.wav", f"{UUID(int=1)}.mp3", "..%2f..%2fsecret.toml"):
        assert client.get(f"{folder}/{wrong}").status_code in (404, 422)


def test_a_private_feed_needs_its_token_and_a_new_token_ends_the_old_one(maker: Maker) -> None:
    """Only a hash is stored; all wrong addresses get one answer; the catalog has no token."""
    project = maker.project()
    maker.make(project)
    ask = {"project_id": project.project_id, "visibility": Visibility.PRIVATE}
    token = maker.room.act(production.set_visibility, **ask)
    client = TestClient(live_app(maker.room.workspace), base_url="http://localhost")
    folder = f"/studio/feeds/{project.project_id}"

    private = client.get(f"{folder}/{token}/feed.xml")

    assert 200 == private.status_code
    enclosure = etree.fromstring(private.content).find(".//item/enclosure")
    assert enclosure is not None
    address = str(enclosure.get("url"))
    assert 200 == client.get(address[address.index("/studio") :]).status_code
    assert "private" in private.headers["cache-control"]
    open_path = address[address.index("/studio") :].replace(f"/{token}", "")
    for wrong in (f"{folder}/feed.xml", open_path, f"{folder}/{'x' * 32}/feed.xml"):
        assert 404 == client.get(wrong).status_code
    newer = maker.room.act(production.set_visibility, **ask)
    assert 404 == client.get(f"{folder}/{token}/feed.xml").status_code
    assert 200 == client.get(f"{folder}/{newer}/feed.xml").status_code
    stored = f"SELECT count(*) FROM catalog.episodes WHERE audio_url LIKE '%{token}%'"
    assert 0 == maker.count(stored)
    with pytest.raises(NotFound, match="there is no such feed"):
        publishing.opened_feed(
            maker.place.operational, project_id=project.project_id, token="wrong"
        )


def test_the_episode_is_counted_in_the_catalogue_with_measured_facts(maker: Maker) -> None:
    """Bytes, header and duration are known, so its downloads can be counted by the rules."""
    project = maker.project()
    made = maker.make(project)

    episode = maker.room.act(studio.show_episode, episode_id=made.episode_id)

    measured = f"""
      SELECT count(*) FROM catalog.enclosures
      WHERE episode_id = '{episode.catalog_episode_id}' AND bytes > 100000
        AND header_bytes > 100 AND duration_ms > 10000
    """
    assert 1 == maker.count(measured)
    shows = maker.room.act(catalog.list_podcasts)
    assert ["Caffè Corrente"] == [show.title for show in shows]
    assert ADDRESS.startswith("https")


def length_of(content: bytes) -> float:
    read = READER(io.BytesIO(content))
    return float(read.info.length)
