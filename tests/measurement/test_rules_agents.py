"""User agents: their classification, and which of them are filtered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.reference import agent_devices, agent_examples, agent_patterns
from wavehouse.measurement.rules.agents import WATCH, Agent, AgentRules, normalise

RULES = AgentRules(agent_patterns(), agent_devices())
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1"
)
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 {}Safari/537.36"


def classify(user_agent: str) -> Agent:
    return RULES.classify(user_agent)


def test_r16_every_example_of_the_list_is_classified_as_its_entry() -> None:
    """All 1,420 examples get the list's name and kind."""
    wrong = [
        (example, found)
        for example in agent_examples()
        if (found := classify(example.user_agent)).app != example.app
        or found.kind != example.kind.replace("watch", "bot")
    ]
    assert [] == wrong
    assert 1420 == len(agent_examples())


def test_r16_exactly_the_bots_of_the_list_are_filtered() -> None:
    """No example of an app, a library or a browser gets a reason; every bot and watch does."""
    for example in agent_examples():
        expected = example.kind if example.kind in ("bot", "watch") else None
        assert expected == classify(example.user_agent).reason, example


def test_needles_change_no_answer() -> None:
    """The shortcut finds the same entry as trying every expression in order."""
    ordered = [(p, re.compile(p.pattern, re.ASCII)) for p in agent_patterns()]
    for example in agent_examples()[::15]:
        slowly = next((p.name for p, e in ordered if e.search(example.user_agent)), None)
        assert slowly == classify(example.user_agent).app
    for pattern in (*agent_patterns(), *agent_devices()):
        assert min(map(len, pattern.needles), default=2) > 1


@pytest.mark.parametrize(
    "text", ["Overcast/3.0 (x)", "  Overcast/3.0 (x)\r\n", "Over\ncast/3.0 (x)"]
)
def test_r08_line_breaks_and_outer_space_are_dropped(text: str) -> None:
    """Additions by a log or a proxy are not part of the agent."""
    assert "Overcast/3.0 (x)" == normalise(text)
    assert "Overcast" == classify(text).app


def test_r08_the_whole_original_text_is_the_key() -> None:
    """Neither corrected typos nor the app's name are part of the listener key."""
    for text in ('"AntennaPod/3.1.0"', "AntennaPod/3.1.0", "AntennaPod%2F3.1.0"):
        assert text == normalise(text)
        assert "AntennaPod" == classify(text).app


@pytest.mark.parametrize("text", ["", "   ", "\r\n", "-", '""'])
def test_r16_an_empty_agent_is_filtered(text: str) -> None:
    """Nothing, or the log's sign for nothing."""
    assert "empty_agent" == classify(text).reason


@pytest.mark.parametrize(
    "text",
    [
        "SomethingBot/1.0",
        "acme-crawler 2",
        "The SPIDER of Acme",
        "Mozilla/5.0 (compatible; AcmeBot/2.1; +https://acme.example/bot)",
        CHROME.format("compatible; AcmeBot/1.2; Windows NT 10.0", ""),
    ],
)
def test_r16_self_declared_and_unknown_bots_are_filtered(text: str) -> None:
    """The word in an unknown agent, or as a name inside a browser's."""
    assert ("bot", "bot") == (classify(text).kind, classify(text).reason)


@pytest.mark.parametrize(
    "text",
    [
        CHROME.format("Linux; Android 9; CUBOT_X19", "Mobile "),
        "SEIRobotics;yes;756a;;tpapi;3.200.454",
        "Acme/1 (Linux; Android 12; CUBOT NOTE 30)",
    ],
)
def test_r16_makers_of_devices_are_no_bots(text: str) -> None:
    """Cubot makes phones, SEI Robotics televisions."""
    assert classify(text).reason is None


def test_r16_libraries_keep_their_name_and_count() -> None:
    """Many players contain a library; it is not a bot."""
    found = classify("AppleCoreMedia/1.0.0.16G78 (HomePod; U; CPU OS 12_4 like Mac OS X; en_us)")
    assert Agent("AppleCoreMedia", "library", "speaker", None, None) == found


@pytest.mark.parametrize(
    "text",
    [
        "atc/1.0 watchOS/7.1 model/Watch5,3 hwp/t8006 build/18R590 (6; dt:202)",
        "(null)/(null) watchOS/5.0.1 model/Watch3,3 hwp/t8004 build/16R381 (6; dt:155)",
        "Acme (null)/(null) watchOS/5",
    ],
)
def test_r20_the_watchs_duplicate_downloads_are_filtered(text: str) -> None:
    """The watch repeats the phone's downloads."""
    assert "watch" == classify(text).reason


@pytest.mark.parametrize(
    ("app", "text"),
    [
        ("Overcast", "Overcast (+http://overcast.fm/; Apple Watch podcast app)"),
        (
            "AppleCoreMedia",
            "AppleCoreMedia/1.0.0.20R361 (Apple Watch; U; CPU OS 9_0 like Mac OS X)",
        ),
        ("Overcast", "Watch/1140 CFNetwork/3860.200.71 Darwin/25.1.0"),
        ("Unknown", "Acme/1 (null) watchOS/9 atc/1"),
        ("Unknown", "Acme watchOS/9"),
    ],
)
def test_r21_every_other_watch_is_a_listener(app: str, text: str) -> None:
    """Only R20's agents, although the list's own expression matches more."""
    assert (app, "watch", None) == (
        classify(text).app.replace(WATCH, "Unknown"),
        classify(text).device_type,
        classify(text).reason,
    )


def test_r21_atc_without_watchos_is_not_filtered() -> None:
    """R20's first condition requires both."""
    assert classify("atc/1.0").reason is None
    assert classify("atc/1.0 iOS/17").reason is None


@pytest.mark.parametrize(
    ("app", "text"),
    [
        ("Safari", SAFARI.replace(" ", "%20").replace("/", "%2F").replace(";", "%3B")),
        ("Safari", SAFARI.replace(" ", "%2520").replace("/", "%252F").replace(";", "%253B")),
        ("Safari", SAFARI.replace(" ", "+")),
        ("Safari", f'"{SAFARI}"'),
        ("Safari", f"User-Agent: {SAFARI}"),
        ("Safari", f"'user-agent: {SAFARI}'"),
        ("Safari", SAFARI.replace("(", "\\x28")),
        ("AntennaPod", "User-Agent:AntennaPod/3.1.0"),
    ],
)
def test_r22_plain_typos_are_corrected(app: str, text: str) -> None:
    """One encoding too many, quotes, the header's name: it is still the same player."""
    assert (app, None) == (classify(text).app, classify(text).reason)


def test_r22_a_name_with_an_encoded_space_is_no_typo() -> None:
    """Apps send such names, and the list has them."""
    encoded = [e for e in agent_examples() if "%20" in e.user_agent]
    assert encoded
    assert all(e.app == classify(e.user_agent).app for e in encoded)


@pytest.mark.parametrize(
    "text",
    [
        "Acme\x00/1.0",
        "Acme\x1b[31m",
        "\ufffd\ufffdAcme",
        "1234",
        "(*)",
        "...",
        "\\x00Acme",
        "() { :; }; echo x",
        "${jndi:ldap://x.example/a}",
        "Acme<script>",
        "a' UNION SELECT 1--",
    ],
)
def test_r22_what_no_player_sends_is_filtered(text: str) -> None:
    """Control characters, no letters, attacks."""
    assert "malformed_agent" == classify(text).reason


@pytest.mark.parametrize("text", ["Кастбокс/1.0", "数学/2.0", "x", "Ä"])
def test_r22_letters_of_any_alphabet_are_letters(text: str) -> None:
    """An unknown app is unknown, not malformed."""
    assert Agent("Unknown", "unknown", None, None, None) == classify(text)


def test_reasons_have_their_order_of_precedence() -> None:
    """Watch before bot before malformed, as for every filtered request."""
    assert "watch" == classify("atc/1 watchOS bot\x00").reason
    assert "bot" == classify("acmebot\x00").reason


@pytest.mark.parametrize(
    ("device_type", "os", "text"),
    [
        ("phone", "iOS", "Podcasts/4022.510.1 CFNetwork/1410.1 Darwin/22.6.0"),
        ("desktop", "macOS", "Podcasts/1650.20 CFNetwork/1333.0.4 Darwin/21.5.0 (x86_64)"),
        ("tablet", "iPadOS", "AppleCoreMedia/1.0.0.17A860 (iPad; U; CPU OS 13_1_2 like Mac OS X)"),
        ("tv", "tvOS", "AppleCoreMedia/1.0.0.17J586 (Apple TV; U; CPU OS 13_0 like Mac OS X)"),
        ("speaker", None, "AlexaMediaPlayer/2.1.4676.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9"),
        ("tv", None, "Amazon;AFTSO001;756a522d9f1648b89e76e80be654456a;;tpapi"),
        ("phone", "Android", CHROME.format("Linux; Android 13; SM-G991B", "Mobile ")),
        ("tablet", "Android", CHROME.format("Linux; Android 13; SM-X906C", "")),
        ("desktop", "Windows", CHROME.format("Windows NT 10.0; Win64; x64", "")),
        ("desktop", "Linux", CHROME.format("X11; Linux x86_64", "")),
        ("desktop", "ChromeOS", CHROME.format("X11; CrOS x86_64 14541.0.0", "")),
        ("car", "Linux", "Spotify/8.9 Linux (Rivian)"),
        (None, None, "Acme/1"),
    ],
)
def test_devices_and_systems_are_told(device_type: str | None, os: str | None, text: str) -> None:
    """The list's devices, with corrections for its order taking precedence."""
    assert (device_type, os) == (classify(text).device_type, classify(text).os)


@given(st.text(max_size=80))
def test_any_text_is_classified(text: str) -> None:
    """Any user agent is classified without an error, and a reason fits its kind."""
    found = classify(text)
    assert (found.kind == "bot") == (found.reason in ("bot", "watch"))
