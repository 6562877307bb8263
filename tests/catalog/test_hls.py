"""HLS playlists: segments with their time, variants, byte ranges, initialization (R13)."""

from __future__ import annotations

from wavehouse.catalog.rules.hls import facts_of, is_playlist, read_playlist

URL = "https://media.example/hls/index.m3u8"
MEDIA = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MAP:URI="init.mp4"
#EXTINF:6.006,
seg-0.m4s
#EXTINF:6.006,a title
seg-1.m4s
#EXTINF:3,
/other/seg-2.m4s
#EXT-X-ENDLIST
"""
MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="it",URI="audio/it.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=64000
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000
high.m3u8?v=1
"""
RANGES = """#EXTM3U
#EXTINF:6,
#EXT-X-BYTERANGE:1000@0
all.ts
#EXTINF:6,
#EXT-X-BYTERANGE:500
all.ts
"""


def test_r13_segments_have_their_place_in_the_programme() -> None:
    """Positions are rounded on the timeline, so that fractions do not accumulate."""
    playlist = read_playlist(MEDIA, URL)

    assert playlist is not None
    assert [
        ("https://media.example/hls/init.mp4", 0, 0),
        ("https://media.example/hls/seg-0.m4s", 0, 6006),
        ("https://media.example/hls/seg-1.m4s", 6006, 6006),
        ("https://media.example/other/seg-2.m4s", 12012, 3000),
    ] == [(s.url, s.start_ms, s.duration_ms) for s in playlist.segments]
    assert (15_012, 0, 15_012) == (
        (facts := facts_of(playlist.segments)).bytes, facts.header_bytes, facts.duration_ms,
    )  # fmt: skip


def test_r13_a_master_playlist_names_others() -> None:
    """Each variant is returned once, as an absolute address."""
    playlist = read_playlist(MASTER, URL)

    assert playlist is not None
    assert (
        "https://media.example/hls/audio/it.m3u8",
        "https://media.example/hls/low.m3u8",
        "https://media.example/hls/high.m3u8?v=1",
    ) == playlist.playlists


def test_r13_byte_ranges_of_one_file_are_one_segment() -> None:
    """Its bytes extend to the end of the last range."""
    playlist = read_playlist(RANGES, URL)

    assert playlist is not None
    assert [(0, 12_000, 1_500)] == [(s.start_ms, s.duration_ms, s.bytes) for s in playlist.segments]


def test_what_is_no_playlist_is_told() -> None:
    """A playlist is recognized by its first line, its address by the file extension."""
    assert read_playlist("<html>", URL) is None
    assert read_playlist("", URL) is None
    assert (True, True, False) == (
        is_playlist(URL), is_playlist(f"{URL}?token=1"), is_playlist("https://a.example/a.mp3"),
    )  # fmt: skip
    assert facts_of(()).bytes is None
