"""The media type of a private feed's files: enclosure and Content-Type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import feedparser
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from tests.entitlements.test_feeds import FEED, Show, show_at
from tests.serving import served

from wavehouse.entitlements.rules import media
from wavehouse.workspace import Workspace

Served = Callable[[str, str, str], Show]


@pytest.mark.parametrize(
    ("expected", "address", "catalogued"),
    [
        ("audio/mpeg", "https://m.example/1.mp3", None),
        ("audio/mp4", "https://m.example/1.M4A?token=1.mp3", None),
        ("video/mp4", "https://m.example/1.mp4", None),
        ("audio/mp4", "https://m.example/1.mp4", "audio/mp4"),
        ("audio/aac", "https://m.example/1.aac#t=5", ""),
        ("audio/ogg", "https://m.example/1.ogg", "application/octet-stream"),
        ("audio/ogg", "https://m.example/1.opus", "text/html"),
        ("audio/wav", "https://m.example/a%2Ewav", None),
        ("audio/flac", "https://m.example/1.mp3/1.flac", None),
        ("audio/x-m4a", "https://m.example/1", " Audio/X-M4A; codecs=aac "),
        ("audio/mpeg", "https://m.example/1", None),
        ("audio/mpeg", "https://m.example/1.exe", "audio/"),
        ("audio/mpeg", "https://[m.example/1.flac", None),
    ],
)
def test_the_catalogue_knows_the_type_or_the_ending_or_it_is_mp3(
    expected: str, address: str, catalogued: str | None
) -> None:
    """Only audio and video types count; queries, fragments and capitals do not matter."""
    assert expected == media.type_of(address, catalogued)


@pytest.fixture
def shows(workspace: Workspace, tmp_path: Path) -> Iterator[Served]:
    """A show of one file: its ending, the type in the feed, and that which its server sends."""
    sent: list[str] = []
    app = FastAPI()

    @app.get("/one{ending}")
    def one(ending: str) -> Response:
        return Response(b"bytes of " + ending.encode(), headers={"Content-Type": sent[-1]})

    with served(app) as url:

        def make(ending: str, in_feed: str, by_server: str) -> Show:
            sent.append(by_server)
            feed = FEED.format(origin=url).replace("one.mp3", f"one{ending}")
            return show_at(workspace, tmp_path, feed.replace("audio/mpeg", in_feed))

        yield make


@pytest.mark.parametrize(
    ("ending", "in_feed", "by_server", "enclosed", "sent"),
    [
        (".m4a", "audio/x-m4a", "application/octet-stream", "audio/x-m4a", "audio/x-m4a"),
        (".opus", "application/octet-stream", "binary/octet-stream", "audio/ogg", "audio/ogg"),
        (".flac", "", "audio/flac", "audio/flac", "audio/flac"),
        (".m4a", "audio/mp4", "text/html", "audio/mp4", "application/octet-stream"),
    ],
)
def test_enclosures_and_bytes_have_the_type_of_the_file(
    shows: Served, ending: str, in_feed: str, by_server: str, enclosed: str, sent: str
) -> None:
    """A server that knows no type gets the known one; a page stays bytes. The address is stable."""
    show = shows(ending, in_feed, by_server)
    token = show.token()
    (entry,) = feedparser.parse(show.feed(token).text).entries
    answer = show.client.get(show.stream(token))

    assert enclosed == entry.enclosures[0].type
    assert show.enclosure(token).partition("?")[0].endswith(".mp3")
    assert (200, sent) == (answer.status_code, answer.headers["content-type"])
