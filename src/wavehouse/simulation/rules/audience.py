"""Listeners by app, country and hour: the shares for ordinary traffic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """An app: its share of listeners, whether it downloads or streams, and its user agents."""

    share: float
    streams: bool
    agents: tuple[str, ...]
    probes: bool = False


def _versions(form: str, *fillings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(form.format(*filling) for filling in fillings)


_DARWIN = (
    ("1399", "22.1.0"), ("1406.0.4", "22.4.0"), ("1474", "23.0.0"), ("1494.0.7", "23.4.0"),
    ("1498.700.2", "23.6.0"), ("3826.600.41", "24.6.0"), ("3860.200.71", "25.1.0"),
)  # fmt: skip
_PHONES = ("Pixel 7 Pro", "Pixel 8", "SM-G991B", "SM-S918B", "SM-A546B", "moto g(30)")
_CHROME = ("128.0.0.0", "131.0.0.0", "134.0.0.0", "138.0.0.0", "140.0.0.0")

APPS: tuple[App, ...] = (
    App(0.38, False, tuple(
        f"Podcasts/{build} CFNetwork/{net} Darwin/{kernel}"
        for build in ("1710.17", "4023.510.4", "4024.120.2")
        for net, kernel in _DARWIN
    ), probes=True),
    App(0.31, True, tuple(
        f"Spotify/{version} {system}"
        for version in ("8.9.18", "8.9.96.476", "9.0.44", "9.0.88.1231")
        for system in ("iOS/17.6.1 (iPhone14,5)", "iOS/18.2 (iPhone16,1)",
                       "Android/34 (SM-S918B)", "Android/35 (Pixel 8)")
    )),
    App(0.072, False, (
        "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
        *(f"Overcast/{build} CFNetwork/{net} Darwin/{kernel}"
          for build in ("1148", "1203") for net, kernel in _DARWIN[3:]),
    )),
    App(0.059, False, tuple(
        f"Pocket%20Casts/{version} CFNetwork/{net} Darwin/{kernel}"
        for version in ("7.75.0.2", "7.95.0.4", "7.96.0.4") for net, kernel in _DARWIN[3:]
    )),
    App(0.051, True, tuple(
        "com.google.android.apps.youtube.music/"
        f"{build} (Linux; U; Android 14; en_US; {phone}; Build/UP1A.231105.002;"
        " Cronet/114.0.5735.84)"
        for build in ("62354340", "62852240") for phone in _PHONES
    )),
    App(0.044, True, tuple(
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{version} Safari/537.36"
        for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
        for version in _CHROME
    )),
    App(0.03, False, _versions(
        "PodcastAddict/{} ({} https://podcastaddict.com/; Android podcast app)",
        ("v5", ""), ("v5", "+"),
    )),
    App(0.022, False, _versions(
        "de.danoeh.antennapod/{} (Linux;Android {}) ExoPlayerLib/2.9.3",
        ("1.7.3b", "8.0.0"), ("1.8.1", "9"), ("1.8.3", "10"),
    )),
    App(0.022, True, _versions(
        "AmazonMusic/{} {} CFNetwork/1335.0.3 Darwin/21.6.0",
        ("9.16.0", "iPhone12,1"), ("22.13.3", "iPad7,3"), ("23.9.1", "iPhone14,2"),
    )),
    App(0.01, True, _versions(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{0}) Gecko/20100101 Firefox/{0}",
        ("115.0",), ("128.0",), ("140.0",),
    )),
)  # fmt: skip
"""Apps by share of listeners."""

WEB = 5
"""The index in ``APPS`` of the browser player, which is many people's second device."""

COUNTRIES: tuple[tuple[str, float, int], ...] = (
    ("IT", 0.33, 1), ("US", 0.235, -5), ("GB", 0.095, 0), ("DE", 0.064, 1), ("AR", 0.034, -3),
    ("CA", 0.031, -5), ("FR", 0.028, 1), ("AU", 0.027, 10), ("ES", 0.025, 1), ("CH", 0.022, 1),
    ("NL", 0.018, 1), ("BR", 0.016, -3),
)  # fmt: skip
"""Country, share, and UTC offset in whole hours (the rhythm of a day, not a time zone)."""

LISTENING_HOURS = (
    2, 1, 1, 1, 2, 6, 14, 20, 17, 10, 8, 8, 9, 8, 7, 8, 11, 17, 16, 12, 10, 9, 7, 4,
)  # fmt: skip
"""How many of about a hundred sessions start in each local hour: breakfast, commute, evening."""

WEEK = (1.0, 1.02, 1.12, 1.04, 0.96, 0.74, 0.70)
"""Weights of the days, Monday to Sunday."""

GROWTH = 0.2
"""The growth of listening between the start and the end of a period."""

FRESH = (0.34, 0.16, 0.09, 0.06, 0.05, 0.04, 0.03)
"""The chance that a subscriber requests a new episode on its first day, second day, …"""

BACK_CATALOGUE = 0.10
"""The chance of a session with an older episode on an average day."""

FARMS = (
    "AhrefsBot", "Amazon Quick", "All Ears", "AirableBot", "Archive.org",
)  # fmt: skip
"""Bots that come every day, by their names in the user agent list."""
