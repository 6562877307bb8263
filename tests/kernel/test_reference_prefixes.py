"""Prefixes of measurement services, and the key of a media file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.reference import MediaKey, media_key, tracking_prefixes

MEDIA = "media.example.com/show/1.mp3"

PREFIXES = [
    "https://dts.podtrac.com/redirect.mp3/",
    "https://dts.podtrac.com/redirect.m4a/https://",
    "http://www.podtrac.com/pts/redirect.mp3/",
    "https://play.podtrac.com/show-1/",
    "https://chrt.fm/track/8DB4/",
    "https://chtbl.com/track/8DB4/https%3A%2F%2F",
    "https://pdst.fm/e/",
    "https://prfx.byspotify.com/e/",
    "https://op3.dev/e/",
    "https://op3.dev/e,pg=9b02/https://",
    "https://pscrb.fm/rss/p/",
    "https://verifi.podscribe.com/rss/p/",
    "https://mgln.ai/e/1118/",
    "https://claritaspod.com/measure/",
    "https://clrtpod.com/m/",
    "https://arttrk.com/p/ABC12/",
    "https://swap.fm/track/a1/",
    "https://2.gum.fm/",
    "https://s.gum.fm/s-63fa/",
    "https://pfx.vpixl.com/6qj4J/",
    "https://media.blubrry.com/show/p/",
    "https://growx.podkite.com/https/ID/",
    "https://letscast.fm/track/https:/",
    "https://stats.example.org/wh/e/",
    "http://localhost:8000/wh/e/",
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_r03_a_prefix_leaves_the_same_media_file(prefix: str) -> None:
    """Episodes keep their identity when a feed adds a prefix."""
    assert media_key(f"https://{MEDIA}") == media_key(f"{prefix}{MEDIA}?_from=app&utm_source=rss")


@given(st.lists(st.sampled_from(PREFIXES), min_size=2, max_size=6))
def test_r03_prefixes_nest_in_any_order(chain: list[str]) -> None:
    """The file is the same in any order, with or without inner schemes."""
    bare = [prefix.partition("://")[2] for prefix in chain[1:]]
    assert media_key(f"https://{MEDIA}") == media_key(chain[0] + "".join(bare) + MEDIA)


def test_r03_stripping_keeps_the_query_and_the_embedded_scheme() -> None:
    """``strip`` returns an address that can be fetched."""
    strip = tracking_prefixes().strip
    assert f"https://{MEDIA}?a=1" == strip(f"https://pdst.fm/e/{MEDIA}?a=1")
    assert f"http://{MEDIA}" == strip(f"https://op3.dev/e/http://{MEDIA}")
    assert f"https://{MEDIA}" == strip("https://pdst.fm/e/media.example.com%2Fshow%2F1.mp3")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{MEDIA}",
        "https://media.blubrry.com/show/1.mp3",
        "https://media.example.com/wh/e/1.mp3",
        "https://media.example.com/e/pdst.fm/1.mp3",
        "https://op3.dev/show/1234",
        "no address",
        "",
    ],
)
def test_r03_what_holds_no_second_address_is_left_alone(url: str) -> None:
    """A host that resembles a prefix, and a prefix service's own pages, are unchanged."""
    assert url == tracking_prefixes().strip(url)


def test_r03_a_host_that_only_looks_like_a_prefix_is_none() -> None:
    """``xpdst.fm`` and ``pdst.fm.evil.example`` are other hosts."""
    for host in ("xpdst.fm", "pdst.fm.evil.example", "pdstxfm.example"):
        url = f"https://{host}/e/{MEDIA}"
        assert url == tracking_prefixes().strip(url)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://media.example.com/show/a%20b~c.mp3",
        "HTTP://Media.Example.COM:80/show/a b%7ec.mp3",
        "https://media.example.com.:443/show/%61%20b%7Ec.mp3?from=rss#t=10",
        "//user:secret@media.example.com/show/a%20b~c.mp3?",
    ],
)
def test_r03_one_file_has_one_key_however_it_is_spelled(spelling: str) -> None:
    """Host case, default port, encoding, query, fragment and credentials make no difference."""
    assert MediaKey("media.example.com", "/show/a%20b~c.mp3") == media_key(spelling)


def test_r03_an_encoded_slash_and_another_port_are_other_files() -> None:
    """Normalizing never gives two files the same key."""
    keys = {
        media_key(f"https://media.example.com{rest}")
        for rest in ("/a/b.mp3", "/a%2Fb.mp3", "/a%252Fb.mp3", "/A/b.mp3", ":8443/a/b.mp3")
    }
    assert 5 == len(keys)


@given(st.text(max_size=60))
def test_r03_a_key_is_its_own_key(path: str) -> None:
    """Any text has a key, and a normalized path is unchanged."""
    key = media_key(f"https://media.example.com/{path}")
    assert key == media_key(f"https://{key.host}{key.path}")


def test_r03_an_operators_own_prefixes_are_added(tmp_path: Path) -> None:
    """One line adds an unknown service."""
    own = tmp_path / "own.txt"
    own.write_text("# ours\nstats.example.net/go/*  # with an id\n")
    url = f"https://stats.example.net/go/77/op3.dev/e/{MEDIA}"
    assert url == tracking_prefixes().strip(url)
    assert f"https://{MEDIA}" == tracking_prefixes(own).strip(url)
