"""Inputs of the kinds in ``test_edges.py``: addresses, dialects, containers, sizes and ranges."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wavehouse.catalog import FeedReading, FileFeedSource, read_media_file
from wavehouse.kernel import clock, config
from wavehouse.measurement.service.count_only import Wanted, count_logs, known_from_feeds
from wavehouse.measurement.types import PeriodFigures

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SETTINGS = config.load({}, environment={})
LISTENER = "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"
P1 = "https://cdn.pods.example/show/p1.mp3"
SIZE = 5_000_000
THRESHOLD = 1_160_000


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.frozen(datetime(2026, 11, 29, 12, 0, tzinfo=UTC)):
        yield


def counted(
    folder: Path,
    log: str | bytes,
    *urls: str,
    length: int = SIZE,
    measured: bool = True,
    format_: str = "auto",
) -> PeriodFigures:
    """The count of a log with a feed whose episodes E1, E2 … have these files."""
    items = "".join(
        f"<item><title>E{n}</title><guid>{n}</guid><pubDate>Mon, 05 Oct 2026 06:00:00 GMT</pubDate>"
        f'<enclosure url="{url.replace("&", "&amp;")}" length="{length}" type="audio/mpeg"/></item>'
        for n, url in enumerate(urls or (P1,), 1)
    )
    (folder / "feed.xml").write_text(f"<rss><channel><title>B</title>{items}</channel></rss>")
    facts = {"bytes": SIZE, "header_bytes": 200_000, "duration_ms": 300_000}
    (folder / "media.json").write_text(json.dumps(dict.fromkeys(urls or (P1,), facts)))
    media = read_media_file(folder / "media.json") if measured else {}
    reading = FeedReading(source=FileFeedSource(), probe=None, media=media)
    path = folder / "x.log"
    path.write_bytes(log if isinstance(log, bytes) else log.encode())
    known = known_from_feeds(SETTINGS, [(str(folder / "feed.xml"), reading)])
    return count_logs(SETTINGS, known, [path], Wanted(by="episode", format=format_))


def by_title(figures: PeriodFigures) -> dict[str, int]:
    """Downloads by episode."""
    return {row.label: row.downloads for row in figures.rows}


def hit(
    target: str = "/show/p1.mp3", *, status: int = 200, size: int = SIZE, asked: str = "-",
    covered: str = "-", host: str = "cdn.pods.example", ip: str = "192.0.2.1",
) -> str:  # fmt: skip
    """A line of the extended combined format."""
    return (
        f'{ip} - - [28/Nov/2026:10:00:00 +0000] "GET {target} HTTP/1.1" {status} {size} "-" '
        f'"{LISTENER}" "{asked}" "{covered}" "{host}"\n'
    )


PLAIN = hit().replace(' "-" "-" "cdn.pods.example"', "")
TWO = ("https://a.example/get?file=/x/1.mp3", "https://a.example/get?file=/x/2.mp3")
BARE_AND_QUERY = ("https://a.example/m.mp3", "https://a.example/m.mp3?ep=2")


@pytest.mark.parametrize(
    ("urls", "target", "title"),
    [
        (("https://a.example/show/../p1.mp3",), "/p1.mp3", "E1"),
        (("https://a.example/show/./p1.mp3",), "/show/p1.mp3", "E1"),
        (TWO, "/get?file=%2Fx%2F2.mp3", "E2"),
        (("https://a.example/get?f=a b", "https://a.example/get?f=c"), "/get?f=a+b", "E1"),
        (("https://a.example/m?ep=1", "https://a.example/m?ep=2"), "/m?ep=%32", "E2"),
        (BARE_AND_QUERY, "/m.mp3?utm_source=x", "E1"),
        (BARE_AND_QUERY, "/m.mp3?ep=2", "E2"),
        (BARE_AND_QUERY, "/m.mp3?ep=9", None),
    ],
)
def test_r03_an_address_means_the_file_whatever_its_spelling(
    urls: tuple[str, ...], target: str, title: str | None, tmp_path: Path
) -> None:
    """Encodings and dots do not matter; an unknown value of a parameter is an unknown file."""
    found = counted(tmp_path, hit(target, host="a.example"), *urls)

    assert ({title: 1} if title else {}) == by_title(found)
    assert {} == found.filtered or title is None


@pytest.mark.parametrize(
    "line",
    [
        "\ufeff" + PLAIN,
        PLAIN[:-1] + ' "cdn.example" sn="_" rt=0.1 ua="10.0.0.1:80, 10.0.0.2:80" us="200" cs=HIT\n',
    ],
    ids=["byte order mark", "nginx with names"],
)
def test_a_line_of_a_dialect_is_counted(line: str, tmp_path: Path) -> None:
    """A mark before the first line, and values with names after the last one."""
    assert {"E1": 1} == by_title(counted(tmp_path, line))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"203.0.113.9, {PLAIN}", "no address where the format combined"),
        (f"Nov 28 10:00:00 web1 nginx: {PLAIN}", "no address where the format combined"),
    ],
)
def test_a_line_that_begins_with_something_else_is_refused(
    line: str, said: str, tmp_path: Path
) -> None:
    """A proxy's address is not the listener's, and a time is not an address."""
    found = counted(tmp_path, line)

    assert 0 == found.downloads
    assert [True] == [said in error for error in found.errors]


def _archive(kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.log", PLAIN)
        return file.getvalue()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("a.log")
        member.size = len(PLAIN)
        tar.addfile(member, io.BytesIO(PLAIN.encode()))
    return gzip.compress(file.getvalue())


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (_archive("zip"), "a zip archive"),
        (_archive("tar"), "a tar archive"),
        (gzip.compress(bz2.compress(PLAIN.encode())), "compressed once more, with bzip2"),
        (lzma.compress(PLAIN.encode(), lzma.FORMAT_ALONE), "compressed with lzma"),
    ],
    ids=["zip", "tar.gz", "bz2 in gz", "lzma"],
)
def test_a_container_that_is_not_read_is_named(log: bytes, said: str, tmp_path: Path) -> None:
    """It is not read as lines, the first of which would be lost."""
    (error,) = counted(tmp_path, log).errors

    assert said in error


def test_a_zstd_file_may_begin_with_a_skippable_frame(tmp_path: Path) -> None:
    """As pzstd writes it (RFC 8878, 3.1.2)."""
    log = b"\x5a\x2a\x4d\x18\x04\0\0\0meta" + zstd.compress(PLAIN.encode())
    assert 1 == counted(tmp_path, log).downloads


CLOUDFLARE = {
    "ClientIP": "192.0.2.1", "ClientRequestHost": "cdn.pods.example", "ClientRequestMethod": "GET",
    "ClientRequestURI": "/show/p1.mp3", "ClientRequestUserAgent": LISTENER,
    "EdgeResponseBodyBytes": SIZE, "EdgeResponseStatus": 200,
    "EdgeStartTimestamp": "2026-11-28T10:00:00Z",
}  # fmt: skip
CLOUDFRONT = {
    "date": "2026-11-28", "time": "10:00:00", "c_ip": "192.0.2.1", "cs_method": "GET",
    "cs_uri_stem": "/show/p1.mp3", "sc_status": "200", "sc_bytes": str(SIZE + 450),
}  # fmt: skip


@pytest.mark.parametrize("ray", ["00", "0", "0000000000000000", "-"])
def test_r01_an_id_of_zeros_is_of_no_request(ray: str, tmp_path: Path) -> None:
    """Two listeners whose server wrote no id are two."""
    rows = [CLOUDFLARE | {"RayID": ray, "ClientIP": f"192.0.2.{n}"} for n in (1, 2)]
    found = counted(tmp_path, "".join(f"{json.dumps(row)}\n" for row in rows))

    assert {"E1": 2} == by_title(found)


@pytest.mark.parametrize("name", ["cs_user_agent", "cs_User_Agent", "cs_User_Agent_"])
def test_cloudfronts_agent_is_read_in_every_spelling(name: str, tmp_path: Path) -> None:
    """JSON and Parquet name it with underscores."""
    log = json.dumps(CLOUDFRONT | {name: LISTENER.replace(" ", "%20")})
    assert {"E1": 1} == by_title(counted(tmp_path, f"{log}\n"))


NGINX = '$remote_addr [$time_local] "$uri$is_args$args" $status $body_bytes_sent "$http_user_agent"'
APACHE = '%h %t "%U%q" %>s %B "%{User-Agent}i"'
QUERIED = f'192.0.2.1 [28/Nov/2026:10:00:00 +0000] "/m?ep=2" 200 {SIZE} "{LISTENER}"\n'
MADE = f'"/m?ep=2" 200 {SIZE} "{LISTENER}"\n'


@pytest.mark.parametrize(
    ("template", "line"),
    [
        (NGINX, QUERIED),
        (APACHE, QUERIED),
        (APACHE.replace('"', '\\"'), QUERIED),
        (f'LogFormat "{APACHE.replace(chr(34), chr(92) + chr(34))}" media', QUERIED),
        (f"log_format media '{NGINX[:40]}'\n  '{NGINX[40:]}';", QUERIED),
        (APACHE.replace("%t", "%{msec}t"), f"192.0.2.1 1795860000123 {MADE}"),
        (APACHE.replace("%t", "%{%FT%T%z}t"), f"192.0.2.1 2026-11-28T10:00:00+0000 {MADE}"),
        ('{address} {time} "{path}?{query}" {status} {bytes} "{agent}"',
         f"192.0.2.1 2026-11-28 11:00:00 +0100 {MADE}"),
        ('{address} {utc_time} "{path}" {status} {bytes} "{agent}"',
         f"192.0.2.1 2026-11-28 10:00:00 {MADE}"),
    ],
)  # fmt: skip
def test_a_template_is_taken_as_servers_write_it(template: str, line: str, tmp_path: Path) -> None:
    """Copied from a configuration, with other times, and with the query that names the file."""
    urls = ("https://a.example/m?ep=1", "https://a.example/m?ep=2")
    found = counted(tmp_path, line, *urls, format_=f"fields={template}")

    assert {"E2": 1} == by_title(found)


def test_a_template_that_no_line_matches_is_refused(tmp_path: Path) -> None:
    """The sentence shows the first line, without the listener's address."""
    (error,) = counted(tmp_path, hit(), format_=f"fields={APACHE}").errors

    assert "no line matches the template" in error
    assert "192.0.2.1" not in error


def part(first: int, last: int, **more: str) -> str:
    """A 206 of these bytes."""
    return hit(status=206, size=last - first + 1, **more)


HALF = THRESHOLD // 2


@pytest.mark.parametrize(
    "lines",
    [
        [part(0, HALF, covered=f"Bytes 0-{HALF}/{SIZE}"),
         part(HALF, THRESHOLD, covered=f"bytes={HALF}-{THRESHOLD}/{SIZE}")],
        [part(0, HALF, asked=f"bytes=0-{HALF}"), part(0, HALF, asked=f"BYTES=-{HALF}")],
        [part(0, HALF, asked=f"bytes=0-{HALF},"), part(0, HALF, asked=f"bytes={SIZE - HALF}-,")],
    ],
)  # fmt: skip
def test_r28_a_range_is_placed_whatever_its_spelling(lines: list[str], tmp_path: Path) -> None:
    """Units have no case (RFC 9110, 14.1), lists may have empty elements."""
    assert {"E1": 1} == by_title(counted(tmp_path, "".join(lines)))


def test_r14_a_probe_with_an_empty_element_is_a_probe(tmp_path: Path) -> None:
    """``bytes=0-1,`` asks for two bytes."""
    assert {"probe_range": 1} == counted(tmp_path, hit(asked="bytes=0-1,")).filtered


@pytest.mark.parametrize(
    ("length", "sent", "downloads"),
    [(1, 1_500, 0), (1, 20_000, 0), (1000, 30_000, 0), (1, 4_800_000, 1), (SIZE, SIZE, 1)],
)
def test_r29_a_200_that_contradicts_the_feeds_size_proves_a_minute_or_nothing(
    length: int, sent: int, downloads: int, tmp_path: Path
) -> None:
    """It may be aborted, so its bytes have to be those of a minute at any bit rate."""
    found = counted(tmp_path, hit(size=sent), length=length, measured=False)

    assert downloads == found.downloads
    assert ({} if downloads else {"size_contradicted": 1}) == found.flagged


def test_r17_shared_address_space_is_a_carriers_nat(tmp_path: Path) -> None:
    """RFC 6598: 100.64.0.0/10 is nothing else, so R18 does not filter its listeners."""
    lines = [hit(ip="100.64.0.1").replace("iPhone", f"iPhone {n}") for n in range(25)]
    assert {"E1": 25} == by_title(counted(tmp_path, "".join(lines)))


@pytest.mark.parametrize("asked", ["bytes=-1", "bytes=-2", "Bytes=0-1"])
def test_r30_a_redirect_asked_for_two_bytes_is_a_probe(asked: str, tmp_path: Path) -> None:
    """At the end of the file too."""
    line = hit(f"/wh/e/{P1[8:]}", status=302, size=0, asked=asked, host="stats.example")
    assert {"probe_range": 1} == counted(tmp_path, line).filtered
