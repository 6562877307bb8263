"""Scenes of ranges, bytes and the threshold: R12–R15, R26–R30."""

from __future__ import annotations

from wavehouse.simulation.rules.stage import Stage
from wavehouse.simulation.types import Listener

OWN_PREFIX_HOST = "prefix.wavehouse.example"


def r12_a_200_is_a_candidate(s: Stage) -> None:
    """R12: a 200 is a candidate; an aborted one with few bytes fails."""
    done, stopped, enough = (s.cast.listener() for _ in range(3))
    media = s.episode.media
    s.whole(done)
    s.counts(done)
    s.ask(stopped, sent=media.threshold // 2)
    s.fails(stopped)
    s.ask(enough, sent=media.threshold + 200_000)
    s.counts(enough)


def r13_a_206_counts_by_reassembly(s: Stage) -> None:
    """R13: 206 responses count by re-assembled bytes, HLS by distinct segments of a minute."""
    media = s.episode.media
    step = media.threshold // 4 + 1
    pieces, few, tail = (s.cast.listener() for _ in range(3))
    for part in range(4):
        s.span(pieces, part * step, part * step + step - 1, at=15 * part)
    s.counts(pieces)
    for part in range(3):
        s.span(few, part * step, part * step + step - 1, at=15 * part)
    s.fails(few)  # three quarters of the threshold, in three valid 206 responses
    s.span(tail, media.bytes - 1000, media.bytes - 1, at=5)
    s.fails(tail)
    _streamed(s)


def _streamed(s: Stage) -> None:
    """HLS in segments of six seconds: ten make a minute, and the playlist does not count."""
    playlist = s.episode.alternates[1]
    pieces = playlist.segments
    minute, nine, listed, repeated, cut, halves = (s.cast.listener() for _ in range(6))
    for who in (minute, nine, listed, repeated, cut, halves):
        s.ask(who, media=playlist)
    for index in range(10):
        at = 6 * index + 1
        s.ask(minute, media=pieces[index + 40], at=at)
        if index < 9:
            s.ask(nine, media=pieces[index], at=at)
        s.ask(listed, media=playlist, at=at)
        s.ask(repeated, media=pieces[index % 2], at=at)
        size = pieces[index].bytes
        s.ask(cut, media=pieces[index], at=at, sent=size if index else size // 2)
        for first, last in ((0, size // 2 - 1), (size // 2, size - 1)):
            s.ask(halves, media=pieces[index], first=first, last=last, status="206", at=at)
    s.counts(minute)
    s.counts(halves)
    for who in (nine, listed, repeated, cut):
        s.fails(who)


def r14_probes_and_strange_ranges(s: Stage) -> None:
    """R14: 0-1 and 0-0 are ignored; multi-range is parsed; bad syntax never means a whole file."""
    media = s.episode.media
    prober, player, many, broken, fallback = (s.cast.listener() for _ in range(5))
    s.span(prober, 0, 1, reason="probe_range")
    s.span(prober, 0, 0, at=1, reason="probe_range")
    s.span(player, 0, 1, reason="probe_range")
    s.span(player, 0, media.bytes - 1, at=2)
    s.counts(player)
    s.ask(many, status="206", header="bytes=0-9999,50000-59999", sent=20_300)
    s.fails(many)  # 20 kB in two small ranges, not the whole file
    _two_ranges_each(s, s.cast.listener())
    s.ask(broken, header="bytes=abc-", sent=45_000)
    s.fails(broken)  # the header is ignored, and few bytes were sent
    s.ask(fallback, header="octets=0-99")
    s.counts(fallback)  # the header is ignored, and the whole file was sent


def _two_ranges_each(s: Stage, who: Listener) -> None:
    """Two requests of two interleaved ranges each; counted from offset 0 they would fall short.

    CloudFront's log has no ranges for a multipart response, so there they are four requests.
    """
    parts = [(index * 300_000, index * 300_000 + 299_999) for index in range(4)]
    if not s.writer.has_multipart:
        for index, (first, last) in enumerate(parts):
            s.span(who, first, last, at=index)
    else:
        for index, pair in enumerate((parts[::2], parts[1::2])):
            header = "bytes=" + ",".join(f"{first}-{last}" for first, last in pair)
            s.ask(who, status="206", header=header, sent=600_312, at=index)
    s.counts(who)


def r15_status_000(s: Stage) -> None:
    """R15: 000 is a 206 that ended early; it counts only if it passes every filter."""
    media = s.episode.media
    enough, little = s.cast.listener(), s.cast.listener()
    last = media.bytes - 1
    s.ask(enough, status="000", first=0, last=last, sent=media.threshold + 150_000)
    s.counts(enough)
    s.ask(little, status="000", first=0, last=last, sent=media.threshold // 3)
    s.fails(little)
    robot = s.cast.listener(s.cast.bot())
    s.ask(robot, status="000", first=0, last=last, sent=media.threshold + 150_000, reason="bot")


def r26_header_and_a_minute(s: Stage) -> None:
    """R26: delivered bytes must reach header bytes plus 60 seconds of this episode."""
    media = s.episode.media
    exact, short, headless = (s.cast.listener() for _ in range(3))
    s.span(exact, 0, media.threshold - 1)
    s.counts(exact)
    s.span(short, 0, media.threshold - 2)
    s.fails(short)
    s.span(headless, 0, media.threshold - media.header_bytes - 1)
    s.fails(headless)  # the bytes of a minute, partly used by the artwork


def r27_a_union_of_positions(s: Stage) -> None:
    """R27: 0-499999, 400000-899999 and 100-200 are 900,000 bytes, not 1,000,101.

    The episode's threshold is between the two.
    """
    overlap, ahead, repeat = (s.cast.listener() for _ in range(3))
    s.span(overlap, 0, 499_999)
    s.span(overlap, 400_000, 899_999, at=20)
    s.span(overlap, 100, 200, at=40)
    s.fails(overlap)
    s.span(ahead, 0, 499_999)
    s.span(ahead, 500_000, 999_999, at=20)
    s.counts(ahead)
    for turn in range(3):
        s.span(repeat, 0, 499_999, at=10 * turn)
    s.fails(repeat)


def r28_what_was_sent_not_what_was_asked(s: Stage) -> None:
    """R28: the range of a request is start … start + bytes sent − 1, never the requested range."""
    media = s.episode.media
    last = media.bytes - 1
    part = media.threshold * 6 // 10
    eager, again, resumed = (s.cast.listener() for _ in range(3))
    s.span(eager, 0, last, sent=media.threshold // 4)
    s.fails(eager)
    for turn in range(2):
        s.span(again, 0, last, sent=part, at=30 * turn)
    s.fails(again)  # the same six tenths twice
    s.span(resumed, 0, last, sent=part)
    s.span(resumed, part, last, sent=part, at=45)
    s.counts(resumed)


def r29_short_episodes_need_everything(s: Stage) -> None:
    """R29: an episode under 60 s needs 100 % of the file, including the header."""
    media = s.episode.media
    whole, parts, nearly = (s.cast.listener() for _ in range(3))
    s.whole(whole)
    s.counts(whole)
    half = media.bytes // 2
    s.span(parts, 0, half - 1)
    s.span(parts, half, media.bytes - 1, at=9)
    s.counts(parts)
    s.span(nearly, 0, media.bytes - 5001)
    s.fails(nearly)  # 99 % is not enough


def r30_a_prefix_is_an_estimate(s: Stage) -> None:
    """R30: our own redirect has no bytes: an estimate, never added to validated counts."""
    media = s.episode.media
    heard = s.cast.listener()
    s.whole(heard)
    s.counts(heard)
    for index in range(2):
        who = s.cast.listener()
        s.ask(who, status="302", sent=0, at=60 + index, host=OWN_PREFIX_HOST,
              path=f"/wh/e/{media.host}{media.path}")  # fmt: skip
        s.fails(who, outcome="prefix_estimate")
