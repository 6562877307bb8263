"""R13: HLS is counted by the time of its distinct segments; a playlist adds none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import acting

from wavehouse import catalog, measurement
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput

from .conftest import DAY, NOW, Hit, LogBench, item

PLAYLIST = "https://media.example/hls/index.m3u8"
STREAM = (
    '<podcast:alternateEnclosure type="application/x-mpegURL" length="900">'
    f'<podcast:source uri="{PLAYLIST}"/></podcast:alternateEnclosure>'
)
SEGMENTS = [{"uri": f"{n}.ts", "duration_ms": 6_000, "bytes": 90_000} for n in range(20)]
MEDIA: dict[str, Any] = {PLAYLIST: {"segments": SEGMENTS}}


@pytest.fixture
def stream_desk(workspace: Any, tmp_path: Path) -> Iterator[LogBench]:
    """A helper whose episode is also served as HLS."""
    with clock.frozen(NOW):
        made = LogBench(workspace, tmp_path)
        made.register(item("one", "https://media.example/one.mp3", more=STREAM), MEDIA)
        yield made


def segments(hit: Hit, *numbers: int, **changes: Any) -> list[Hit]:
    """Whole segments, each a 200."""
    return [hit.but(path=f"/hls/{n}.ts", size=90_000, **changes) for n in numbers]


def test_r13_distinct_segments_of_a_minute_are_a_download(stream_desk: Any, hit: Any) -> None:
    """Ten of six seconds, anywhere in the programme; nine are too few, and so are ten of one."""
    playlist = hit.but(path="/hls/index.m3u8", size=900)
    nine, same = hit.but(ip="198.51.100.1"), hit.but(ip="198.51.100.2")
    stream_desk.judge(
        playlist, *segments(hit, *range(5, 15)), *segments(nine, *range(9)),
        *segments(same, *[3] * 12), *[playlist.but(ip="198.51.100.3")] * 5,
    )  # fmt: skip

    assert ({"one": 1}, {}) == (stream_desk.downloads("episode"), stream_desk.filtered())
    traced = acting.operational(
        stream_desk.place, measurement.trace, first=DAY, last=DAY, limit=100
    )
    assert {"counted": 11, "below_threshold": 26} == {
        outcome: sum(r.outcome == outcome for r in traced)
        for outcome in ("counted", "below_threshold")
    }
    assert {60_000, 54_000, 6_000, 0} == {r.unit_bytes for r in traced}


def test_r13_a_segment_that_was_sent_in_part_counts_in_part(stream_desk: Any, hit: Any) -> None:
    """Nine and a half segments are 57 s; two halves by 206 are a whole one."""
    *nine, last = segments(hit, *range(10))
    stream_desk.judge(*nine, last.but(size=45_000))
    assert 0 == stream_desk.total()

    stream_desk.judge(last.part(45_000, 89_999))
    assert 1 == stream_desk.total()


def test_r13_segments_that_were_read_before_the_feed_are_adopted(
    workspace: Any, tmp_path: Path, hit: Any
) -> None:
    """Their bytes become time when the playlist is known; a part counts in part."""
    with clock.frozen(NOW):
        desk = LogBench(workspace, tmp_path)
        desk.register(item("one", "https://media.example/one.mp3"), {})
        *nine, last = segments(hit, *range(10))
        desk.judge(*nine, last.but(size=45_000), hit.but(path="/hls/index.m3u8", size=900))
        assert {"unknown_path": 11} == desk.filtered()

        desk.register(item("one", "https://media.example/one.mp3", more=STREAM), MEDIA)
        desk.count()
        assert ({}, 0) == (desk.filtered(), desk.total())
        desk.judge(last.part(45_000, 89_999))
        assert 1 == desk.total()


def test_r13_a_playlist_is_no_media_file_even_if_it_is_the_enclosure(
    workspace: Any, tmp_path: Path, hit: Any
) -> None:
    """Even when the feed states its length, a whole fetch adds 0."""
    with clock.frozen(NOW):
        desk = LogBench(workspace, tmp_path)
        desk.register(item("one", PLAYLIST, 900), {})
        desk.judge(hit.but(path="/hls/index.m3u8", size=900))
        assert (0, {"below_threshold": 1}) == (desk.total(), desk.outcomes())


def test_r13_media_files_describe_renditions(tmp_path: Path) -> None:
    """Segments in their order, relative to the playlist; errors are reported."""
    path = tmp_path / "media.json"
    path.write_text(json.dumps(MEDIA))
    facts = catalog.read_media_file(path)[PLAYLIST]

    assert (120_000, 0, 120_000, 20) == (
        facts.bytes, facts.header_bytes, facts.duration_ms, len(facts.segments),
    )  # fmt: skip
    assert ("https://media.example/hls/1.ts", 6_000) == (
        facts.segments[1].url, facts.segments[1].start_ms,
    )  # fmt: skip
    refused: tuple[dict[str, object], ...] = (
        {"segments": []}, {"segments": [{"uri": "a"}]}, {"segments": [{"duration_ms": 1}]},
        {"segments": SEGMENTS, "bytes": 1}, {"segments": [{**SEGMENTS[0], "x": 1}]},
    )  # fmt: skip
    for wrong in refused:
        path.write_text(json.dumps({PLAYLIST: wrong}))
        with pytest.raises(InvalidInput, match=r"index\.m3u8"):
            catalog.read_media_file(path)
