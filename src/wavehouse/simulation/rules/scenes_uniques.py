"""Scenes of days, keys and times: R31–R41."""

from __future__ import annotations

from wavehouse.simulation.rules.stage import Stage


def r31_bytes_stop_at_midnight(s: Stage) -> None:
    """R31: bytes do not add across UTC midnight: half before and more after do not count."""
    need = s.episode.media.threshold
    split, late, both = (s.cast.listener() for _ in range(3))
    s.ask(split, first=0, last=need // 2, status="206", clock=86_370)
    s.fails(split)
    s.ask(split, first=need // 2 + 1, last=need * 7 // 6, status="206", day=1, clock=10)
    s.fails(split, day=1)
    s.ask(late, first=0, last=need + 9999, status="206", clock=86_380)
    s.counts(late)
    s.ask(late, first=need + 10_000, last=need + 90_000, status="206", day=1, clock=20)
    s.fails(late, day=1)
    s.ask(both, clock=86_399)
    s.counts(both)
    s.ask(both, day=1, clock=0)
    s.counts(both, day=1)


def r32_of_two_renditions_the_first_counts(s: Stage) -> None:
    """R32: two renditions requested in a window are one download; the later one is flagged."""
    media, other = s.episode.media, s.episode.alternates[0]
    twice, turned, tried = (s.cast.listener() for _ in range(3))
    s.whole(twice)
    s.ask(twice, media=other, at=60, flag="rendition_dup")
    s.counts(twice)
    s.ask(turned, media=other)
    s.ask(turned, media=media, at=90, flag="rendition_dup")
    s.counts(turned)
    s.ask(tried, media=other, sent=1000)  # not enough to qualify as a rendition
    s.ask(tried, media=media, at=30)
    s.counts(tried)


def r33_six_agents_behind_one_address(s: Stage) -> None:
    """R33: ten requests by six agents at one address are six downloads by six listeners."""
    host = s.cast.listener()
    house = [host.with_agent(agent, app) for agent, app in s.cast.agents(6)]
    for turn in range(10):
        s.whole(house[turn % 6], at=600 * turn)
    for who in house:
        s.counts(who)


def r34_one_per_key_and_day(s: Stage) -> None:
    """R34: the calendar window has one download per key and UTC date."""
    who = s.cast.listener()
    for turn in range(3):
        s.whole(who, at=3000 * turn)
    s.counts(who)
    s.whole(who, day=1)
    s.counts(who, day=1)
    once = s.cast.listener()
    s.whole(once, day=1, at=50)
    s.counts(once, day=1)


def r40_play_pause_play(s: Stage) -> None:
    """R40: play, pause, and play an hour later is one download."""
    need = s.episode.media.threshold
    who, brief = s.cast.listener(), s.cast.listener()
    s.span(who, 0, need + 50_000)
    s.span(who, need + 50_001, need + 900_000, at=3600)
    s.counts(who)
    s.span(brief, 0, need // 3)
    s.span(brief, need // 3 + 1, need * 2 // 3, at=3600)
    s.fails(brief)


def r41_the_first_request_dates_it(s: Stage) -> None:
    """R41: the hour of a download is that of the first request that contributes to it."""
    need = s.episode.media.threshold
    hour = s.base - s.base % 3600
    who = s.cast.listener()
    s.ask(who, method="HEAD", clock=hour - 1800, reason="bad_method")  # contributes nothing
    s.ask(who, first=0, last=need // 2, status="206", clock=hour + 3570)
    s.ask(who, first=need // 2 + 1, last=need + 4000, status="206", clock=hour + 3660)
    s.counts(who)
    brief = s.cast.listener()
    s.ask(brief, first=0, last=need // 2, status="206", clock=hour + 3570)
    s.fails(brief)
