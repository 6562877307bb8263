"""``downloads --from-logs`` stores nothing and gives the same figures as stored counting."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests import acting
from tests.measurement.conftest import FEED, ITEMS, MEDIA

from wavehouse import measurement
from wavehouse.kernel.errors import Refused
from wavehouse.measurement import cli
from wavehouse.measurement.adapters import count_only as adapter
from wavehouse.measurement.adapters import taken
from wavehouse.measurement.adapters.engine import Bounds, Engine
from wavehouse.measurement.adapters.logfile import LogFile
from wavehouse.measurement.adapters.quick_reading import QuickReader
from wavehouse.measurement.formats import layout_of
from wavehouse.measurement.rules import dimensions
from wavehouse.measurement.rules.thresholds import threshold_bytes
from wavehouse.measurement.service import count_only, lookups

NINTH = datetime(2026, 11, 9, tzinfo=UTC)
FIRST, NEAR, LAST = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 20)

MEMBERS = dimensions.names()


@pytest.fixture
def agree(desk: Any) -> Callable[..., dict[str, int]]:
    """Count files both ways, by every dimension, and compare; returns the figures by day."""

    def both(
        *paths: Path, form: str = "auto", members: tuple[str, ...] = MEMBERS
    ) -> dict[str, int]:
        tally = desk.ingest(*paths, form=form)
        known = count_only.known_from_catalog(
            desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
        )
        found: dict[str, dict[str, int]] = {}
        for by in members:
            asked = count_only.Wanted(by=by, first=FIRST, last=LAST, format=form)
            got = count_only.count_logs(desk.place.settings, known, paths, asked)
            found[by] = {
                r.label.removeprefix("Episode ") or r.member: r.downloads for r in got.rows
            }
            assert desk.downloads(by) == found[by]
        assert desk.filtered() == got.filtered
        assert tally.faults == got.faults
        near = replace(asked, first=NEAR)
        stored = acting.operational(desk.place, measurement.by_window, first=NEAR, last=LAST)
        rolling = count_only.count_windows(desk.place.settings, known, paths, near)
        assert (stored.downloads, stored.gained, stored.lost) == (
            rolling.downloads, rolling.gained, rolling.lost,
        )  # fmt: skip
        assert (stored.by_day, stored.by_episode) == (rolling.by_day, rolling.by_episode)
        assert desk.rows(
            "SELECT count(*) FROM measurement.downloads WHERE method = 'prefix_estimate'"
        ) == [(got.prefix_estimates,)]
        assert desk.rows(
            "SELECT count(DISTINCT listener_key) FROM measurement.listener_events"
        ) == [(got.listeners,)]
        return found["day"]

    return both


@pytest.mark.parametrize("form", ["combined", "plain", "cloudfront", "fastly", "cloudflare", "op3"])
def test_both_ways_agree_on_every_format(desk: Any, hit: Any, agree: Any, form: str) -> None:
    """Ranges, bots, HEAD, many listeners at an address, unknown files; plain and gzip."""
    hits = [
        hit, hit.part(0, 1_500_000, ip="198.51.100.1"), hit.but(method="HEAD"),
        hit.but(agent="Googlebot/2.1"), hit.but(path="/nowhere.mp3"), hit.but(status=304, size=0),
        hit.but(ip="2001:db8::7"), hit.but(ip="2001:db8::9"), hit.but(agent="Overcast/3.0"),
        hit.but(path="/two.mp3", at=hit.at + timedelta(days=1)), hit.but(ip="nonsense"),
        *(hit.part(n * 300_000, n * 300_000 + 299_999, ip="198.51.100.2") for n in range(5)),
        *(hit.but(ip="198.51.100.77", agent=f"Player/{n}") for n in range(25)),
    ]  # fmt: skip
    days = agree(desk.log(*hits, form=form), desk.log(*hits[:3], form=form, name="more.log.gz"))

    assert bool(days) == (form != "op3")


def test_both_ways_agree_on_what_no_reader_likes(desk: Any, hit: Any, agree: Any) -> None:
    """Escaped quotes, missing and extra parts, comments, blank lines, other line endings."""
    good = [hit.but(ip=f"198.51.100.{n}").combined() for n in range(1, 9)]
    odd = [
        good[0].replace("AppleCoreMedia", 'Apple\\"Core\\"Media'), good[1].replace('"', "'", 3),
        good[2] + ' "more" "and" "more" "of" "it"', "# a comment", "", "nonsense", '"' * 12,
        good[3].replace("[18/Nov", "[99/Nov"), good[4].replace(" 200 ", " abc "),
        good[5] + "\x1f", "\t\t\t", good[6].rsplit('"', 1)[0],
    ]  # fmt: skip
    for name, ending in (("lf", "\n"), ("crlf", "\r\n")):
        desk.clean()
        lines = [line for pair in zip(good, [*odd], strict=False) for line in pair]
        assert agree(desk.write(ending.join(lines), name=f"{name}.log"))
        desk.clean()
        assert agree(desk.write("\ufeff" + ending.join([*good, *odd, ""]), name=f"2{name}.log"))
    desk.clean()
    worse = ["2026", good[0].replace("198.51.100.1", "")]
    assert agree(desk.write("\n".join([good[7], *worse, *good]), name="worse.log"))


def test_both_ways_agree_on_broken_files(desk: Any, hit: Any, agree: Any) -> None:
    """A truncated gzip, invalid UTF-8, an empty file, a file that is not a log."""
    whole = desk.log(*(hit.but(ip=f"198.51.100.{n}") for n in range(200)), name="cut.log.gz")
    whole.write_bytes(whole.read_bytes()[:-30])
    raw = desk.write(hit.combined().encode() + b"\n\xff\xfe\xfa\n" + hit.combined().encode())

    assert agree(whole, raw, desk.write("", name="empty.log"))


def test_r01_a_request_in_two_files_is_one(desk: Any, hit: Any, agree: Any) -> None:
    """Known by its native id; a file given twice, or also as its gzip, is read once."""
    heads = [hit.but(native=f"x{n}", method="HEAD") for n in range(4)]
    first = desk.log(*heads[:3], form="cloudfront")
    second = desk.log(*heads[1:], form="cloudfront")

    agree(first, second)
    copy = desk.write(first.read_bytes(), name="copy.log.gz")
    agree(first, copy, second)


def test_days_that_are_counted_apart_give_the_same_figures(
    desk: Any, hit: Any, agree: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many requests are counted some days at a time: downloads, filters, windows."""
    hits = [hit.but(at=NINTH + timedelta(days=day, hours=day)) for day in range(9)]
    hits += [hit.but(at=NINTH + timedelta(days=3), ip=f"198.51.100.{n}") for n in range(9)]
    hits += [hit.but(at=NINTH + timedelta(days=4), agent="Googlebot/2.1")]
    path = desk.log(*hits)
    whole = agree(path)
    for rows in (1, 4):
        monkeypatch.setattr(adapter, "_PART_ROWS", rows)
        assert whole == agree(path)


@pytest.mark.parametrize("rows", [1, 3])
def test_many_requests_are_put_aside_in_a_folder_that_is_gone_afterwards(
    desk: Any, hit: Any, agree: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: int
) -> None:
    """Memory is bounded: the figures are the same, repeated requests of two files included."""
    monkeypatch.setattr(count_only, "_UNIT_CHARACTERS", (1, 1))
    monkeypatch.setattr(taken, "HELD_ROWS", rows)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    written: list[bytes] = []
    gather = taken.TakenRows.gather

    def looked(self: taken.TakenRows) -> None:
        written.extend(path.read_bytes() for path in tmp_path.rglob("*.parquet"))
        gather(self)

    hits = [hit.but(native=f"x{n}", at=NINTH + timedelta(hours=n)) for n in range(8)]
    first = desk.log(*hits[:6], form="cloudfront")
    second = desk.log(*hits[4:], hit.but(native="y", method="HEAD"), form="cloudfront")
    whole = agree(first, second)
    monkeypatch.setattr(taken.TakenRows, "gather", looked)
    assert whole == agree(first, second)

    assert written, "nothing was put aside"
    assert not any(hit.ip.encode() in each or b"AppleCoreMedia" in each for each in written)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("wavehouse-count-")]


def test_a_full_disk_is_refused_with_a_way_out(
    desk: Any, hit: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Requests that cannot be put aside are never left out of a figure."""
    monkeypatch.setattr(taken, "HELD_ROWS", 1)
    began = taken.TakenRows.__init__

    def elsewhere(self: taken.TakenRows, *arguments: Any) -> None:
        began(self, *arguments)
        self.folder = tmp_path / "gone"

    monkeypatch.setattr(taken.TakenRows, "__init__", elsewhere)
    path = desk.log(hit, hit.but(ip="198.51.100.9"))
    known = count_only.known_from_catalog(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )
    with pytest.raises(Refused, match="memory or the temporary folder is too small") as refused:
        count_only.count_logs(desk.place.settings, known, [path], count_only.Wanted())
    assert "TMPDIR" in str(refused.value.hint)


def test_logs_that_do_not_fit_in_memory_are_refused_with_a_way_out(
    desk: Any, hit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a traceback, and never a smaller figure."""
    opened = adapter.CountOnly.taker

    def small(counting: adapter.CountOnly) -> adapter.Taker:
        taker = opened(counting)
        taker.database.execute("SET memory_limit = '1MB'")
        return taker

    monkeypatch.setattr(adapter.CountOnly, "taker", small)
    path = desk.log(*(hit.but(at=NINTH + timedelta(seconds=n)) for n in range(3000)))
    known = count_only.known_from_catalog(
        desk.place.stores.operational, desk.place.settings, identity=desk.place.identity
    )
    asked = count_only.Wanted(by="day", first=FIRST, last=LAST)
    with pytest.raises(Refused, match="memory or the temporary folder is too small"):
        count_only.count_logs(desk.place.settings, known, [path], asked)


def test_r13_hls_counts_both_ways(desk: Any, hit: Any, agree: Any) -> None:
    """Sixty seconds of distinct segments; the playlist adds nothing."""
    with desk.place.stores.operational.worker() as tx:
        (enclosure,) = tx.connection.execute(
            "SELECT enclosure_id FROM catalog.enclosures WHERE media_path = '/vague.mp3'"
        ).fetchone()
        tx.connection.execute(
            """
            INSERT INTO catalog.segments (enclosure_id, media_host, media_path, organization_id,
              start_ms, duration_ms, bytes)
            SELECT %s, 'media.example', '/s' || n || '.aac', %s, n * 20000, 20000, 1000
            FROM generate_series(0, 4) AS n
            """,
            [enclosure, desk.place.organization.organization_id],
        )
    agree(desk.log(*(hit.but(path=f"/s{n}.aac", size=1000) for n in range(4))))


@pytest.mark.parametrize("form", ["combined", "cloudfront"])
def test_quick_reading_gives_the_same_fields(desk: Any, hit: Any, form: str) -> None:
    """Random damage: a line that the fast reader accepts has the same fields in the slow one."""
    dice = random.Random(form)
    text = desk.log(*(hit.but(ip=f"198.51.{n}.1") for n in range(50)), form=form).read_text()
    engine = Engine(lookups.lists(desk.place.settings), ANY_TIME)
    quick = QuickReader(engine.database)
    taken = 0
    for _ in range(30):
        marks = list(text)
        for _ in range(dice.randrange(1, 30)):
            marks[dice.randrange(len(marks))] = dice.choice("\"\t#- \\x1é€\n,'[]")
        path = desk.write("".join(marks), name="odd.log")
        layout = layout_of(text, form, "odd.log")
        for chunk in LogFile(path).chunks(0, 1):
            if engine.is_clean(chunk) and quick.read(chunk, layout):
                taken += 1
                fast = set(engine.database.execute(_GOOD).fetchall())
                engine.read_raw(chunk)
                engine.understand(chunk, layout)
                slow = set(engine.database.execute(_GOOD).fetchall())
                # The slow reader repairs or refuses the lines that the fast one leaves out.
                assert fast <= slow
    assert taken > 3
    quick.close()
    engine.close()


ANY_TIME = Bounds(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
_GOOD = """
SELECT * FROM fields
WHERE sent_at IS NOT NULL AND status IS NOT NULL AND bytes IS NOT NULL AND ip <> ''
"""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((10_000_000, 100_000, 600_000), 1_090_000),
        ((10_000_001, 100_000, 600_000), 1_090_001),
        ((400_000, 1_000, 30_000), 400_000),
        ((400_000, None, 600_000), 400_000),
        ((None, None, 600_000), None),
    ],
)
def test_r26_r29_the_threshold(facts: tuple[Any, Any, Any], expected: int | None) -> None:
    """Header and one minute, rounded up; the whole file when either is unknown."""
    assert expected == threshold_bytes(*facts)


def feed_of(desk: Any) -> list[object]:
    """The options that describe the show by files only."""
    feed, media = desk.folder / "show.xml", desk.folder / "facts.json"
    feed.write_text(FEED.format(items=ITEMS))
    media.write_text(json.dumps(MEDIA))
    return ["--feed", feed, "--media", media, "--no-probe"]


def run(command: click.Command, *words: object, obj: Any) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], obj=obj)


def test_with_a_feed_no_database_is_opened(desk: Any, hit: Any, monkeypatch: Any) -> None:
    """The figures, a sentence about files of other shows, exit code 0; as JSON with lines read."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(desk.folder))
    log = desk.log(hit, hit.but(path="/elsewhere.mp3"))
    words = ["--from-logs", log, *feed_of(desk)]
    shown = run(cli.downloads, *words, "--by", "episode", obj=None)
    told = run(cli.downloads, *words, "--json", obj=None)

    assert (0, 0) == (shown.exit_code, told.exit_code)
    assert "Episode one\t1" in shown.stdout
    assert "1 requests are for files in no known feed" in shown.stderr
    assert '"read": 2' in told.stdout
    assert not (desk.folder / "postgres").exists()


def test_r37_from_logs_tells_the_windows_side_by_side(desk: Any, hit: Any) -> None:
    """R37: the guidelines' own example, as a table with the difference in words, and as JSON."""
    times = [NINTH + timedelta(hours=hours) for hours in (22, 27, 46.25, 71.25)]
    log = desk.log(*(hit.but(at=time) for time in times))
    words = ["--from-logs", log, *feed_of(desk), "--window", "all"]
    shown = run(cli.downloads, *words, obj=None)
    told = run(cli.downloads, *words, "--json", obj=None)
    refused = run(cli.downloads, *words, "--by", "app", obj=None)

    assert (0, 0) == (shown.exit_code, told.exit_code)
    assert "3 calendar, 3 first-touch, 2 last-touch" in shown.stderr
    assert "R36" in shown.stderr
    assert {"calendar": 3, "first-touch": 3, "last-touch": 2} == json.loads(told.stdout)["windows"]
    assert "--by day" in str(getattr(refused.exception, "hint", ""))


def test_lines_that_cannot_be_used_are_told_and_the_exit_code_is_3(desk: Any, hit: Any) -> None:
    """The good lines are counted."""
    log = desk.write(hit.combined() + "\nnonsense\n")
    no_log = desk.write("just words\n")
    words = ["--from-logs", log, no_log, *feed_of(desk)]
    result = run(cli.downloads, *words, obj=None)

    assert 3 == result.exit_code
    assert "2026-11-18\t1" in result.stdout
    assert "1 lines could not be used: malformed_line" in result.stderr
    assert "unknown log format" in result.stderr


def test_requests_for_unknown_files_are_listed_most_frequent_first(desk: Any, hit: Any) -> None:
    """Host and path of answers with content; a known file and an answer 404 are not listed."""
    asked = [("/lost.mp3", 206), ("/gone.mp3", 404), ("/b.mp3", 200), ("/lost.mp3", 200)]
    lines = [
        hit.combined().replace("/one.mp3", path).replace(" 200 ", f" {status} ")
        for path, status in [*asked, ("/a.mp3", 206), ("/one.mp3", 206)]
    ]
    log = desk.write("\n".join(lines) + "\n")
    result = run(cli.downloads, "--from-logs", log, *feed_of(desk), obj=None)
    listed = [line.strip() for line in result.stderr.splitlines() if ".mp3" in line]

    assert [
        "2 for media.example/lost.mp3",
        "1 for media.example/a.mp3",
        "1 for media.example/b.mp3",
    ] == listed


def test_files_without_from_logs_are_a_mistake_with_a_way_out(desk: Any, hit: Any) -> None:
    """--from-logs without files is an error as well."""
    for words in ([desk.log(hit)], ["--feed", "feed.xml"], ["--from-logs"]):
        result = run(cli.downloads, *words, obj=None)
        assert "--from-logs access.log --feed" in str(getattr(result.exception, "command", ""))


@pytest.mark.parametrize("package", ["", ".gz"])
def test_a_template_of_fields_counts_the_same_stored_and_not(
    agree: Callable[..., dict[str, int]], desk: Any, package: str
) -> None:
    """A template of nginx with the parts' ranges; a damaged line is in the quarantine both ways."""
    template = (
        'fields=$remote_addr [$time_local] $host "$request" $status $body_bytes_sent '
        '"$http_user_agent" "$http_range" $request_id'
    )
    line = (
        '{ip} [20/Nov/2026:10:00:00 +0000] media.example "GET {path} HTTP/1.1" 206 5000000 '
        '"Overcast/3.0" "bytes={asked}" {id}\n'
    )
    rows = [
        {"ip": "203.0.113.1", "path": "/one.mp3", "asked": "0-4999999", "id": "a1"},
        {"ip": "203.0.113.2", "path": "/one.mp3", "asked": "-5000000", "id": "0"},
        {"ip": "203.0.113.3", "path": "/two.mp3", "asked": "0-4999999", "id": "0"},
        {"ip": "203.0.113.3", "path": "/nowhere.mp3", "asked": "0-4999999", "id": "a4"},
    ]
    log = desk.write("".join(line.format(**row) for row in rows) + "damaged\n", f"own.log{package}")
    by_day = agree(log, form=template)

    assert {"2026-11-20": 3} == by_day
    assert {"unknown_path": 1} == desk.filtered()
    assert [("fields", template.removeprefix("fields="))] == desk.rows(
        "SELECT format, template FROM measurement.source_files"
    )
    assert 0 == desk.ingest(log, form=template).stored
