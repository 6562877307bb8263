"""Scenes of method, status and invalid traffic: R09–R11, R16–R25."""

from __future__ import annotations

from wavehouse.simulation.rules.stage import Stage

WATCH = "atc/1.0 watchOS/10.2 model/Watch6,2 hwp/t8301 build/21S364 (6; dt:253)"
NULL_WATCH = "(null)/(null) watchOS/9.6.3 model/Watch5,1 hwp/t8006 build/20U502 (6; dt:201)"


def r09_only_get_counts(s: Stage) -> None:
    """R09: only GET counts, not HEAD or any other method."""
    reader, prober = s.cast.listener(), s.cast.listener()
    s.ask(reader, method="HEAD", reason="bad_method")
    s.whole(reader, at=2)
    s.counts(reader)
    s.ask(prober, method="HEAD", reason="bad_method")
    s.ask(prober, method="OPTIONS", sent=0, at=1, reason="bad_method")
    s.ask(prober, method="POST", at=2, reason="bad_method")  # a whole file, but not a GET


def r10_not_modified_never_counts(s: Stage) -> None:
    """R10: 304 never counts."""
    fresh, cached = s.cast.listener(), s.cast.listener()
    s.whole(fresh)
    s.ask(fresh, status="304", sent=0, at=3600, reason="not_modified")
    s.counts(fresh)
    s.ask(cached, status="304", sent=0, reason="not_modified")


def r11_other_statuses_never_count(s: Stage) -> None:
    """R11: other 3xx, 4xx, 5xx and 416 never count."""
    good = s.cast.listener()
    s.whole(good)
    s.counts(good)
    for index, status in enumerate(("301", "302", "307", "403", "404", "410", "416", "500", "503")):
        unlucky = s.cast.listener()
        s.ask(unlucky, status=status, sent=218, at=index, reason="bad_status")


def r16_bots_and_empty_agents(s: Stage) -> None:
    """R16: known bots, self-declared bots, crawlers and empty agents are filtered."""
    person = s.cast.listener()
    s.whole(person)
    s.counts(person)
    for index in range(3):
        s.whole(s.cast.listener(s.cast.bot()), at=index, reason="bot")
    for index, agent in enumerate(("PodVaultBot/2.1 (+https://podvault.example/bot)",
                                   "acme-audio-crawler/0.3", "LanternSpider 1.0")):  # fmt: skip
        s.whole(s.cast.listener(agent), at=10 + index, reason="bot")
    s.whole(s.cast.listener(""), at=20, reason="empty_agent")


def r17_data_centres_and_vpns(s: Stage) -> None:
    """R17: data centres, VPNs and other non-consumer networks are filtered."""
    home, home6 = s.cast.listener(), s.cast.listener6()
    s.whole(home)
    s.counts(home)
    s.whole(home6, at=30)
    s.counts(home6)
    relayed = s.cast.relay()
    s.whole(relayed, at=45)
    s.counts(relayed)  # a privacy relay hides a person, and is not a VPN
    for index in range(3):
        s.whole(s.cast.datacentre(), at=60 + index, reason="datacenter")
    for index in range(2):
        s.whole(s.cast.vpn(), at=90 + index, reason="vpn")


def r18_too_many_agents_behind_one_address(s: Stage) -> None:
    """R18: more than 20 user agents from one address on a day are filtered, 20 are not."""
    for wanted, reason in ((20, None), (21, "excess_ip")):
        crowd = s.cast.listener()
        for index, (agent, app) in enumerate(s.cast.agents(wanted)):
            who = crowd.with_agent(agent, app)
            s.whole(who, at=30 * index, reason=reason)
            if reason is None:
                s.counts(who)


def r20_apple_watch(s: Stage) -> None:
    """R20: an agent that starts with ``atc/`` and has watchOS, or the null form, is filtered."""
    phone = s.cast.listener("Podcasts/1710.17 CFNetwork/1399 Darwin/22.1.0")
    s.whole(phone)
    s.counts(phone)
    for index, agent in enumerate((WATCH, NULL_WATCH)):
        s.whole(phone._replace(agent=agent), at=400 + index, reason="watch")
    s.whole(s.cast.listener(WATCH), at=500, reason="watch")


def r21_nothing_broader_than_the_watch_rule(s: Stage) -> None:
    """R21: Overcast's watch agent and AppleCoreMedia on an Apple Watch are not filtered."""
    for index, agent in enumerate((
        "Overcast (+http://overcast.fm/; Apple Watch podcast app)",
        "AppleCoreMedia/1.0.0.20S75 (Apple Watch; U; CPU OS 9_1 like Mac OS X; en_us)",
    )):  # fmt: skip
        who = s.cast.listener(agent)
        s.whole(who, at=60 * index)
        s.counts(who)
    s.whole(s.cast.listener(WATCH), at=300, reason="watch")


def r22_malformed_agents(s: Stage) -> None:
    """R22: an obvious typo is corrected and counts; a malformed agent is filtered."""
    good = s.cast.listener()
    s.whole(good)
    s.counts(good)
    overcast = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
    typo = s.cast.listener(f"User-Agent: {overcast}")._replace(app="Overcast")
    s.whole(typo, at=5)
    s.counts(typo)  # the header name is part of the value
    for index, agent in enumerate(("1.0/2.0 (3)", "<script>alert(1)</script>", "() { x; }; 42")):
        s.whole(s.cast.listener(agent), at=10 + index, reason="malformed_agent")


def r23_an_implausible_referrer_is_flagged(s: Stage) -> None:
    """R23: an implausible referrer is flagged, but counted."""
    for index, page in enumerate((
        "https://podcasts.example.net/show", "http://localhost:8080/", "referer", "ftp://a.b/c",
    )):  # fmt: skip
        who = s.cast.listener()
        s.ask(who, at=20 * index, referer=page, flag="implausible_referrer" if index else "")
        s.counts(who)
    stopped = s.cast.listener()
    s.ask(stopped, sent=1000, referer="nonsense", flag="implausible_referrer")
    s.fails(stopped)


def r24_known_preloaders_are_filtered(s: Stage) -> None:
    """R24: a player known to preload is filtered; all others count by their bytes."""
    heard, stopped = s.cast.listener(), s.cast.listener()
    s.whole(heard)
    s.counts(heard)
    s.ask(stopped, sent=s.episode.media.threshold // 2, at=10)
    s.fails(stopped)  # preloaded by an unknown client, and not listened to
    prefetch = s.cast.listener("Chrome Privacy Preserving Prefetch Proxy")
    s.whole(prefetch, at=20, reason="preload")


def r25_before_its_release_it_counts_and_is_flagged(s: Stage) -> None:
    """R25: a request before the episode was published is counted and flagged."""
    for index in range(2):
        early = s.cast.listener()
        s.ask(early, at=40 * index, flag="pre_release")
        s.counts(early)
    stopped = s.cast.listener()
    s.ask(stopped, at=90, sent=1000, flag="pre_release")
    s.fails(stopped)
