"""A minimal counter, compared with the generator's truth.

It implements the rules only as far as the generator's behaviours need them, reads one folder into
memory, and shares nothing with the generator or with the product's counter.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from wavehouse.kernel.reference import agent_patterns, countries, networks

PODCAST = "{https://podcastindex.org/namespace/1.0}"
COMBINED = re.compile(
    r'(\S+) \S+ \S+ \[([^]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+) "[^"]*" "([^"]*)"'
    r' "([^"]*)" "([^"]*)" "([^"]*)"'
)


@dataclass
class Hit:
    """One parsed line."""

    day: str
    clock: str
    address: str
    method: str
    host: str
    path: str
    status: str
    agent: str
    asked: str
    spans: list[tuple[int, int]]


@dataclass
class Found:
    """The results of the plain counter."""

    by_day: Counter[str] = field(default_factory=Counter)
    by_episode: Counter[str] = field(default_factory=Counter)
    by_app: Counter[str] = field(default_factory=Counter)
    by_country: Counter[str] = field(default_factory=Counter)
    listeners: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    filtered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    hours: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def enclosures(folder: Path) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    """(host, path) → episode and sizes, from the feeds and media.json."""
    media = json.loads((folder / "media.json").read_text())
    values = {}
    for feed in (folder / "feeds").iterdir():
        for item in ElementTree.parse(feed).iter("item"):  # noqa: S314 — our own file
            guid = item.findtext("guid") or ""
            urls = [e.attrib["url"] for e in item.iter("enclosure")]
            urls += [e.attrib["uri"] for e in item.iter(f"{PODCAST}source")]
            for url in urls:
                _, _, bare = url.rpartition("/wh/e/")
                host, _, path = bare.removeprefix("https://").partition("/")
                values[host, f"/{path}"] = guid, media[url]
                start, playlist = 0, (host, f"/{path}")
                for one in media[url].get("segments", ()):
                    text = f"/{path.rpartition('/')[0]}/{one['uri']}"
                    values[host, text] = guid, {**one, "start": start, "of": playlist}
                    start += one["duration_ms"]
    return values


def hits(folder: Path) -> list[Hit]:
    """Every line; a CloudFront request id is read once."""
    hits, seen = [], set()
    for path in sorted((folder / "logs").iterdir()):
        if path.suffix == ".gz":
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                cells = line.split("\t")
                if not line.startswith("#") and cells[14] not in seen:
                    seen.add(cells[14])
                    hits.append(_cloudfront(cells))
        else:
            hits += [_combined(line) for line in path.read_text().splitlines()]
    return hits


def _cloudfront(c: list[str]) -> Hit:
    first = int(c[31]) if c[31] != "-" else 0
    length = int(c[32]) - first + 1 if c[31] != "-" else int(c[30]) if c[30] != "-" else 0
    agent = "" if c[10] == "-" else unquote(c[10])
    asked = f"bytes={c[31]}-{c[32]}" if c[31] != "-" else ""
    sent = min(int(c[3]), length)
    spans = [(first, first + sent)]
    return Hit(c[0], c[1], c[4], c[5], c[15], c[7], c[8], agent, asked, spans)


def _combined(line: str) -> Hit:
    match = COMBINED.fullmatch(line)
    assert match, line
    address, at, method, target, status, sent, agent, asked, given, host = match.groups()
    when = datetime.strptime(at, "%d/%b/%Y:%H:%M:%S %z")
    first = int(given[6:].split("-")[0]) if given != "-" else 0
    agent = re.sub(r"\\x([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), agent)
    return Hit(
        f"{when:%Y-%m-%d}", f"{when:%H:%M:%S}", address, method, host, target.split("?")[0],
        status, "" if agent == "-" else agent, asked, _delivered(asked, first, int(sent)),
    )  # fmt: skip


def _delivered(asked: str, first: int, sent: int) -> list[tuple[int, int]]:
    """Half-open spans of the sent bytes, which fill several ranges in turn."""
    spans = []
    for start, end in re.findall(r"(\d+)-(\d+)", asked) if "," in asked else ():
        length = min(int(end) - int(start) + 1, sent)
        sent -= length
        spans.append((int(start), int(start) + length))
    return spans or [(first, first + sent)]


def count(folder: Path) -> Found:
    """The complete count."""
    found, files = Found(), enclosures(folder)
    units: dict[tuple[str, tuple[str, str], str], list[tuple[Hit, tuple[str, str]]]]
    units = defaultdict(list)
    for hit in hits(folder):
        prefixed = hit.path.startswith("/wh/e/")
        host, _, path = hit.path.removeprefix("/wh/e/").partition("/")
        location = (host, f"/{path}") if prefixed else (hit.host, hit.path)
        reason = reason_of(hit, location in files, prefixed)
        if reason:
            found.filtered[reason] += 1
            continue
        key = (str(_listener(hit.address)), hit.agent.strip())
        units[hit.day, key, files[location][0]].append((hit, location))
    behind: dict[tuple[str, str], set[str]] = defaultdict(set)
    for day, (address, agent), _ in units:
        behind[day, address].add(agent)
    for (day, key, guid), asked in units.items():
        if len(behind[day, key[0]]) > 20:  # R18
            found.filtered["excess_ip"] += len(asked)
            continue
        _conclude(found, day, key, guid, asked, files)
    return found


def _conclude(
    found: Found, day: str, key: tuple[str, str], guid: str,
    asked: list[tuple[Hit, tuple[str, str]]], files: dict[Any, Any],
) -> None:  # fmt: skip
    if all(hit.status == "302" for hit, _ in asked):
        found.outcomes["prefix_estimate"] += len(asked)
        return
    spans: dict[Any, list[Any]] = defaultdict(list)
    for hit, location in asked:
        sizes = files[location][1]
        if "of" in sizes:  # R13: a share of the segment's time
            share = [[sizes["start"] + b * sizes["duration_ms"] // sizes["bytes"] for b in span]
                     for span in hit.spans]  # fmt: skip
            spans[sizes["of"]] += [(first, last) for first, last in share]
        elif "segments" not in sizes:
            spans[location] += hit.spans
    if not any(union(spans[p]) >= threshold(files[p][1]) for p in spans):
        found.outcomes["below_threshold"] += len(asked)
        return
    first = min(hit.clock for hit, _ in asked)
    found.by_day[day] += 1
    found.by_episode[guid] += 1
    found.by_app[app_of(key[1])] += 1
    found.by_country[_country(asked[0][0].address)] += 1
    found.listeners[day].add(key)
    found.hours[guid][f"{day}T{first[:2]}"] += 1


def union(spans: list[tuple[int, int]]) -> int:
    """The number of positions covered by the half-open spans."""
    total, reach = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reach))
        reach = max(reach, end)
    return total


def threshold(sizes: dict[str, Any]) -> int:
    """R26 and R29; for HLS one minute."""
    if "segments" in sizes:
        return 60_000
    size, header, duration = sizes["bytes"], sizes["header_bytes"], sizes["duration_ms"]
    if duration < 60_000:
        return int(size)
    return int(header + ((size - header) * 60_000 + duration - 1) // duration)


def reason_of(hit: Hit, known: bool, prefixed: bool) -> str | None:
    """The first applicable reason, in the order of precedence."""
    try:
        ip_address(hit.address)
    except ValueError:
        return "bad_ip"
    agent = hit.agent
    tests = {
        "unknown_path": not known,
        "bad_method": hit.method != "GET",
        "not_modified": hit.status == "304",
        "bad_status": hit.status not in ("200", "206", "000") and not prefixed,
        "probe_range": hit.asked in ("bytes=0-1", "bytes=0-0"),
        "empty_agent": not agent,
        "watch": "watchOS" in agent and agent.startswith(("atc/", "(null)/(null) watchOS")),
        "bot": bool(agent) and is_bot(agent),
        "malformed_agent": not re.search("[A-Za-z]", agent)
        or bool(re.match(r"<script|\(\)", agent)),
        "preload": "Prefetch Proxy" in agent,
        **{name: network_of(hit.address) == name for name in ("datacenter", "vpn")},
    }
    return next((name for name, holds in tests.items() if holds), None)


def is_bot(agent: str) -> bool:
    """A bot by the list, or an unknown agent that declares itself one."""
    entry = _entry(agent)
    if entry is None:
        return re.search("bot|crawler|spider", agent, re.IGNORECASE) is not None
    return entry[0] == "bot"


def app_of(agent: str) -> str:
    """The name in the list; a header's name in front of an agent is a typo (R22)."""
    entry = _entry(agent.removeprefix("User-Agent: "))
    return entry[1] if entry else "Unknown"


_ENTRIES: dict[str, tuple[str, str] | None] = {}


def _entry(agent: str) -> tuple[str, str] | None:
    if agent not in _ENTRIES:
        hit = next((p for p in agent_patterns() if re.search(p.pattern, agent)), None)
        _ENTRIES[agent] = (hit.group, hit.name) if hit else None
    return _ENTRIES[agent]


def _listener(text: str) -> IPv4Address | IPv6Address | int:
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or int(address) >> 64
    return address


def network_of(text: str) -> str | None:
    """The class of an address in the bundled lists."""
    who = _listener(text)
    return networks().classify(int(who), 4 if isinstance(who, IPv4Address) else 6)


def _country(text: str) -> str:
    who = _listener(text)
    return countries().lookup(int(who), 4 if isinstance(who, IPv4Address) else 6) or "?"


@pytest.fixture(scope="module")
def found(folder: Path) -> Found:
    """The plain counter's results for the folder."""
    return count(folder)


@pytest.mark.parametrize("part", ["by_day", "by_episode", "by_app", "by_country"])
def test_a_plain_counter_finds_the_downloads(
    found: Found, truth: dict[str, Any], part: str
) -> None:
    """The lines contain every simulated download, and no other."""
    assert truth["downloads"][part] == dict(getattr(found, part))


@pytest.mark.parametrize("part", ["filtered", "outcomes"])
def test_a_plain_counter_finds_what_does_not_count(
    found: Found, truth: dict[str, Any], part: str
) -> None:
    """Every filtered request has its reason, every small or empty one its outcome."""
    assert truth[part] == dict(getattr(found, part))


def test_a_plain_counter_finds_the_listeners(found: Found, truth: dict[str, Any]) -> None:
    """R43: distinct (IP*, agent) by day, and over the last 28 whole days."""
    text = truth["listeners"]
    assert text["by_day"] == {day: len(keys) for day, keys in sorted(found.listeners.items())}
    last = set().union(*(found.listeners[day] for day in sorted(text["by_day"])[-28:]))
    assert text["last_28_days"] == len(last)


def test_r41_the_hours_are_those_of_the_first_contributing_requests(
    found: Found, truth: dict[str, Any]
) -> None:
    """A filtered request sets no time; the first contributing request does."""
    assert truth["hours"]["R41"] == dict(found.hours["sim-R41"])
