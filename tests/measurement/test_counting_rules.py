"""Each counting rule by its number: hand-written lines, figures that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import acting

from wavehouse import measurement
from wavehouse.kernel import config

MINUTE = 1_090_000
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_r01_a_line_that_is_read_twice_counts_once(desk: Any, hit: Any, form: str) -> None:
    """The same file again, also under another name, adds nothing."""
    path = desk.log(hit, form=form)
    desk.ingest(path)
    renamed = path.rename(path.with_name("other.log"))

    assert 0 == desk.ingest(renamed).stored
    assert 1 == desk.total()
    assert [(1,)] == desk.rows("SELECT count(*) FROM measurement.requests")


def test_r01_a_request_id_in_two_files_is_one_request(desk: Any, hit: Any) -> None:
    """CloudFront sometimes delivers a line twice, in different files."""
    half = hit.part(0, 599_999, native="once")
    desk.judge(half, form="cloudfront")
    tally = desk.judge(hit.part(5, 6, path="/two.mp3"), half, form="cloudfront")

    assert (1, 1) == (tally.stored, tally.duplicate)


def test_r02_the_order_of_lines_does_not_matter(desk: Any, hit: Any, form: str) -> None:
    """Times decide, not the order of arrival: the first minute may come last."""
    late, early = hit.part(600_000, 1_199_999, at=NOON + HOUR), hit.part(0, 599_999, at=NOON)
    desk.judge(late, early, form=form)

    assert 1 == desk.total()
    assert [NOON] == [r[0] for r in desk.rows("SELECT downloaded_at FROM measurement.downloads")]


@pytest.mark.parametrize(
    "path",
    [
        "/one.mp3?utm_source=app&listener=1",
        "/one.opus",
        "/wh/e/media.example/one.mp3",
        "/e/https://media.example/one.mp3",
    ],
)
def test_r03_an_episode_is_known_by_any_of_its_addresses(desk: Any, hit: Any, path: str) -> None:
    """Enclosure and alternate, with added parameters, through prefixes: one episode."""
    host = "op3.dev" if path.startswith("/e/") else "media.example"
    desk.judge(hit.but(path=path, host=host))

    assert {"one": 1} == desk.downloads("episode")


def test_r03_the_path_alone_tells_an_episode_behind_another_host(desk: Any, hit: Any) -> None:
    """When a log has the distribution's host, or none, a path that only one file has is enough."""
    desk.judge(hit.but(host="d111.cloudfront.net"))
    desk.judge(hit.but(ip="198.51.100.9"), form="plain")

    assert {"one": 2} == desk.downloads("episode")


def test_r04_ipv6_addresses_of_one_network_are_one_listener(desk: Any, hit: Any, form: str) -> None:
    """Only the first 64 bits count: rotating addresses add no listeners."""
    desk.judge(
        hit.but(ip="2001:db8:1:2::1"),
        hit.but(ip="2001:db8:1:2:ffff::9"),
        hit.but(ip="2001:db8:1:3::1"),
        form=form,
    )

    assert 2 == desk.total()


def test_r05_a_mapped_ipv4_address_is_that_ipv4_address(desk: Any, hit: Any, form: str) -> None:
    """It is unmapped before truncation: two such clients stay two, and equal their IPv4 selves."""
    desk.judge(
        hit.but(ip="::ffff:203.0.113.7"),
        hit.but(ip="203.0.113.7"),
        hit.but(ip="::ffff:203.0.113.8"),
        form=form,
    )

    assert 2 == desk.total()


def test_r06_an_unreadable_address_is_filtered(desk: Any, hit: Any, form: str) -> None:
    """A host name, too large a number, a dash: ``bad_ip``, without a listener key."""
    # too many bad lines: the file is refused
    good = [hit.but(ip=f"203.0.113.{n}") for n in range(1, 5)]
    bad = [hit.but(ip=ip) for ip in ("example.net", "300.1.1.1", "-")]
    tally = desk.judge(*good, *bad, form=form)

    assert {"bad_ip": 3} == tally.filtered == desk.filtered()
    assert [(None,)] * 3 == desk.rows(
        "SELECT listener_key FROM measurement.requests WHERE reason = 'bad_ip'"
    )


def test_r06_a_forwarded_address_of_a_stranger_is_not_believed(desk: Any, hit: Any) -> None:
    """Without configured proxies the header changes nothing: one listener."""
    desk.judge(
        hit.but(forwarded="198.51.100.1"), hit.but(forwarded="198.51.100.2"), form="cloudfront"
    )

    assert 1 == desk.total()


def test_r06_behind_configured_proxies_the_forwarded_address_counts(
    desk: Any, hit: Any, tmp_path: Any
) -> None:
    """It is read from the right, through the trusted proxies; the client's own part is ignored."""
    settings = config.load(
        {"home": str(tmp_path), "trusted_proxies": ["10.0.0.0/8"]}, environment={}
    )
    desk = type(desk)(replace(desk.place, settings=settings), desk.folder)
    proxied = hit.but(ip="10.0.0.1")
    desk.judge(
        proxied.but(forwarded="198.51.100.1"),
        proxied.but(forwarded="8.8.8.8,%20198.51.100.1,%2010.0.0.2"),
        proxied.but(forwarded="198.51.100.2"),
        hit.but(forwarded="198.51.100.9"),
        proxied.but(forwarded="unknown"),
        form="cloudfront",
    )

    assert {"bad_ip": 1} == desk.filtered()
    assert 3 == desk.total()


def test_r07_the_key_is_a_keyed_hash_and_changes_with_the_month(desk: Any, hit: Any) -> None:
    """The same listener has another key next month, and the previous one beside it."""
    desk.judge(hit.but(at=datetime(2026, 10, 31, 12, tzinfo=UTC)), hit.but(at=NOON))
    (old,), (new,) = desk.rows(
        "SELECT listener_key FROM measurement.requests ORDER BY requested_at"
    )

    assert old != new
    assert [(old,)] == desk.rows(
        "SELECT listener_key_prev FROM measurement.requests WHERE listener_key = %s", new
    )


def test_r08_the_whole_user_agent_is_in_the_key_not_the_app(desk: Any, hit: Any, form: str) -> None:
    """Two versions of one app at one address are two listeners of one app."""
    desk.judge(hit.but(agent="Overcast/3.0 (a)"), hit.but(agent="Overcast/3.1 (a)"), form=form)

    assert {"Overcast": 2} == desk.downloads("app")


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_r09_only_get_counts(desk: Any, hit: Any, form: str, method: str) -> None:
    """HEAD and all other methods never count."""
    assert {"bad_method": 1} == desk.judge(hit.but(method=method), form=form).filtered
    assert 0 == desk.total()


def test_r10_not_modified_never_counts(desk: Any, hit: Any, form: str) -> None:
    """304 has a separate reason."""
    assert {"not_modified": 1} == desk.judge(hit.but(status=304), form=form).filtered
    assert 0 == desk.total()


@pytest.mark.parametrize("status", [204, 301, 302, 403, 404, 416, 500, 999])
def test_r11_other_answers_never_count(desk: Any, hit: Any, form: str, status: int) -> None:
    """Redirects, errors and invalid statuses, whatever their bytes."""
    assert {"bad_status": 1} == desk.judge(hit.but(status=status), form=form).filtered
    assert 0 == desk.total()


def test_r12_a_whole_answer_is_a_candidate_below_the_threshold_too(
    desk: Any, hit: Any, form: str
) -> None:
    """A 200 with all bytes counts; an aborted 200 with few bytes does not."""
    desk.judge(hit, hit.but(ip="198.51.100.4", size=MINUTE - 1), form=form)

    assert {"counted": 1, "below_threshold": 1} == desk.outcomes()


def test_r13_partial_answers_count_by_their_bytes_together(desk: Any, hit: Any, form: str) -> None:
    """Two halves of a minute are one download, one half is none."""
    desk.judge(
        hit.part(0, 545_000),
        hit.part(545_001, MINUTE - 1),
        hit.part(0, 545_000, ip="198.51.100.4"),
        form=form,
    )

    assert 1 == desk.total()
    assert {"counted": 2, "below_threshold": 1} == desk.outcomes()


@pytest.mark.parametrize("last", [0, 1])
def test_r14_a_probe_for_ranges_is_disregarded(desk: Any, hit: Any, form: str, last: int) -> None:
    """``0-1`` and ``0-0``: the player only tests for range support."""
    assert {"probe_range": 1} == desk.judge(hit.part(0, last), form=form).filtered


def test_r14_a_probe_is_told_in_any_spelling(desk: Any, hit: Any) -> None:
    """The unit is case-insensitive, and spaces around the numbers are allowed."""
    probe = hit.part(0, 1)
    tally = desk.judge(probe.but(asked="Bytes=0-1"), probe.but(asked="bytes= 0-1"))

    assert {"probe_range": 2} == tally.filtered


@pytest.mark.parametrize("asked", ["bytes=abc", "bytes=900-100", "lines=0-1"])
def test_r14_a_header_that_cannot_be_parsed_is_ignored(desk: Any, hit: Any, asked: str) -> None:
    """It does not mean the whole file: the sent bytes count from the start of the file."""
    desk.judge(hit.but(status=206, size=MINUTE - 1, asked=asked))
    desk.judge(hit.but(status=206, size=MINUTE, asked=asked, ip="198.51.100.4"))

    assert 1 == desk.total()


def test_r14_a_suffix_range_is_at_the_end_of_the_file(desk: Any, hit: Any) -> None:
    """Requesting the last bytes twice covers them once (R27); they are not the first bytes."""
    last = hit.but(status=206, size=600_000, asked="bytes=-600000")
    desk.judge(last, last.but(at=last.at + timedelta(seconds=9)), hit.part(9_400_000, 9_999_999))
    assert 0 == desk.total()

    desk.judge(hit.part(0, MINUTE - 600_001))
    assert [(MINUTE,)] == desk.rows("SELECT bytes FROM measurement.downloads")


def test_r14_several_ranges_are_filled_in_order(desk: Any, hit: Any) -> None:
    """A multi-range answer without a Content-Range fills each range in turn with its bytes."""
    asked = "bytes=0-599999,500000-1099999"
    desk.judge(hit.but(status=206, size=1_200_000, asked=asked))
    desk.judge(hit.but(status=206, size=1_100_000, asked=asked, ip="198.51.100.4"))

    assert [(1_000_000,), (1_100_000,)] == sorted(
        desk.rows(
            """
            SELECT (SELECT sum(upper(r) - lower(r))::bigint FROM unnest(
              coalesce(other_ranges, '{}') + int8multirange(int8range(range_start, range_end))) r)
            FROM measurement.requests
            """
        )
    )
    assert 1 == desk.total()


def test_r15_a_status_of_000_is_a_206_that_ended_early(desk: Any, hit: Any, form: str) -> None:
    """It counts only when its bytes reach the threshold."""
    desk.judge(
        hit.part(0, 4_999_999, sent=MINUTE).but(status=0),
        hit.part(0, 4_999_999, sent=MINUTE - 1_000, ip="198.51.100.4").but(status=0),
        form=form,
    )

    assert {"counted": 1, "below_threshold": 1} == desk.outcomes()


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("", "empty_agent"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        ("FancyNewCrawler/0.1", "bot"),
        ("my-spider", "bot"),
    ],
)
def test_r16_bots_and_empty_agents_are_filtered(
    desk: Any, hit: Any, form: str, agent: str, reason: str
) -> None:
    """Known bots, self-declared ones, and empty agents."""
    assert {reason: 1} == desk.judge(hit.but(agent=agent), form=form).filtered
    assert 0 == desk.total()


def test_r17_data_centres_and_vpns_are_filtered(
    desk: Any, hit: Any, form: str, addresses: dict[str, str]
) -> None:
    """By the bundled lists, each with its reason; a privacy relay is not filtered."""
    tally = desk.judge(
        hit.but(ip=addresses["datacenter"]),
        hit.but(ip=addresses["vpn"]),
        hit.but(ip=addresses["relay"]),
        form=form,
    )

    assert {"datacenter": 1, "vpn": 1} == tally.filtered
    assert 1 == desk.total()


@pytest.mark.parametrize(
    "agent", ["atc/1.0 watchOS/8.0 model/Watch3,4", "Podcasts/1 (null)/(null) watchOS/9.1"]
)
def test_r20_a_watchs_copy_is_filtered(desk: Any, hit: Any, form: str, agent: str) -> None:
    """The agent begins with ``atc/`` and names watchOS, or contains ``(null)/(null) watchOS``."""
    assert {"watch": 1} == desk.judge(hit.but(agent=agent), form=form).filtered


@pytest.mark.parametrize(
    "agent",
    [
        "Overcast (+http://overcast.fm/; Apple Watch podcast app)",
        "AppleCoreMedia/1.0.0.19R346 (Apple Watch; U; CPU OS 8_0 like Mac OS X; en_us)",
        "atc/1.0",
    ],
)
def test_r21_every_other_watch_is_a_listener(desk: Any, hit: Any, form: str, agent: str) -> None:
    """Only the agents of R20 are filtered."""
    desk.judge(hit.but(agent=agent), form=form)

    assert 1 == desk.total()


def test_r22_a_malformed_agent_is_filtered_and_a_typo_corrected(
    desk: Any, hit: Any, form: str
) -> None:
    """An attack is not a user agent; a header's name in front of one is a typo."""
    tally = desk.judge(
        hit.but(agent="<script>alert(1)</script>"),
        hit.but(agent="12345"),
        hit.but(agent="User-Agent: Overcast/3.0"),
        form=form,
    )

    assert {"malformed_agent": 2} == tally.filtered
    assert {"Overcast": 1} == desk.downloads("app")


def test_r22_control_characters_are_filtered_and_break_nothing(desk: Any, hit: Any) -> None:
    """Percent-encoded NUL bytes are stored as a malformed agent, without an error."""
    tally = desk.judge(hit.but(agent="Fine\0Player\x1f/1"), hit, form="cloudfront")

    assert {"malformed_agent": 1} == tally.filtered
    assert 1 == desk.total()


def test_r26_the_threshold_is_the_header_and_a_minute(desk: Any, hit: Any, form: str) -> None:
    """100,000 + ceil(9,900,000 x 60 / 600) = 1,090,000: exactly that counts, one less does not."""
    desk.judge(hit.but(size=MINUTE), hit.but(ip="198.51.100.4", size=MINUTE - 1), form=form)

    assert 1 == desk.total()
    assert [(MINUTE, MINUTE)] == desk.rows(
        "SELECT bytes, threshold_bytes FROM measurement.downloads"
    )


def test_r26_each_rendition_has_its_own_threshold(desk: Any, hit: Any) -> None:
    """Bytes of two files are not added: a minute of one of them must have been sent."""
    desk.judge(
        hit.part(0, 400_000, path="/one.opus"),
        hit.part(0, 1_000_000),
        hit.part(0, 435_999, path="/one.opus", ip="198.51.100.4"),
    )

    assert {"one": 1} == desk.downloads("episode")


def test_r27_bytes_are_a_union_of_positions(desk: Any, hit: Any, form: str) -> None:
    """0-499999, 400000-899999 and 100-200 are 900,000 bytes, not 1,000,101."""
    parts = [hit.part(0, 499_999), hit.part(400_000, 899_999), hit.part(100, 200)]
    desk.judge(*parts, form=form)
    assert 0 == desk.total()

    desk.judge(hit.part(1_000_000, 1_189_999), form=form)
    assert [(MINUTE,)] == desk.rows("SELECT bytes FROM measurement.downloads")


def test_r28_what_was_asked_for_is_not_what_was_sent(desk: Any, hit: Any, form: str) -> None:
    """A range of ten million bytes with a thousand bytes sent counts a thousand bytes."""
    desk.judge(hit.part(0, 9_999_999, sent=1_000), form=form)

    # CloudFront's bytes include the answer's headers, which cannot be separated.
    assert [(1_450 if form == "cloudfront" else 1_000,)] == desk.rows(
        "SELECT range_end FROM measurement.requests"
    )
    assert 0 == desk.total()


@pytest.mark.parametrize(("path", "whole"), [("/short.mp3", 400_000), ("/vague.mp3", 5_000_000)])
def test_r29_a_short_or_unmeasured_file_must_be_sent_whole(
    desk: Any, hit: Any, form: str, path: str, whole: int
) -> None:
    """Under a minute, or of unknown size: 100 % of the bytes, including the header."""
    desk.judge(
        hit.but(path=path, size=whole),
        # CloudFront's bytes include 450 of headers, which cannot be separated from the file's.
        hit.but(path=path, size=whole - 451, ip="198.51.100.4"),
        form=form,
    )

    assert {"counted": 1, "below_threshold": 1} == desk.outcomes()


def test_r30_our_redirect_is_an_estimate_never_a_download(desk: Any, hit: Any, form: str) -> None:
    """A 302 of our own prefix has no bytes: it is shown separately and is no download."""
    from wavehouse import measurement

    redirect = hit.but(path="/wh/e/media.example/own.mp3", host="hits.example", status=302, size=0)
    desk.judge(redirect, redirect.but(at=NOON), form=form)

    assert {"prefix_estimate": 2} == desk.outcomes()
    assert {} == desk.downloads()
    assert 1 == acting.operational(
        desk.place, measurement.estimates, first=NOON.date(), last=NOON.date()
    )
    assert [("prefix_estimate",)] == desk.rows("SELECT method FROM measurement.downloads")


def test_r30_bytes_prove_what_a_redirect_only_suggests(desk: Any, hit: Any, form: str) -> None:
    """A listener seen at both is one download or none: the redirect adds no estimate."""
    redirect = hit.but(path="/wh/e/media.example/own.mp3", host="hits.example", status=302, size=0)
    media = hit.but(path="/own.mp3")
    desk.judge(redirect, media, form=form)
    desk.judge(
        redirect.but(ip="198.51.100.4"), media.but(ip="198.51.100.4", size=MINUTE - 1), form=form
    )

    assert 1 == desk.total()
    assert {"counted": 2, "below_threshold": 2} == desk.outcomes()


def test_r31_bytes_do_not_add_across_midnight(desk: Any, hit: Any, form: str) -> None:
    """Half a minute before and most of one after are no download on either day."""
    before = datetime(2026, 11, 17, 23, 59, 59, tzinfo=UTC)
    desk.judge(
        hit.part(0, 545_000, at=before),
        hit.part(545_001, 1_500_000, at=before + timedelta(seconds=1)),
        form=form,
    )

    assert 0 == desk.total()
    assert {"below_threshold": 2} == desk.outcomes()


def test_r33_ten_requests_of_six_agents_are_six_listeners(desk: Any, hit: Any, form: str) -> None:
    """At one address within a day: six downloads, six listeners."""
    desk.judge(
        *(
            hit.but(agent=f"Overcast/{n % 6}.0", at=NOON + n * timedelta(minutes=5))
            for n in range(10)
        ),
        form=form,
    )

    assert 6 == desk.total()
    assert 6 == desk.listeners(NOON.date(), NOON.date())


def test_r34_one_download_per_listener_episode_and_utc_day(desk: Any, hit: Any, form: str) -> None:
    """Twice a day is one, the next day is another, another episode is another."""
    desk.judge(
        hit.but(at=NOON),
        hit.but(at=NOON + 11 * HOUR),
        hit.but(at=NOON + 12 * HOUR),
        hit.but(at=NOON, path="/two.mp3"),
        form=form,
    )

    assert {"2026-11-18": 2, "2026-11-19": 1} == desk.downloads()


def test_r34_the_day_is_utc_whatever_zone_the_log_is_written_in(desk: Any, hit: Any) -> None:
    """23:30 at UTC-5 is on the next day."""
    local = hit.but(at=datetime(2026, 11, 17, 23, 30, tzinfo=UTC)).combined()
    desk.ingest(desk.write(local.replace("+0000", "-0500") + "\n"))

    assert {"2026-11-18": 1} == desk.downloads()


def test_r41_a_download_dates_from_the_first_request_that_contributes(
    desk: Any, hit: Any, form: str
) -> None:
    """A probe and an empty answer set no date; the first bytes do."""
    desk.judge(
        hit.part(0, 1, at=NOON - 3 * HOUR),
        hit.but(size=0, at=NOON - 2 * HOUR) if form == "combined" else hit.part(0, 1, at=NOON),
        hit.part(600_000, 1_199_999, at=NOON),
        hit.part(0, 599_999, at=NOON + HOUR),
        form=form,
    )

    assert [(NOON,)] == desk.rows("SELECT downloaded_at FROM measurement.downloads")
    assert [(NOON, 1)] == desk.rollup_rows(
        "SELECT hour, downloads FROM analytics.listener_events_hourly"
    )


def test_every_filtered_request_keeps_its_reason(desk: Any, hit: Any, form: str) -> None:
    """All requests are stored; the first applicable reason is kept."""
    tally = desk.judge(
        hit.but(ip="-", path="/nowhere"),
        hit.but(path="/nowhere", method="POST"),
        hit.but(method="POST", status=304),
        hit.but(status=304, agent=""),
        hit.but(status=404, agent=""),
        hit.part(0, 1, agent=""),
        hit.but(agent=""),
        form=form,
    )

    assert {
        "bad_ip": 1,
        "unknown_path": 1,
        "bad_method": 1,
        "not_modified": 1,
        "bad_status": 1,
        "probe_range": 1,
        "empty_agent": 1,
    } == desk.filtered()
    assert 7 == tally.stored
    assert (
        date(2026, 11, 18)
        == desk.rows("SELECT min(requested_at) FROM measurement.requests")[0][0].date()
    )


def test_r32_of_two_renditions_the_first_that_qualifies_counts(desk: Any, hit: Any) -> None:
    """The first is a download; the other is flagged, and one below its threshold is not counted."""
    other = hit.but(path="/one.opus", size=4_000_000)
    desk.judge(
        hit,
        other.but(at=hit.at + timedelta(minutes=5)),
        other.but(ip="198.51.100.9", size=1000),
        hit.but(ip="198.51.100.9", at=hit.at + timedelta(minutes=5)),
    )
    assert 2 == desk.total()
    day = hit.at.date()
    assert {"rendition_dup": 1} == acting.operational(
        desk.place, measurement.flagged, first=day, last=day
    )
    rows = acting.operational(desk.place, measurement.trace, first=day, last=day, limit=10)
    assert [[], ["rendition_dup"], [], []] == [list(row.flags) for row in rows]


def test_r32_on_another_day_the_other_rendition_is_a_download(desk: Any, hit: Any) -> None:
    """Renditions are duplicates only within one window."""
    desk.judge(hit, hit.but(path="/one.opus", size=4_000_000, at=hit.at + timedelta(days=1)))
    assert 2 == desk.total()
    assert {} == acting.operational(
        desk.place, measurement.flagged, first=hit.at.date(), last=hit.at.date() + timedelta(days=1)
    )
