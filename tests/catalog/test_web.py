"""Fetching from real servers, and refusing addresses that must not be fetched."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from wavehouse.catalog.adapters import (
    FileFeedSource,
    Limits,
    Web,
    WebFeedSource,
    WebMediaProbe,
    read_media_file,
)
from wavehouse.catalog.types import MediaFacts
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused, Unreachable, WavehouseError
from wavehouse.kernel.web_addresses import is_public, shown

FEED = (Path(__file__).parent / "feeds" / "plain.xml").read_bytes()
MEDIA = (
    b"ID3\x04\x00\x00\x00\x00\x07\x68"
    + b"\0" * 1000
    + (b"\xff\xfb\x90\x00".ljust(417, b"\0") * 900)
)


class Handler(BaseHTTPRequestHandler):
    """A host of feeds with correct and faulty responses."""

    seen: ClassVar[list[tuple[str, dict[str, str]]]] = []
    release = threading.Event()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name above
        """Log nothing."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        name = self.path.partition("?")[0].strip("/").replace("-", "_")
        getattr(self, f"get_{name}", lambda: self.answer(404))()

    def get_feed(self) -> None:
        if self.headers.get("If-None-Match") == '"v1"':
            self.answer(304, ETag='"v1"')
        else:
            kind = "application/rss+xml; charset=utf-8"
            self.answer(200, FEED, ETag='"v1"', Last_Modified="yesterday", Content_Type=kind)

    def get_packed(self) -> None:
        self.answer(200, gzip.compress(FEED), Content_Encoding="gzip")

    def get_bomb(self) -> None:
        self.answer(200, gzip.compress(bytes(20_000_000)), Content_Encoding="gzip")

    def get_half_packed(self) -> None:
        self.answer(200, gzip.compress(FEED)[:-20], Content_Encoding="gzip")

    def get_strangely_packed(self) -> None:
        self.answer(200, FEED, Content_Encoding="br")

    def get_large(self) -> None:
        self.answer(200, b"x" * 200_000)

    def get_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.release.is_set():
                self.wfile.write(b"x" * 10_000)
        except OSError:
            return

    def get_silent(self) -> None:
        self.release.wait(20)

    def get_moved(self) -> None:
        self.answer(301, Location="/feed")

    def get_for_now(self) -> None:
        self.answer(302, Location="/feed")

    def get_circle(self) -> None:
        self.answer(302, Location="/circle")

    def get_to_metadata(self) -> None:
        self.answer(302, Location="http://169.254.169.254/latest/meta-data/")

    def get_to_file(self) -> None:
        self.answer(302, Location="file:///etc/passwd")

    def get_broken(self) -> None:
        self.answer(500)

    def get_media(self) -> None:
        first, _, last = self.headers.get("Range", "bytes=0-").partition("=")[2].partition("-")
        part = MEDIA[int(first) : int(last) + 1]
        self.answer(
            206, part, Content_Range=f"bytes {first}-{int(first) + len(part) - 1}/{len(MEDIA)}"
        )

    def get_media_whole(self) -> None:
        self.answer(200, MEDIA)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A server on this machine, under a name that only this test's resolver knows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Handler.release.clear()
    yield f"http://feeds.example:{server.server_port}"
    Handler.release.set()
    server.shutdown()
    server.server_close()


def everything_is_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@contextmanager
def opened(**options: object) -> Iterator[Web]:
    settings = {"allow_private": True, "resolve": everything_is_here, **options}
    web = Web(**settings)  # type: ignore[arg-type]
    try:
        yield web
    finally:
        web.close()


def test_a_feed_comes_with_its_validators_and_the_name_as_host(host: str) -> None:
    """The connection uses the address; the Host header uses the name."""
    with opened() as web:
        fetched = WebFeedSource(web).fetch(f"{host}/feed")
    assert (FEED, '"v1"', "yesterday", "utf-8", False, None) == (
        fetched.body,
        fetched.etag,
        fetched.last_modified,
        fetched.charset,
        fetched.not_modified,
        fetched.moved_to,
    )
    assert host.removeprefix("http://") == Handler.seen[-1][1]["Host"]


def test_an_unchanged_feed_costs_no_body(host: str) -> None:
    """The validators of the last fetch are sent, and 304 means unchanged."""
    with opened() as web:
        fetched = WebFeedSource(web).fetch(f"{host}/feed", etag='"v1"', last_modified="yesterday")
    assert (True, b"") == (fetched.not_modified, fetched.body)
    assert "yesterday" == Handler.seen[-1][1]["If-Modified-Since"]


def test_a_compressed_feed_is_unpacked(host: str) -> None:
    """Gzip is requested and decoded."""
    with opened() as web:
        assert WebFeedSource(web).fetch(f"{host}/packed").body == FEED


def test_a_permanent_move_is_told_a_temporary_one_is_not(host: str) -> None:
    """Only 301 and 308 change the polled address."""
    with opened() as web:
        source = WebFeedSource(web)
        assert f"{host}/feed" == source.fetch(f"{host}/moved").moved_to
        assert source.fetch(f"{host}/for-now").moved_to is None


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("large", InvalidInput, "larger than 100,000 bytes"),
        ("endless", InvalidInput, "larger than 100,000 bytes"),
        ("bomb", InvalidInput, "larger than 100,000 bytes"),
        ("half-packed", InvalidInput, "ends early"),
        ("strangely-packed", InvalidInput, "compresses with 'br'"),
        ("circle", Unreachable, "redirects more than 5 times"),
        ("to-file", Refused, "redirects to something that is not a web address"),
        ("broken", Unreachable, "responded with status 500"),
        ("nowhere", NotFound, "no such feed (404)"),
    ],
)
def test_a_server_with_bad_manners_gives_one_clear_error(
    host: str, path: str, error: type[WavehouseError], said: str
) -> None:
    """Size, time, compression and redirects are limited."""
    limits = Limits(largest=100_000)
    with opened(limits=limits) as web, pytest.raises(error) as caught:
        WebFeedSource(web).fetch(f"{host}/{path}?token=secret")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_silent_server_is_given_up(host: str) -> None:
    """The timeout is a setting."""
    with opened(limits=Limits(patience=0.05)) as web, pytest.raises(Unreachable, match="in time"):
        WebFeedSource(web).fetch(f"{host}/silent")


def test_no_private_address_is_opened_unless_allowed(host: str) -> None:
    """The name is resolved once, and its address checked before anything is sent."""
    before = len(Handler.seen)
    with opened(allow_private=False) as web, pytest.raises(Refused, match="private network"):
        WebFeedSource(web).fetch(f"{host}/feed")
    assert before == len(Handler.seen)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    """A name that also resolves to a private address is refused."""
    mixed = ["93.184.216.34", "10.0.0.1"]
    with (
        opened(allow_private=False, resolve=lambda _host, _port: mixed) as web,
        pytest.raises(Refused),
    ):
        WebFeedSource(web).fetch("http://feeds.example/")


def test_every_hop_of_a_redirect_is_judged(host: str) -> None:
    """A public server cannot redirect to the machine's own network."""
    looked_up: list[str] = []

    class FirstHopAllowed(Web):
        def _addresses(self, url: object, deadline: object) -> list[str]:
            looked_up.append(str(url))
            if len(looked_up) == 1:
                return ["127.0.0.1"]
            return super()._addresses(url, deadline)  # type: ignore[arg-type]

    web = FirstHopAllowed(resolve=lambda name, _port: [name])
    try:
        with pytest.raises(Refused, match=r"169\.254\.169\.254 is a link-local"):
            WebFeedSource(web).fetch(f"{host}/to-metadata")
    finally:
        web.close()
    assert 2 == len(looked_up)


def test_the_environments_proxy_is_not_used(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name again, where the guard cannot check it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with opened() as web:
        assert FEED == WebFeedSource(web).fetch(f"{host}/feed").body


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255",  # noqa: S104 - judged, not bound
        "192.0.2.1", "198.18.0.1", "::1",
        "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::7f00:1",
        "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b:1::1", "2001:db8::1", "not an address",
    ],
)  # fmt: skip
def test_no_inner_address_is_public_in_any_clothes(address: str) -> None:
    """Mapped, translated and tunnelled forms are decoded first."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    """The guard does not refuse public feeds."""
    assert is_public(address)


def test_an_address_in_a_message_has_no_password_and_no_query() -> None:
    """The addresses of private feeds contain secrets."""
    assert "https://a.example/feed?…" == shown("https://me:secret@a.example/feed?key=secret")


@pytest.mark.parametrize("path", ["media", "media-whole"])
def test_r26_a_file_is_measured_by_its_first_bytes(host: str, path: str) -> None:
    """Size from Content-Range or Content-Length, header from the tag, duration from the frames."""
    expected = MediaFacts(len(MEDIA), 1010, round(900 * 417 * 8000 / 128000))
    with opened() as web:
        assert expected == WebMediaProbe(web).probe(f"{host}/{path}")


def test_a_probe_of_a_missing_file_says_so(host: str) -> None:
    """The caller decides whether a failed probe is an error."""
    with opened() as web, pytest.raises(NotFound, match=r"no such file \(404\)"):
        WebMediaProbe(web).probe(f"{host}/gone.mp3")


def test_a_feed_from_a_file_is_named_by_its_path(tmp_path: Path) -> None:
    """A path and its file: address have the same name."""
    path = tmp_path / "a feed.xml"
    path.write_bytes(FEED)
    assert (
        FEED == FileFeedSource().fetch(str(path)).body == FileFeedSource().fetch(path.as_uri()).body
    )
    with pytest.raises(NotFound, match="no such file"):
        FileFeedSource().fetch(str(tmp_path / "none.xml"))
    with pytest.raises(InvalidInput, match="a file on this machine"):
        FileFeedSource().fetch("file://elsewhere/feed.xml")


def test_a_media_file_describes_enclosures(tmp_path: Path) -> None:
    """Each address maps to bytes, header_bytes and duration_ms."""
    path = tmp_path / "media.json"
    path.write_text(
        '{"https://a.example/1 2.mp3": {"bytes": 9, "header_bytes": 0, "duration_ms": 7}}'
    )
    assert {"https://a.example/1%202.mp3": MediaFacts(9, 0, 7)} == read_media_file(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n\n  nonsense", "not JSON"),
        ("[]", "must hold an object of addresses (PATH:1)"),
        ('{\n"u": 5}', "u: its entry is not an object (PATH:2)"),
        ('{"u": {"size": 5}}', "u: unknown field 'size'"),
        ('{"u": {"bytes": -5}}', "u: bytes must be a whole number of at least 1"),
        ('{"u": {"bytes": true}}', "u: bytes must be"),
        ('{"u": {"bytes": 5, "header_bytes": 5}}', "header_bytes must be smaller"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_wrong_media_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    """One sentence with the entry and its line."""
    path = tmp_path / "media.json"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_media_file(path)
    assert said.replace("PATH", str(path)) in str(caught.value)


def test_link_local_addresses_are_never_opened() -> None:
    """Cloud metadata is served there; --allow-private is for the operator's own network."""
    with (
        opened(allow_private=True, resolve=lambda _host, _port: ["169.254.169.254"]) as web,
        pytest.raises(Refused, match="link-local"),
        web.get("http://metadata.example/"),
    ):
        pass
