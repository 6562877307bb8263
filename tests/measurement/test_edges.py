"""Inputs that were once silently miscounted: `edges/` has them, one row per case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from wavehouse.catalog import FeedReading, FileFeedSource, parse_feed, read_media_file
from wavehouse.kernel import clock, config
from wavehouse.measurement.service.count_only import Known, Wanted, count_logs, known_from_feeds
from wavehouse.measurement.types import PeriodFigures

FOLDER = Path(__file__).parent / "edges"
SETTINGS = config.load({}, environment={})
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@cache
def known(feed: str, media: str) -> Known:
    """A feed whose files a media file describes; nothing is fetched."""
    described = read_media_file(FOLDER / media) if media else {}
    reading = FeedReading(source=FileFeedSource(), probe=None, media=described)
    return known_from_feeds(SETTINGS, [(str(FOLDER / feed), reading)])


def counted(log: Path, feed: str = "b-feed.xml", media: str = "b-media.json") -> PeriodFigures:
    """The count of a log with a feed; nothing is stored."""
    return count_logs(SETTINGS, known(feed, media), [log], Wanted(by="episode"))


ELSEWHERE = {
    "C1": ("catalog/test_identity", "r03_without_guid_a_new_prefix_makes_no_new_episode"),
    "C3": ("catalog/test_identity", "r03_a_changed_guid_keeps_its_episode_and_is_noticed"),
    "M1": ("catalog/test_identity_rules", "r03_a_hop_that_two_episodes_share_is_nobodys"),
    "M2": ("catalog/test_identity_rules", "r03_our_rules_know_paths_that_differ_for_each_listener"),
    "N1": ("catalog/test_hostile", "a_server_that_sends_by_drops_is_left_at_the_deadline"),
    "P2": ("catalog/test_hostile", "files_that_there_was_no_time_for_are_reported"),
}
"""The other rows, which need a database or a server, with their tests."""

# row of the cases, log, feed, media, downloads by title, requests filtered, unusable lines
ROWS: tuple[tuple[str, str, str, str, Mapping[str, int], Mapping[str, int], Mapping[str, int]], ...]
ROWS = (
    ("A1", "c01-query", "c01-query-feed", "", {"Q5": 1, "Q6": 2, "Q7": 3}, {}, {}),
    ("A3", "a3-6seg", "a3-feed", "a3-media", {"H1": 1}, {}, {}),
    ("B1", "c02-length", "c02-length1-feed", "c-media", {}, {}, {}),
    ("B1 unmeasured", "c02-length", "c02-length1-feed", "", {}, {}, {}),
    ("F1 ausha", "f", "f-ausha-feed", "b-media", {"P1": 1}, {}, {}),
    ("F1 firstory", "f", "f-firstory-feed", "b-media", {"P1": 1}, {}, {}),
    ("G1", "f", "f-op3slash-feed", "b-media", {"P1": 1}, {}, {}),
    ("G2", "f", "f-encscheme-feed", "b-media", {"P1": 1}, {}, {}),
    ("H1", "m1-referer-raw-quote", "b-feed", "b-media", {"P1": 1}, {}, {"malformed_line": 1}),
    ("H2", "m3-agent-raw-quote-206", "b-feed", "b-media", {"P1": 1}, {}, {"malformed_line": 2}),
    ("I1", "c05-bracket", "c04-feed", "c-media", {"P1": 1}, {}, {}),
    ("I2", "c05-user-bracket", "c04-feed", "c-media", {"P1": 1}, {}, {}),
    ("J1", "b09-vhost-port", "b-feed", "b-media", {"P1": 1}, {}, {}),
    ("J3", "b10-nginx-main", "b-feed", "b-media", {"P1": 1}, {}, {}),
    ("J4 traefik", "u4-traefik", "b-feed", "b-media", {"P1": 1}, {}, {}),
    ("J4 time", "c03-request-time", "c04-feed", "c-media", {}, {"unknown_path": 1}, {}),
    ("K1", "b20-cf-worker", "b-feed", "b-media", {"P1": 1}, {"internal": 1}, {}),
    ("L1 relay", "r1-relay-25", "b-feed", "b-media", {"P1": 25}, {}, {}),
    ("L1 NAT", "r2-nat-25", "b-feed", "b-media", {}, {"excess_ip": 25}, {}),
    ("O1", "u6-suffix", "b-feed", "b-media", {"P1": 1}, {}, {}),
    ("Q1", "b04-cf-2520", "b-feed", "b-media", {"P1": 1}, {"bot": 1, "watch": 1}, {}),
)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_of_the_cases_is_counted_as_by_hand(
    row: tuple[str, str, str, str, Mapping[str, int], Mapping[str, int], Mapping[str, int]],
) -> None:
    """Downloads, filtered requests and unusable lines; none is left out silently."""
    _, log, feed, media, downloads, filtered, faults = row
    found = counted(FOLDER / f"{log}.log", f"{feed}.xml", f"{media}.json" if media else "")

    assert downloads == {figure.label: figure.downloads for figure in found.rows}
    assert (filtered, faults) == (found.filtered, found.faults)
    # 25 people of one carrier raise a warning: most lines have the same reason.
    assert (row[0] == "L1 NAT") == bool(found.errors)


def test_l1_a_network_of_a_carrier_is_counted_once_it_is_included() -> None:
    """Its 25 listeners are people: by R19 the operator's entry overrides R18, too."""
    feed = known("b-feed.xml", "b-media.json")
    until = datetime(2027, 1, 1, tzinfo=UTC)
    included = replace(feed, lookups=replace(feed.lookups, included_until=lambda *_: until))
    found = count_logs(SETTINGS, included, [FOLDER / "r2-nat-25.log"], Wanted(by="episode"))

    assert 25 == found.downloads


@pytest.mark.parametrize(
    ("row", "feed", "expected"),
    [
        ("D1", "d-gmtminus", "2015-03-01T05:00"),
        ("D2", "d-asctime", "2026-10-05T06:00"),
        ("D5", "d-off2", "2026-10-05T01:00"),
        ("E1", "d-dez", "2021-12-04T14:00"),
        ("E3", "d-iso1", "2020-10-09T00:00"),
        ("E3", "d-fifth", "2026-10-05T06:00"),
        ("E3", "d-slash", "2023-02-03T06:34"),
    ],
)
def test_a_row_of_the_cases_has_its_date(row: str, feed: str, expected: str) -> None:
    """The date is that of OP3's vectors; the request is later than the release."""
    (episode,) = parse_feed((FOLDER / f"{feed}-feed.xml").read_bytes()).episodes

    assert row
    assert episode.published_at is not None
    assert expected == episode.published_at.astimezone(UTC).isoformat()[:16]
    found = counted(FOLDER / "f.log", f"{feed}-feed.xml")
    assert (1, {}) == (found.downloads, found.flagged)


LISTENER = "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"
OP3 = (
    "time uuid hashedIpAddress method url userAgent referer range xpsId ulid edgeColo continent "
    "country timezone regionCode region metroCode"
).replace(" ", "\t")


@pytest.mark.parametrize("first", [0, 200_000])
@pytest.mark.parametrize("size", [1, 2])
def test_r14_a_probe_of_a_redirect_is_a_probe_at_any_offset(
    first: int, size: int, tmp_path: Path
) -> None:
    """A prefix has no bytes (R30): one or two of them, at any offset, are no download."""
    url = "https://op3.dev/e/cdn.pods.example/show/p1.mp3"
    cells = ["2026-11-28T10:00:00.000Z", "1" * 32, "a" * 40, "GET", url, LISTENER, "",
             f"bytes={first}-{first + size - 1}", "", "", "FRA", "EU", "IT", "Etc/UTC", "", "",
             ""]  # fmt: skip
    log = tmp_path / "probe.tsv"
    log.write_text(f"{OP3}\n" + "\t".join(cells) + "\n")
    found = counted(log)

    assert (0, {"probe_range": 1}) == (found.downloads, found.filtered)


def test_a_cut_last_line_makes_no_listener(tmp_path: Path) -> None:
    """CloudFront's last column is a byte position: cut, it would be another range."""
    whole = (FOLDER / "b04-cf-2520.log").read_text()
    log = tmp_path / "cut.log"
    lines = whole.rstrip("\n").split("\n")
    log.write_text("\n".join([*lines, lines[-1][: len(lines[-1]) * 2 // 3]]))
    found = counted(log)

    assert counted(FOLDER / "b04-cf-2520.log").downloads == found.downloads
    assert 1 == sum(found.faults.values())


@pytest.mark.parametrize("row", ELSEWHERE)
def test_the_other_rows_of_the_cases_have_a_test(row: str) -> None:
    """Each test is named in this file."""
    path, name = ELSEWHERE[row]
    text = (FOLDER.parents[1] / f"{path}.py").read_text(encoding="utf-8")

    assert f"def test_{name}(" in text


LINE = (
    '{ip} - - [28/Nov/2026:10:00:00 +0000] "{verb} /show/p1.mp3 HTTP/1.1" {status} 5000000 "-" '
    '"{agent}"\n'
)
MOST = {
    "no user agent": {"agent": "-"},
    "not GET requests": {"verb": "HEAD"},
    "status other than": {"status": "302"},
    "data centres": {"ip": "52.95.110.{n}"},
}


@pytest.mark.parametrize("said", MOST)
def test_a_log_whose_lines_end_in_one_reason_is_not_passed_over(said: str, tmp_path: Path) -> None:
    """Whatever the reason: a sentence and exit code 3, also when nothing is stored."""
    usual = {"ip": "192.0.2.{n}", "verb": "GET", "status": "200", "agent": LISTENER}
    lines = [
        LINE.format(**{k: v.replace("{n}", str(n)) for k, v in (usual | MOST[said]).items()})
        for n in range(1, 13)
    ]
    log = tmp_path / "odd.log"
    log.write_text("".join(lines))
    found = counted(log)

    assert (0, 1) == (found.downloads, len(found.errors))
    assert said in found.errors[0]
