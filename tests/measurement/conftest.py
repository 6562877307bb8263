"""A test helper for counting: one show, hand-written log lines, and their figures."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests import acting
from tests.clones import Clones

from wavehouse import app, catalog, measurement
from wavehouse.kernel import clock, config
from wavehouse.measurement import FileResult, Tally
from wavehouse.measurement.service.ingest import Ingest
from wavehouse.store import BulkLoader
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 18)
IPHONE = "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
POCKET = "Pocket Casts/7.70"

# 10 MB, of which 100 kB are the header, ten minutes long: a minute is 1,090,000 bytes.
MINUTE = 1_090_000
FACTS = {"bytes": 10_000_000, "header_bytes": 100_000, "duration_ms": 600_000}
SHORT = {"bytes": 400_000, "header_bytes": 1_000, "duration_ms": 30_000}
SMALL = {"bytes": 4_000_000, "header_bytes": 40_000, "duration_ms": 600_000}
MEDIA = {
    "https://media.example/one.mp3": FACTS,
    "https://media.example/one.opus": SMALL,
    "https://media.example/two.mp3": FACTS,
    "https://media.example/short.mp3": SHORT,
    "https://hits.example/wh/e/media.example/own.mp3": FACTS,
}
ITEM = """
<item><guid>{guid}</guid><title>Episode {guid}</title>
<pubDate>Sun, 01 Nov 2026 06:00:00 GMT</pubDate>
<enclosure url="{url}" length="{length}" type="audio/mpeg"/>{more}</item>
"""
ALTERNATE = (
    '<podcast:alternateEnclosure type="audio/opus" length="4000000">'
    '<podcast:source uri="https://media.example/one.opus"/></podcast:alternateEnclosure>'
)
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>A show to count</title><description>None</description>
<podcast:guid>9b024349-ccf0-5f69-a609-6b82873eab3c</podcast:guid>
{items}</channel></rss>
"""


def item(guid: str, url: str, length: int = 10_000_000, more: str = "") -> str:
    return ITEM.format(guid=guid, url=url, length=length, more=more)


ITEMS = (
    item("one", "https://media.example/one.mp3", more=ALTERNATE)
    + item("two", "https://media.example/two.mp3")
    + item("short", "https://media.example/short.mp3", 400_000)
    + item("vague", "https://media.example/vague.mp3", 5_000_000)
    + item("own", "https://hits.example/wh/e/media.example/own.mp3")
)


LENGTHS = {"/short.mp3": 400_000, "/vague.mp3": 5_000_000}
"""Files that only count when complete (R29), and their lengths in bytes."""


@dataclass(frozen=True)
class Hit:
    """One request, to be written as a line of either format. ``content`` is first and last."""

    at: datetime = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=10)
    ip: str = "203.0.113.7"
    path: str = "/one.mp3"
    method: str = "GET"
    status: int = 200
    size: int = 10_000_000
    agent: str = IPHONE
    asked: str = "-"
    content: tuple[int, int] | None = None
    host: str = "media.example"
    forwarded: str = "-"
    native: str = ""
    referer: str = "-"

    @property
    def whole(self) -> int:
        """A 200 of the whole file, with the length known to the server."""
        return LENGTHS.get(self.path, 10_000_000)

    def but(self, **changes: Any) -> Hit:
        """The same request with changes."""
        return replace(self, **changes)

    def part(self, first: int, last: int, sent: int | None = None, **changes: Any) -> Hit:
        """A 206 of a range, sent in full unless ``sent`` is given."""
        size = last - first + 1 if sent is None else sent
        asked = f"bytes={first}-{last}"
        return self.but(status=206, size=size, asked=asked, content=(first, last), **changes)

    def combined(self) -> str:
        """The line in the extended combined format."""
        given = f"bytes {self.content[0]}-{self.content[1]}/{self.whole}" if self.content else "-"
        return (
            f"{self.ip} - - [{self.at:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"{self.method} {self.path} HTTP/1.1" {self.status:03d} {self.size} "{self.referer}" '
            f'"{self.agent or "-"}" "{self.asked}" "{given}" "{self.host}"'
        )

    def fastly(self) -> str:
        """The JSON line of the guide's Fastly format."""
        first, last = self.content or (0, -1)
        return json.dumps({
            "timestamp": f"{self.at:%Y-%m-%dT%H:%M:%S}+0000", "client_ip": self.ip,
            "host": self.host, "url": self.path, "request_method": self.method,
            "request_referer": self.referer, "request_user_agent": self.agent,
            "request_range": self.asked, "response_status": self.status,
            "response_body_size": self.size,
            "response_content_range": f"bytes {first}-{last}/{self.whole}" if self.content else "",
        })  # fmt: skip

    def cloudflare(self, when: object = None) -> str:
        """The JSON line of Logpush's http_requests."""
        first, last = self.content or (0, -1)
        given = {"content-range": f"bytes {first}-{last}/{self.whole}"} if self.content else {}
        return json.dumps({
            "ClientIP": self.ip, "ClientRequestHost": self.host,
            "ClientRequestMethod": self.method, "ClientRequestURI": self.path,
            "ClientRequestReferer": self.referer, "ClientRequestUserAgent": self.agent,
            "EdgeResponseStatus": self.status, "EdgeResponseBytes": self.size + 450,
            "EdgeResponseBodyBytes": self.size,
            "EdgeStartTimestamp": when or f"{self.at:%Y-%m-%dT%H:%M:%S}Z",
            "RayID": self.native or f"{hash(self) & 0xFFFFFFFFFFFF:x}",
            "RequestHeaders": {} if self.asked == "-" else {"range": self.asked},
            "ResponseHeaders": given,
        })  # fmt: skip

    def op3(self, hashed: str = "a" * 40, country: str = "IT") -> str:
        """The line in OP3's hits, with columns in OP3's order."""
        url = f"https://op3.dev/e/{self.host}{self.path}"
        asked = "" if self.asked == "-" else self.asked
        uuid = f"{hash((self, hashed)) & (2**64 - 1):032x}"
        cells = [f"{self.at:%Y-%m-%dT%H:%M:%S}.000Z", uuid, hashed, self.method, url, self.agent,
                 self.referer.strip("-"), asked, "", "", "FRA", "EU", country, "Etc/UTC", "", "",
                 ""]  # fmt: skip
        return "\t".join(cells)

    def plain(self) -> str:
        """The line in the plain combined format, without range and host."""
        return self.combined().rsplit(' "', 3)[0]

    def cloudfront(self, number: int = 0) -> str:
        """The line in CloudFront's standard format, its bytes including 450 of headers."""
        first, last = self.content or ("-", "-")
        length = self.content[1] - self.content[0] + 1 if self.content else self.size
        if not self.content and self.path in LENGTHS:
            length = self.whole
        agent = quote(self.agent, safe="/();:,.=+-_") if self.agent else "-"
        path, _, query = self.path.partition("?")
        known = {
            "date": f"{self.at:%Y-%m-%d}", "time": f"{self.at:%H:%M:%S}",
            "sc-bytes": self.size + 450, "c-ip": self.ip, "cs-method": self.method,
            "cs(Host)": "d1.cloudfront.net", "cs-uri-stem": path, "cs-uri-query": query or "-",
            "sc-status": f"{self.status:03d}", "cs(User-Agent)": agent,
            "x-edge-request-id": self.native or f"id-{number}-{hash(self) & 0xFFFFFFFF:x}",
            "x-host-header": self.host, "cs(Referer)": self.referer,
            "x-forwarded-for": self.forwarded,
            "sc-content-len": length, "sc-range-start": first, "sc-range-end": last,
        }  # fmt: skip
        return "\t".join(str(known.get(name, "-")) for name in FIELDS)


FIELDS = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
]
OP3_HEAD = (
    "time uuid hashedIpAddress method url userAgent referer range xpsId ulid edgeColo continent "
    "country timezone regionCode region metroCode"
).replace(" ", "\t")
HEAD = f"#Version: 1.0\n#Fields: {' '.join(FIELDS)}\n"


class LogBench:
    """A workspace with one show, a folder for logs, and queries used by tests."""

    def __init__(
        self, workspace: Workspace, folder: Path, loader: BulkLoader | None = None
    ) -> None:
        self.place = workspace
        self.folder = folder
        self._loader = loader
        self._files = 0

    def register(self, items: str = ITEMS, media: dict[str, Any] = MEDIA) -> None:
        """Register the show, its files described."""
        feed, table = self.folder / "feed.xml", self.folder / "media.json"
        feed.write_text(FEED.format(items=items))
        table.write_text(json.dumps(media))
        catalog.ingest_feed(
            self.place.stores.operational,
            identity=self.place.identity,
            location=str(feed),
            reading=catalog.FeedReading(
                source=catalog.FileFeedSource(), media=catalog.read_media_file(table), again=True
            ),
        )

    def write(self, content: bytes | str, name: str = "") -> Path:
        """Write a log file with this content; gzip when the name ends in .gz."""
        self._files += 1
        path = self.folder / (name or f"access-{self._files}.log")
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path

    def log(self, *hits: Hit, form: str = "combined", name: str = "") -> Path:
        """Write a log file of these requests."""
        if form == "cloudfront":
            lines = [hit.cloudfront(n) for n, hit in enumerate(hits)]
            return self.write(HEAD + "".join(f"{line}\n" for line in lines), name)
        lines = [getattr(hit, form)() for hit in hits]
        if form == "op3":
            lines.insert(0, OP3_HEAD)
        return self.write("".join(f"{line}\n" for line in lines), name)

    def ingest(self, *paths: Path, form: str = "auto") -> Tally:
        """Read files, and count and roll up what is new."""
        tally = self._stored(paths, form)
        self.count()
        return tally

    def _stored(self, paths: tuple[Path, ...], form: str) -> Tally:
        total = Tally()
        for result in self._read(paths, form):
            total.add(result.tally)
        return total

    def _read(self, paths: tuple[Path, ...], form: str) -> Iterator[FileResult]:
        """Read like ``ingest_logs``; using the helper's open connection saves 0.1 s."""
        with Ingest.opened(
            self.place.stores.operational,
            self.place.settings,
            identity=self.place.identity,
            loader=self._loader,
        ) as ingest:
            yield from ingest.read(paths, form)

    def count(self) -> measurement.Counted:
        """Count and roll up pending requests."""
        counted = measurement.count(self.place.stores.operational, self.place.settings)
        measurement.roll_up(self.place.stores)
        return counted

    def tell(self, *hits: Hit, form: str = "combined") -> Tally:
        """Write requests into a log and ingest it."""
        return self.ingest(self.log(*hits, form=form))

    def judge(self, *hits: Hit, form: str = "combined") -> Tally:
        """Like ``tell``, but rolls up only when a rollup is read: most rules need none."""
        tally = self._stored((self.log(*hits, form=form),), "auto")
        measurement.count(self.place.stores.operational, self.place.settings)
        return tally

    def downloads(
        self, by: Any = "day", first: date | None = None, last: date | None = None
    ) -> Any:
        """Downloads by member, omitting zero; episodes by guid."""
        measurement.roll_up(self.place.stores)
        found = acting.both(
            self.place,
            measurement.figures,
            by=by,
            first=first or date(2026, 9, 1),
            last=last or NOW.date(),
        )
        named = {f.label.removeprefix("Episode ") or f.member: f.downloads for f in found}
        return {name: count for name, count in named.items() if count}

    def total(self) -> int:
        """All downloads, counted in the operational database."""
        return int(
            self.rows(
                "SELECT count(*) FROM measurement.downloads WHERE method <> 'prefix_estimate'"
            )[0][0]
        )

    def listeners(self, first: date, last: date) -> int | None:
        """Distinct listeners of a period."""
        return acting.operational(self.place, measurement.listeners, first=first, last=last)

    def filtered(self) -> dict[str, int]:
        """Stored requests by the filter that stopped them."""
        return acting.operational(
            self.place, measurement.filtered, first=date(2026, 9, 1), last=NOW.date()
        )

    def outcomes(self) -> dict[str, int]:
        """Candidates by outcome."""
        return acting.operational(
            self.place, measurement.outcomes, first=date(2026, 9, 1), last=NOW.date()
        )

    def rows(self, statement: Any, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the operational database."""
        with self.place.stores.operational.worker() as tx:
            return tx.connection.execute(statement, parameters).fetchall()

    def rollup_rows(self, statement: Any, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the analytics database."""
        measurement.roll_up(self.place.stores)
        with self.place.stores.analytics.worker() as tx:
            return tx.connection.execute(statement, parameters).fetchall()

    def clean(self) -> None:
        """Delete all measured data."""
        with self.place.stores.operational.worker() as tx:
            for table in MEASURED:
                tx.connection.execute(f"DELETE FROM measurement.{table}")
        with self.place.stores.analytics.worker() as tx:
            for table in ROLLED_UP:
                tx.connection.execute(f"DELETE FROM analytics.{table}")

    def figures(self) -> dict[str, Any]:
        """All figures, for comparison with another time."""
        found: dict[str, Any] = {
            by: self.downloads(by) for by in ("day", "episode", "app", "country")
        }
        found["listeners"] = {
            total.day: total.listeners
            for total in acting.analytics(
                self.place, measurement.days, first=date(2026, 9, 1), last=NOW.date()
            )
            if total.listeners
        }
        found["hours"] = self.rollup_rows(
            "SELECT hour, downloads, listeners FROM analytics.listener_events_hourly ORDER BY 1, 2"
        )
        return found


@pytest.fixture
def own_desk(workspace: Workspace, tmp_path: Path) -> Iterator[LogBench]:
    """A helper on separate databases, at noon of 20 November 2026, its show registered."""
    with clock.frozen(NOW):
        made = LogBench(workspace, tmp_path)
        made.register()
        yield made


@pytest.fixture(scope="session")
def shared_desk(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogBench]:
    """One helper for many tests: its show stays registered."""
    folder = tmp_path_factory.mktemp("desk")
    settings = config.load({"home": str(folder)}, environment={})
    with (
        clones.lent() as opened,
        BulkLoader.connected(opened.operational.place.conninfo("worker")) as loader,
    ):
        made = LogBench(app.entered(settings, opened), folder, loader)
        with clock.frozen(NOW):
            made.register()
        yield made


@pytest.fixture
def desk(shared_desk: LogBench, tmp_path: Path) -> Iterator[LogBench]:
    """A clean helper: the show registered, nothing measured yet."""
    shared_desk.clean()
    shared_desk.folder = tmp_path
    with clock.frozen(NOW):
        yield shared_desk


@pytest.fixture
def clean(desk: LogBench) -> Callable[[], None]:
    """Delete all measured data in the middle of a test."""
    return desk.clean


@pytest.fixture(scope="session")
def cloudfront_head() -> str:
    """The first two lines of a CloudFront log."""
    return HEAD


MEASURED = (
    "requests", "downloads", "listener_events", "count_log", "dirty_log", "quarantine",
    "adoptions", "ingest_batches", "source_files", "user_agents", "key_epochs",
)  # fmt: skip
ROLLED_UP = (
    "audience_daily", "reconciliations",
    *(
        f"listener_events_{grain}{dimension}"
        for grain in ("hourly", "daily")
        for dimension in ("", "_platform", "_country", "_device")
    ),
)  # fmt: skip


@pytest.fixture(params=["combined", "cloudfront", "fastly", "cloudflare"])
def form(request: pytest.FixtureRequest) -> str:
    """Each of the formats with byte counts."""
    return str(request.param)


@pytest.fixture(scope="session")
def hit() -> Hit:
    """A whole download of episode one."""
    return Hit()


@pytest.fixture(scope="session")
def addresses() -> dict[str, str]:
    """One address of each network class, from the bundled lists."""
    from ipaddress import IPv4Address

    from wavehouse.kernel.reference import networks

    found: dict[str, str] = {}
    for number in range(1 << 24, 224 << 24, 65_537):
        kind = networks().classify(number, 4)
        if kind:
            found.setdefault(kind, str(IPv4Address(number)))
    return found
