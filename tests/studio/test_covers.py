"""Covers: generated or uploaded, in the feed, in the file's tag, read by another library."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from mutagen.id3 import ID3
from tests.studio.conftest import Studio
from tests.studio.making import Maker

from wavehouse import catalog
from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.rules.covers import LARGEST, SIDE, checked_cover, plain_cover
from wavehouse.studio.rules.feed import ITUNES
from wavehouse.studio.service import generating, production
from wavehouse.studio.service.generation.places import place_of
from wavehouse.web.live import live_app

READ_TAG: Any = ID3


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG of this size."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + bytes(30)


def jpeg(width: int, height: int) -> bytes:
    """The beginning of a JPEG of this size, with a comment before its frame header."""
    frame = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(12)
    return b"\xff\xd8\xff\xfe\x00\x06abcd" + frame


@pytest.fixture
def maker(room: Studio) -> Maker:
    """A worker with the store that the web serves."""
    maker = Maker(room, Path("unused"))
    workspace = room.workspace
    maker.place = place_of(workspace.stores.operational, workspace.settings)
    return maker


def test_a_generated_cover_is_a_valid_png_with_the_same_bytes_everywhere() -> None:
    """The checksum of one title is pinned: no compressor of the machine has a part in it."""
    cover = plain_cover("Caffè in piazza")

    assert "image/png" == cover.media_type
    assert cover == checked_cover(cover.content)
    chunks, at = {}, 8
    while at < len(cover.content):
        (size,) = struct.unpack(">I", cover.content[at : at + 4])
        name, body = cover.content[at + 4 : at + 8], cover.content[at + 8 : at + 8 + size]
        assert zlib.crc32(name + body) == int.from_bytes(cover.content[at + 8 + size :][:4])
        chunks[name], at = body, at + 12 + size
    assert [b"IHDR", b"PLTE", b"IDAT", b"IEND"] == list(chunks)
    assert SIDE * (SIDE // 4 + 1) == len(zlib.decompress(chunks[b"IDAT"]))
    assert PINNED == hashlib.sha256(cover.content).hexdigest()
    assert plain_cover("Mattina").content != cover.content
    assert len(cover.content) < 16_000


PINNED = "e6c9a23beccd6a717252392138d91aba695976e5dbe100c369f3151192b585cc"


def test_the_generated_cover_shows_bars_of_two_colours_in_the_middle() -> None:
    """Its rows are decoded as the PNG specification says: filter 2 adds the row above."""
    content = plain_cover("Caffè in piazza").content
    size = struct.unpack(">I", content[content.index(b"IDAT") - 4 :][:4])[0]
    packed = zlib.decompress(content[content.index(b"IDAT") + 4 :][:size])
    width = SIDE // 4
    rows, above = [], bytes(width)
    for at in range(0, len(packed), width + 1):
        assert 2 == packed[at]
        line = packed[at + 1 : at + 1 + width]
        above = bytes((a + b) & 0xFF for a, b in zip(line, above, strict=True))
        rows.append([byte >> shift & 3 for byte in above for shift in (6, 4, 2, 0)])

    middle = rows[SIDE // 2]
    assert {0: SIDE - 17 * 40, 1: 16 * 40, 2: 40} == {n: middle.count(n) for n in (0, 1, 2)}
    assert {0} == set(rows[0]) == set(rows[-1])
    assert rows == rows[::-1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a PNG or JPEG picture"),
        (b"GIF89a" + bytes(50), "is not a PNG or JPEG picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a PNG or JPEG picture"),
        (png(1400, 1400)[:20], "is not a PNG or JPEG picture"),
        (b"\xff\xd8\xff\xe0\x00\x00", "is not a PNG or JPEG picture"),
        (b"\xff\xd8\xff\xe0" * 9, "is not a PNG or JPEG picture"),
        (png(1400, 900), "has 1400 × 900 pixels"),
        (png(64, 64), "has 64 × 64 pixels"),
        (jpeg(4000, 4000), "has 4000 × 4000 pixels"),
        (png(1400, 1400) + bytes(LARGEST), "at most 1,048,576 are allowed"),
    ],
)
def test_an_unusable_cover_is_refused_with_a_sentence(content: bytes, message: str) -> None:
    """No picture, another format, cut off, not square, too small, too large."""
    with pytest.raises(InvalidInput, match=message):
        checked_cover(content)


def test_the_cover_is_in_the_feed_in_the_catalogue_and_in_the_file(maker: Maker) -> None:
    """Generated at first; an uploaded one has a new address and re-runs encoding only."""
    project = maker.project()
    made = maker.make(project)
    client = TestClient(live_app(maker.room.workspace), base_url="http://localhost")
    folder = f"/studio/feeds/{project.project_id}"

    def address() -> str:
        tree = etree.fromstring(client.get(f"{folder}/feed.xml").content)
        image = tree.find(f".//{{{ITUNES}}}image")
        assert image is not None
        return str(image.get("href"))

    def tag() -> Any:
        content = client.get(f"{folder}/{made.episode_id}.mp3").content
        (picture,) = READ_TAG(io.BytesIO(content)).getall("APIC")
        return picture

    generated, plain = address(), plain_cover(project.title)
    served = client.get(generated[generated.index("/studio") :])
    assert (200, "image/png") == (served.status_code, served.headers["content-type"])
    assert plain.content == served.content
    assert ("image/png", 3, plain.content) == (tag().mime, int(tag().type), tag().data)
    (show,) = maker.room.act(catalog.list_podcasts)
    stored = "SELECT count(*) FROM catalog.podcasts WHERE image_url LIKE '%/cover-%'"
    assert (1, project.title) == (maker.count(stored), show.title)

    mine = jpeg(1400, 1400)
    for content in (mine, mine):
        maker.room.act(
            production.set_cover,
            project_id=project.project_id,
            content=content,
            store=maker.place.store,
        )
    uploaded = address()
    assert uploaded != generated
    assert uploaded.endswith(".jpg")
    assert mine == client.get(uploaded[uploaded.index("/studio") :]).content
    assert 404 == client.get(generated[generated.index("/studio") :]).status_code
    maker.room.act(generating.regenerate_episode, episode_id=made.episode_id)
    maker.work()
    assert ("image/jpeg", mine) == (tag().mime, tag().data)
    after = maker.steps(made.episode_id)  # type: ignore[arg-type]
    assert ("skipped", "completed") == (after["assemble", 0].status, after["encode", 0].status)
    maker.room.act(
        production.set_cover, project_id=project.project_id, content=None, store=maker.place.store
    )
    assert generated == address()
