from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count, pairwise
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from wavehouse.simulation import Settings, log_formats
from wavehouse.simulation.rules import scenes_bytes, scenes_uniques
from wavehouse.simulation.rules.feeds import feed
from wavehouse.simulation.rules.scenes import SCENES
from wavehouse.simulation.rules.shows import media_table, ordinary_shows, rules_show
from wavehouse.simulation.rules.sizes import rendition, threshold
from wavehouse.simulation.rules.sponsors import campaigns
from wavehouse.simulation.rules.stage import Stage
from wavehouse.simulation.types import Episode, Listener, Request, Show
from wavehouse.simulation.writers import writer

PODCAST = "{https://podcastindex.org/namespace/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
SETTINGS = Settings(1, 500, 60, date(2026, 11, 19))
AGENT = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


class Extras:
    """A cast of numbered listeners, without lists and randomness."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def listener(self, agent: str | None = None) -> Listener:
        address = f"192.0.2.{next(self.numbers)}"
        chosen = AGENT if agent is None else agent
        return Listener(address, chosen, "Overcast", "IT", f"{address}|{chosen}")

    def listener6(self, agent: str | None = None) -> Listener:
        network = f"2001:db8:0:{next(self.numbers):x}"
        chosen = AGENT if agent is None else agent
        return Listener(f"{network}::1", chosen, "Overcast", "IT", f"{network}|{chosen}")

    def neighbour(self, listener: Listener) -> Listener:
        return listener._replace(address=listener.address.replace("::1", "::2"))

    def datacentre(self) -> Listener:
        return self.listener()

    vpn = relay = datacentre

    def agents(self, count: int) -> list[tuple[str, str]]:
        return [(f"App{n}/1.0", f"App {n}") for n in range(count)]

    def bot(self) -> str:
        return "ExampleBot/1.0"


def episode(rule: str) -> Episode:
    return next(e for e in rules_show(SETTINGS).episodes if e.guid == f"sim-{rule}")


def played(rule: str, scene: Callable[[Stage], None], log_format: str) -> Stage:
    stage = Stage(episode(rule), Extras(), writer(log_format))
    scene(stage)
    stage.close()
    return stage


def test_r26_the_threshold_is_the_header_and_a_minute_rounded_up() -> None:
    """1,000 bytes with a header of 100, 90 s long: 100 + 600; a remainder is rounded up."""
    assert 700 == threshold(1000, 100, 90_000)
    assert 701 == threshold(1001, 100, 90_000)


def test_r29_without_a_whole_minute_everything_is_needed() -> None:
    """59.999 s need the whole file; exactly 60 s need header and all audio, which is the same."""
    assert 1000 == threshold(1000, 100, 59_999)
    assert 1000 == threshold(1000, 100, 60_000)


def test_r27_the_scene_has_the_numbers_of_the_rule() -> None:
    """In the example the union is below the threshold and the sum above it."""
    need = episode("R27").media.threshold
    assert 900_000 < need <= 1_000_000 < 1_000_101
    stage = played("R27", scenes_bytes.r27_a_union_of_positions, "combined")
    overlap = [(s.request.first, s.request.last) for s in stage.staged[:3]]
    assert [(0, 499_999), (400_000, 899_999), (100, 200)] == overlap
    assert 1 == len(stage.expected)


def test_r33_ten_requests_by_six_agents_are_six_expected_downloads() -> None:
    """One address, six agents, ten requests."""
    stage = played("R33", scenes_uniques.r33_six_agents_behind_one_address, "combined")
    assert 10 == len(stage.staged)
    assert 1 == len({s.request.address for s in stage.staged})
    assert 6 == len({e.listener.key for e in stage.expected}) == len(stage.expected)


def test_r31_half_before_and_more_after_midnight_is_nothing() -> None:
    """30 and 40 seconds are 70, but on two days."""
    stage = played("R31", scenes_uniques.r31_bytes_stop_at_midnight, "cloudfront")
    before, after = (s.request for s in stage.staged[:2])
    media = episode("R31").media
    assert before.sent + after.sent > media.threshold > max(before.sent, after.sent)
    assert before.address not in {e.listener.address for e in stage.expected}


@pytest.mark.parametrize("log_format", log_formats())
@pytest.mark.parametrize("rule", list(SCENES))
def test_a_scene_has_what_must_count_and_what_must_not(rule: str, log_format: str) -> None:
    """Ignoring a rule would give another number: more is requested than is expected."""
    stage = played(rule, SCENES[rule], log_format)
    assert 0 < len(stage.expected) < sum(item.copies for item in stage.staged)
    assert all(0 <= item.request.second < 86_400 for item in stage.staged)
    assert {0} <= {item.day for item in stage.staged} <= {0, 1}


@pytest.mark.parametrize("rule", list(SCENES))
def test_a_scene_expects_the_same_in_each_format(rule: str) -> None:
    """A missing field is expressed otherwise: the rule's count is the same."""
    assert 1 == len({len(played(rule, SCENES[rule], f).expected) for f in log_formats()})


def test_a_scene_without_a_conclusion_is_refused() -> None:
    """A scene must state its expected downloads."""
    stage = Stage(episode("R09"), Extras(), writer("combined"))
    stage.whole(stage.cast.listener())
    with pytest.raises(AssertionError, match="without a conclusion"):
        stage.close()


def a_request(**changes: Any) -> Request:
    media = rendition("https://a.example/e.mp3", host="a.example", path="/e.mp3", seconds=600)
    given = Request(
        3661, "192.0.2.9", AGENT, "IT", "GET", media.host, media.path, "x=1", "206",
        "bytes=0-999", 0, 999, media.bytes, 400, media.kind,
    )  # fmt: skip
    return given._replace(**changes)


def test_a_cloudfront_line_has_the_33_documented_fields() -> None:
    """The bytes include 400–600 of header; range and agent are in their fields."""
    form = writer("cloudfront")
    names = form.head.splitlines()[1].split()[1:]
    assert 33 == len(names)
    line = form.line(date(2026, 11, 1), a_request(), Random(7))
    cells = dict(zip(names, line.rstrip("\n").split("\t"), strict=True))
    assert ("2026-11-01", "01:01:01") == (cells["date"], cells["time"])
    assert 800 <= int(cells["sc-bytes"]) <= 1000
    assert ("0", "999", "1000") == (
        cells["sc-range-start"], cells["sc-range-end"], cells["sc-content-len"]
    )  # fmt: skip
    assert ("a.example", "/e.mp3", "x=1") == (
        cells["x-host-header"], cells["cs-uri-stem"], cells["cs-uri-query"]
    )  # fmt: skip
    assert AGENT.replace(" ", "%20") == cells["cs(User-Agent)"]


def test_a_combined_line_has_body_bytes_and_ranges() -> None:
    """The extended nginx form: requested range, sent range, host."""
    size = a_request().size
    assert (
        f'192.0.2.9 - - [01/Nov/2026:01:01:01 +0000] "GET /e.mp3?x=1 HTTP/1.1" 206 400 "-" '
        f'"{AGENT}" "bytes=0-999" "bytes 0-999/{size}" "a.example"\n'
    ) == writer("combined").line(date(2026, 11, 1), a_request(), Random(7))


def test_an_agent_is_escaped_as_each_server_does_it() -> None:
    """Quotes, backslashes and non-ASCII letters cannot break a line."""
    odd = a_request(agent='Подкаст "x"\\1')
    day, dice = date(2026, 11, 1), Random(7)
    combined, cloudfront = writer("combined").line, writer("cloudfront").line
    assert r"\x22x\x22\x5C1" in combined(day, odd, dice)
    assert combined(day, odd, dice).isascii()
    assert "%22x%22%5C1" in cloudfront(day, odd, dice)
    assert "\t-\t" in cloudfront(day, a_request(agent=""), dice)


@pytest.mark.parametrize("show", [*ordinary_shows(SETTINGS), rules_show(SETTINGS)])
def test_a_feed_is_well_formed_and_has_the_podcast_namespace(show: Show) -> None:
    """Every item has a guid, an enclosure with its size, a duration, a transcript, chapters."""
    channel = ElementTree.fromstring(feed(show)).find("channel")  # noqa: S314
    assert channel is not None
    for name in ("guid", "locked", "funding", "medium", "person", "value"):
        assert channel.find(f"{PODCAST}{name}") is not None
    items = channel.findall("item")
    assert len(items) == len({item.findtext("guid") for item in items}) >= 12
    for item in items:
        enclosure = item.find("enclosure")
        assert enclosure is not None
        assert (
            int(enclosure.attrib["length"])
            == media_table((show,))[enclosure.attrib["url"]]["bytes"]
        )
        assert item.findtext(f"{ITUNES}duration")
        for name in ("transcript", "chapters", "person", "alternateEnclosure", "season", "episode"):
            assert item.find(f"{PODCAST}{name}") is not None


def test_one_show_is_behind_prefixes_ours_among_them() -> None:
    """Offcut's enclosures begin with trackers; the bare address is the file's."""
    offcut = ordinary_shows(SETTINGS)[1]
    media = offcut.episodes[-1].media
    assert media.url.endswith(f"/wh/e/{media.host}{media.path}")
    assert media.url.startswith("https://dts.podtrac.com/")


def test_there_are_weekly_episodes_over_the_period_and_before() -> None:
    """The newest was released in the last week; twelve were out before the first day."""
    for show in ordinary_shows(SETTINGS):
        dates = [e.published.date() for e in show.episodes]
        assert 0 <= (SETTINGS.until - dates[-1]).days < 7
        assert {7} == {(b - a).days for a, b in pairwise(dates)}
        assert 12 == sum(day < SETTINGS.first_day for day in dates)


@pytest.mark.parametrize("days", [2, 3, 7, 30, 60, 400])
def test_flights_begin_inside_the_period(days: int) -> None:
    """Whatever the period's length: at least two days, with episodes that carry the message."""
    settings = Settings(1, 100, days, date(2026, 11, 19))
    for campaign in campaigns(settings, ordinary_shows(settings)):
        assert settings.first_day <= campaign.start < campaign.end
        assert campaign.start < settings.until
        assert campaign.episode_guids


def test_the_money_is_plausible() -> None:
    """15 to 40 € per thousand downloads, less than one order per hundred; one runs today."""
    booked = campaigns(SETTINGS, ordinary_shows(SETTINGS))
    for campaign in booked:
        assert 15 <= campaign.value * 1000 / campaign.guaranteed_impressions <= 40
        assert campaign.orders < campaign.guaranteed_impressions / 100
    running = [c for c in booked if c.status == "active" and c.end > SETTINGS.until]
    assert len(running) >= 1


def test_every_campaign_has_a_code_of_its_own() -> None:
    """AT05: two live campaigns with one code would be refused."""
    codes = [c.code.casefold() for c in campaigns(SETTINGS, ordinary_shows(SETTINGS))]
    assert len(codes) == len(set(codes))
