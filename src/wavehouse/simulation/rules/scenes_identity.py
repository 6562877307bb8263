"""Scenes of normalisation: R01–R08."""

from __future__ import annotations

from wavehouse.simulation.rules.stage import Stage
from wavehouse.simulation.types import Listener


def r01_a_line_read_twice(s: Stage) -> None:
    """R01: the same log line ingested twice changes nothing."""
    first, two = s.cast.listener(), s.cast.listener()
    s.ask(first, copies=2)
    s.counts(first)
    s.ask(two, first=0, last=s.episode.media.bytes - 1, status="206", at=60, copies=3)
    s.counts(two)
    if s.writer.has_ids:
        # Only a request id distinguishes a line written twice from a request made twice. Adding the
        # copies' bytes would reach the threshold; the request alone does not.
        partial = s.cast.listener()
        need = s.episode.media.threshold
        s.ask(partial, first=0, last=need * 6 // 10, status="206", at=90, copies=2)
        s.fails(partial)


def r02_any_order(s: Stage) -> None:
    """R02: any permutation of the lines gives identical counts."""
    need = s.episode.media.threshold
    third = need // 3 + 1
    whole, gap = s.cast.listener(), s.cast.listener()
    for part in (2, 0, 1):
        s.ask(whole, first=part * third, last=part * third + third - 1, status="206",
              at=30 * part, shuffled=True)  # fmt: skip
    s.counts(whole)
    for part in (2, 0):
        s.ask(gap, first=part * third, last=part * third + third - 1, status="206",
              at=30 * part, shuffled=True)  # fmt: skip
    s.fails(gap)


def r03_many_addresses_one_episode(s: Stage) -> None:
    """R03: enclosure, alternateEnclosure and client parameters are one episode."""
    plain, params, other, both, lost = (s.cast.listener() for _ in range(5))
    alternate = s.episode.alternates[0]
    s.whole(plain)
    s.counts(plain)
    s.ask(params, query="source=rss&utm_source=player&_t=1718")
    s.counts(params)
    s.ask(other, media=alternate)
    s.counts(other)
    s.whole(both)
    s.ask(both, media=alternate, at=1200, flag="rendition_dup")
    s.counts(both)  # two files of one episode on one day are one download
    s.ask(lost, path="/episodes/never-published.mp3", reason="unknown_path")


def r04_ipv6_is_its_first_64_bits(s: Stage) -> None:
    """R04: two hosts of one /64 with one agent are one listener; another /64 is another."""
    home = s.cast.listener6()
    other = s.cast.listener6(home.agent)
    s.whole(home)
    s.whole(s.cast.neighbour(home), at=600)
    s.counts(home)
    s.whole(other, at=60)
    s.counts(other)


def r05_mapped_addresses_are_ipv4(s: Stage) -> None:
    """R05: ``::ffff:a.b.c.d`` is a.b.c.d, and is unmapped before truncation."""
    plain = s.cast.listener()
    other = s.cast.listener(plain.agent)
    s.whole(plain)
    s.whole(_mapped(plain), at=900)
    s.counts(plain)
    s.whole(_mapped(other), at=60)
    s.counts(other)  # cut to 64 bits, both mapped addresses would be one


def _mapped(who: Listener) -> Listener:
    return who._replace(address=f"::ffff:{who.address}")


def r06_an_address_that_is_none(s: Stage) -> None:
    """R06: an invalid address is kept with the reason ``bad_ip``."""
    good = s.cast.listener()
    s.whole(good)
    s.counts(good)
    for index, text in enumerate(("unknown", "300.12.1.4", "10.1.2")):
        s.whole(good._replace(address=text, key=text), at=index, reason="bad_ip")


def r07_hashing_changes_nothing(s: Stage) -> None:
    """R07: keys made after truncation give the same counts as raw addresses."""
    four, six = s.cast.listener(), s.cast.listener6()
    s.whole(four)
    s.whole(four, at=7200)
    s.counts(four)
    s.whole(six)
    s.whole(s.cast.neighbour(six), at=3600)
    s.counts(six)
    agent, app = next(pair for pair in s.cast.agents(2) if pair[0] != four.agent)
    housemate = four.with_agent(agent, app)
    s.whole(housemate, at=30)
    s.counts(housemate)


def r08_the_full_agent_is_the_key(s: Stage) -> None:
    """R08: the trimmed, otherwise full user agent is part of the key, not the app's name."""
    old = s.cast.listener("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)")
    new = old.with_agent("Overcast/1148 CFNetwork/1494.0.7 Darwin/23.4.0", old.app)
    s.whole(old)
    s.whole(old._replace(agent=f"{old.agent} "), at=120)
    s.counts(old)  # a trailing space is trimmed
    s.whole(new, at=60)
    s.counts(new)  # the same app in another version is another listener
