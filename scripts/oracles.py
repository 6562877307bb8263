"""Compare our rules with the public test vectors of OP3 and opawg: ``make oracles``.

    python scripts/oracles.py --op3 ../op3 --prefixes ../podcast-prefixes

A checkout may be bare. Their data is not stored: the vectors are read from the checkouts, and the
output is the agreement, and each disagreement with our reason. It is not part of the gate.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from wavehouse.catalog.rules.dates import read_date  # noqa: E402
from wavehouse.kernel import addresses, reference  # noqa: E402
from wavehouse.measurement.rules import agents, ranges  # noqa: E402

Row = tuple[str, str, str]
"""A vector, the expected result, and ours."""

REASONS = {
    "dates": {},
    "prefixes": {"%2Fepisode.mp3?": "an encoded address is decoded whole; the file is the same"},
    "parameters": {},
    "ranges": {
        "bytes=-": "a suffix says which bytes only with the file's size (R28)",
        "0-0,": "an empty element of a list is ignored (RFC 9110, 5.6.1)",
    },
    "addresses": {
        "::ffff:": "R05: an IPv4 address inside IPv6 is unmapped before it is cut",
    },
    "agents": {
        "atc/1.0": "R20 and R21: only watchOS, and nothing broader, is the watch's duplicate",
        "Tentacles": "their list is newer than ours; `wavehouse lists add agents` takes it",
        "Deepgram": "the same",
        "Podbean Podcast Service": "the same",
        "PodcastTranscriber": "the same",
    },
    "opawg": {},
}


def shown(checkout: Path, path: str) -> str:
    """A file of a checkout's newest commit."""
    words = ["git", "-C", str(checkout), "show", f"HEAD:{path}"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def dates(op3: Path) -> Iterator[Row]:
    """OP3's dates."""
    text = shown(op3, "worker/pubdates_test.ts")
    for written, expected in re.findall(r"'([^']+)': '([^']+)'", text):
        at = read_date(written).at
        yield written, expected, at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if at else "none"
    bad = re.search(r"const bad = \[(.*?)\]", text, re.DOTALL)
    for written in re.findall(r"'([^']*)'", bad[1] if bad else ""):
        at = read_date(written).at
        yield written, "none", at.isoformat() if at else "none"


def prefixes(op3: Path) -> Iterator[Row]:
    """OP3's chains of prefixes, and the address behind each."""
    text = shown(op3, "worker/chain_estimate_test.ts")
    strip = reference.tracking_prefixes().strip
    for found in re.finditer(r"computeChainEstimate\('([^']+)'\), \[(.*?)\]\);", text, re.DOTALL):
        ends = re.findall(r"kind: 'destination', url: '([^']+)'", found[2])
        if ends and "://" in ends[0]:
            yield found[1], ends[0].partition("://")[2], strip(found[1]).partition("://")[2]


def parameters(op3: Path) -> Iterator[Row]:
    """OP3's client parameters: the rest of an address without them."""
    text = shown(op3, "worker/client_params_test.ts")
    for written, expected in re.findall(r"computeServerUrl\('([^']+)'\), '([^']+)'", text):
        ours, theirs = reference.media_key(written), reference.media_key(expected)
        yield written, "".join(theirs), "".join(ours)


def range_headers(op3: Path) -> Iterator[Row]:
    """OP3's range headers: valid or not."""
    text = shown(op3, "worker/range_header_test.ts")
    good = re.findall(r"'(bytes=[^']+)': \[", text)
    bad = re.search(r"const bad = \[(.*?)\]", text, re.DOTALL)
    for header in good:
        yield header, "understood", "understood" if ranges.requested(header) else "refused"
    for header in re.findall(r"'([^']+)'", bad[1] if bad else ""):
        yield header, "refused", "understood" if ranges.requested(header) else "refused"


def ip_addresses(op3: Path) -> Iterator[Row]:
    """OP3's addresses, identified as in a download: IPv6 truncated to 64 bits."""
    text = shown(op3, "worker/ip_addresses_test.ts")
    part = text.partition("computeIpAddressForDownload',")[2].partition("Deno.test")[0]
    for written, expected in re.findall(r"'([^']+)': '([0-9a-f:]+)'", part):
        found = addresses.parse(written)
        ours = "none"
        if found is not None and found.version == 6:
            ours = IPv6Address(found.ip_int << 64).exploded
        elif found is not None:
            ours = found.text
        yield written, expected, ours


def user_agents(op3: Path) -> Iterator[Row]:
    """OP3's user agents: a bot or not."""
    rules = agents.AgentRules(reference.agent_patterns(), reference.agent_devices())
    text = shown(op3, "worker/user_agents_test.ts")
    for name in ("botTests", "appTests", "libraryTests", "browserTests"):
        part = text.partition(f"const {name} =")[2].partition("\n};")[0]
        for agent, kind in re.findall(r"^\s+'((?:[^'\\]|\\.)+)': \{ type: '(\w+)'", part, re.M):
            written = agent.replace("\\'", "'")
            filtered = rules.classify(written).reason in {"bot", "watch"}
            yield written, "bot" if kind == "bot" else "people", "bot" if filtered else "people"


def opawg(checkout: Path) -> Iterator[Row]:
    """The patterns of opawg/podcast-prefixes, each with an id before the measured address."""
    strip = reference.tracking_prefixes().strip
    target = "media.example.com/show/1.mp3"
    for entry in json.loads(shown(checkout, "src/prefixes.json")):
        pattern = entry["prefixpattern"].strip("/")
        host = f"x{pattern}" if pattern.startswith(".") else pattern
        forms = {f"https://{host}{more}/{target}" for more in ("", "/a1", "/p/a1", "/track/a1")}
        forms |= {
            f"https://{host}{more}/{target}"
            for more in ("/e", "/pts/redirect.mp3", "/stream/a1", "/v2/track/a1", "/https/a1")
        }
        fits = any(strip(form) == f"https://{target}" for form in forms)
        yield pattern, "known", "known" if fits else "unknown"


def main() -> int:
    """Print agreement by subject, and each disagreement; 3 when one has no reason."""
    parser = argparse.ArgumentParser(description="Compare with public vectors.")
    parser.add_argument("--op3", type=Path, required=True)
    parser.add_argument("--prefixes", type=Path, required=True)
    given = parser.parse_args()
    subjects = {
        "dates": dates(given.op3),
        "prefixes": prefixes(given.op3),
        "parameters": parameters(given.op3),
        "ranges": range_headers(given.op3),
        "addresses": ip_addresses(given.op3),
        "agents": user_agents(given.op3),
        "opawg": opawg(given.prefixes),
    }
    unexplained = 0
    for subject, rows in subjects.items():
        everything = list(rows)
        wrong = [row for row in everything if row[1] != row[2]]
        print(f"{subject}: {len(everything) - len(wrong)} of {len(everything)} agree")
        for vector, theirs, ours in wrong:
            known = REASONS[subject]
            why = next((reason for part, reason in known.items() if part in vector), None)
            unexplained += why is None
            print(f"  {vector[:90]}: they say {theirs}, we say {ours}: {why or 'NO REASON'}")
    return 3 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
