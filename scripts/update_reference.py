"""Regenerate ``src/wavehouse/reference`` from local checkouts; the same input, the same bytes.

    python scripts/update_reference.py agents   --checkout ../user-agents-v2
    python scripts/update_reference.py countries --mmdb-folder ./package --dated 2026-06-17
    python scripts/update_reference.py networks --x4bnet ../lists_vpn --ipcat ../ipcat
    python scripts/update_reference.py prefixes
    python scripts/update_reference.py months   # needs the package Babel
    python scripts/update_reference.py check

A checkout may be bare. This script downloads nothing, and the package does not import it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from wavehouse.kernel.reference import files, month_list, network_list, ranges  # noqa: E402
from wavehouse.measurement.rules import agents as agents_rules  # noqa: E402

FOLDER = files.FOLDER
MANIFEST = FOLDER / "manifest.json"
KINDS = {"bots": "bot", "apps": "app", "libraries": "library", "browsers": "browser"}


def git(checkout: Path, *words: str) -> str:
    """The output of a git command in a checkout."""
    asked = ["git", "-C", str(checkout), *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout


def version_of(checkout: Path) -> str:
    """The date and the short id of the newest commit."""
    return git(checkout, "log", "-1", "--format=%cs+%h", "--abbrev=12").strip()


def shown(checkout: Path, path: str) -> str:
    """A file of the newest commit."""
    return git(checkout, "show", f"HEAD:{path}")


def register(name: str, names: list[str], **facts: str) -> None:
    """Write a list's entry in the manifest, with the checksums of its files."""
    held: dict[str, Any] = {"lists": {}}
    if MANIFEST.exists():
        held = json.loads(MANIFEST.read_text())
    sums = {n: hashlib.sha256((FOLDER / n).read_bytes()).hexdigest() for n in names}
    held["lists"][name] = {**facts, "sha256": sums}
    MANIFEST.write_text(json.dumps(held, indent=2, sort_keys=True) + "\n")


def rows(path: Path, head: dict[str, Any], key: str, entries: list[Any]) -> None:
    """JSON with one entry per line, so that diffs are readable."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(f'{opening}, "{key}": [\n{lines}\n]}}\n', encoding="utf-8")


# --- user agents ---------------------------------------------------------------------------


def needles(pattern: str) -> list[str]:
    """Literals of which every text matching the pattern contains one; [] when none is certain.

    The matcher searches for these with ``in`` before it tries the expression, which saves nearly
    every compilation and match.
    """
    from re import _parser  # type: ignore[attr-defined]

    return sorted(_needed(_parser.parse(pattern, re.ASCII)))


def _needed(tokens: Any) -> set[str]:
    best: set[str] = set()
    run = ""
    for operation, value in [*tokens, (None, None)]:
        name = str(operation)
        if name == "LITERAL":
            run += chr(value)
            continue
        best, run = _better(best, {run} if run else set()), ""
        if name == "SUBPATTERN":
            best = _better(best, _needed(value[-1]))
        elif name == "BRANCH":
            arms = [_needed(arm) for arm in value[1]]
            best = _better(best, set().union(*arms) if all(arms) else set())
        elif name == "MAX_REPEAT" and value[0] >= 1:
            best = _better(best, _needed(value[2]))
    return best


def _better(one: set[str], other: set[str]) -> set[str]:
    """The set whose shortest literal is longest, which is least likely to occur by chance."""
    if not one or not other:
        return one or other
    return max((one, other), key=lambda s: (min(map(len, s)), -len(s)))


def spoken_as(kind: str, name: str, text: str) -> list[str]:
    """An example with its kind; the watch's, which the list calls a bot, by R20 and R21."""
    if name == agents_rules.WATCH:
        kind = "watch" if agents_rules.is_watch_duplicate(text) else "app"
    return [kind, name, text]


def agents(checkout: Path) -> None:
    """The patterns in matching order, the devices, and the examples."""
    version = version_of(checkout)
    patterns, spoken = [], []
    for source, kind in KINDS.items():
        for entry in json.loads(shown(checkout, f"src/{source}.json"))["entries"]:
            found = needles(entry["pattern"])
            patterns.append([kind, entry["name"], entry["pattern"], found])
            spoken += [spoken_as(kind, entry["name"], text) for text in entry.get("examples", [])]
    devices = [
        [entry["category"], entry["name"], entry["pattern"], needles(entry["pattern"])]
        for entry in json.loads(shown(checkout, "src/devices.json"))["entries"]
    ]
    rows(FOLDER / "agents.json", {"version": version}, "entries", patterns)
    rows(FOLDER / "agent-devices.json", {"version": version}, "entries", devices)
    rows(FOLDER / "agent-examples.json", {"version": version}, "entries", spoken)
    notice = FOLDER / "licences" / "opawg-user-agents-v2.txt"
    notice.write_text(shown(checkout, "LICENSE"))
    register(
        "user_agents",
        ["agents.json", "agent-devices.json", "agent-examples.json"],
        version=version,
        licence="MIT",
        source="https://github.com/opawg/user-agents-v2",
    )


# --- countries -----------------------------------------------------------------------------


def countries(folder: Path, dated: str) -> None:
    """Both IP versions of the country list; IPv6 by its first 64 bits."""
    about = json.loads((folder / "package.json").read_text())
    version = f"{dated}+{about['version']}"
    for ip, stem in ((4, "ipv4"), (6, "ipv6")):
        source = folder / f"geo-whois-asn-country-{stem}.mmdb"
        held = ranges.painted(4 if ip == 4 else 6, mmdb_spans(source, ip))
        ranges.dump(held, FOLDER / f"countries-{stem}.bin", version=version)
    notice = FOLDER / "licences" / "geo-whois-asn-country.txt"
    notice.write_text((folder / "NRO_LICENSE").read_text().rstrip() + "\n")
    register(
        "countries",
        ["countries-ipv4.bin", "countries-ipv6.bin"],
        version=version,
        licence="CC0-1.0, from data of the NRO under CC BY 4.0",
        source="npm @ip-location-db/geo-whois-asn-country-mmdb (github.com/sapics/ip-location-db)",
    )


def mmdb_spans(path: Path, ip: int) -> Iterator[ranges.Span]:
    """The file's countries for every address that can occur.

    Of IPv6 networks longer than /64, only the one with the first address of the /64 determines its
    country, because truncated addresses are that address.
    """
    import maxminddb

    shift = 0 if ip == 4 else 64
    for network, record in maxminddb.open_database(str(path)):
        first = int(network.network_address)
        if first & ((1 << shift) - 1):
            continue
        if isinstance(record, dict) and record.get("country_code"):
            last = int(network.broadcast_address) >> shift
            yield first >> shift, last, str(record["country_code"])


# --- networks ------------------------------------------------------------------------------


def network_lists(x4bnet: Path, ipcat: Path) -> None:
    """Data centres, overridden by VPNs, overridden by relays: a later span takes precedence."""
    held: dict[ranges.Version, list[ranges.Span]] = {4: [], 6: []}

    def take(lines: Iterator[str], label: str) -> None:
        for line in lines:
            cidr = line.partition("#")[0].strip()
            if cidr:
                version, span = network_list.span_of(cidr, label)
                held[version].append(span)

    def published(path: str, label: str) -> None:
        take(iter(shown(x4bnet, path).splitlines()), label)

    for line in shown(ipcat, "datacenters.csv").splitlines():
        first, last = (int(ip_address(part)) for part in line.split(",")[:2])
        held[4].append((first, last, "datacenter"))
    for stem in ("ipv4", "ipv6"):
        published(f"output/datacenter/{stem}.txt", "datacenter")
    for stem in ("ipv4", "ipv6"):
        published(f"output/vpn/{stem}.txt", "vpn")
    published("input/vpn/ips/apple.txt", "relay")
    take(iter((FOLDER / "relays.txt").read_text().splitlines()), "relay")
    version = f"x4bnet-{version_of(x4bnet)} ipcat-{version_of(ipcat)}"
    for ip, stem in ((4, "ipv4"), (6, "ipv6")):
        key: ranges.Version = 4 if ip == 4 else 6
        target = FOLDER / f"networks-{stem}.bin"
        ranges.dump(ranges.painted(key, held[key]), target, version=version)
    readme = shown(x4bnet, "README.md")
    licence = readme[readme.index("MIT License") :].partition("```")[0]
    (FOLDER / "licences" / "x4bnet-lists_vpn.txt").write_text(licence)
    (FOLDER / "licences" / "growlfm-ipcat.txt").write_text(shown(ipcat, "LICENSE"))
    register(
        "networks",
        ["networks-ipv4.bin", "networks-ipv6.bin", "relays.txt"],
        version=version,
        licence="MIT",
        source="https://github.com/X4BNet/lists_vpn https://github.com/growlfm/ipcat",
    )


# --- our own lists -------------------------------------------------------------------------


def prefixes() -> None:
    """Our own list of prefixes, which needs no source; its version is its checksum."""
    content = (FOLDER / "tracking-prefixes.txt").read_bytes()
    register(
        "tracking_prefixes",
        ["tracking-prefixes.txt"],
        version=hashlib.sha256(content).hexdigest()[:12],
        licence="Apache-2.0",
        source="collected by the Wavehouse developers",
    )


def preloaders() -> None:
    """The same for players that preload."""
    content = (FOLDER / "preloaders.txt").read_bytes()
    register(
        "preloaders",
        ["preloaders.txt"],
        version=hashlib.sha256(content).hexdigest()[:12],
        licence="Apache-2.0",
        source="collected by the Wavehouse developers",
    )


def parameters() -> None:
    """Our own list of client parameters; its version and checksum come from its content."""
    content = (FOLDER / "client-parameters.txt").read_bytes()
    register(
        "client_parameters",
        ["client-parameters.txt"],
        version=hashlib.sha256(content).hexdigest()[:12],
        licence="Apache-2.0",
        source="collected by the Wavehouse developers",
    )


def paths() -> None:
    """Our own rules from paths to files; their version and checksum come from their content."""
    content = (FOLDER / "path-rules.txt").read_bytes()
    register(
        "path_rules",
        ["path-rules.txt"],
        version=hashlib.sha256(content).hexdigest()[:12],
        licence="Apache-2.0",
        source="collected by the Wavehouse developers",
    )


def months() -> None:
    """Names of months by language, from CLDR's data in the package Babel (not a dependency)."""
    babel = importlib.import_module("babel")
    held = json.loads((FOLDER / "month-names.json").read_text(encoding="utf-8"))
    found: dict[str, set[int]] = defaultdict(set)
    for language in held["languages"]:
        for names in babel.Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for month, name in names[width].items():
                    key = month_list.month_key(name)
                    if not any(c.isdigit() for c in key):
                        found[key].add(month)
    head = {"version": f"Babel {babel.__version__}", "languages": held["languages"]}
    lines = [
        f"{json.dumps(n, ensure_ascii=False)}: {json.dumps(sorted(m))}"
        for n, m in sorted(found.items())
    ]
    text = json.dumps(head)[:-1] + ',\n"names": {\n' + ",\n".join(lines) + "\n}}\n"
    (FOLDER / "month-names.json").write_text(text, encoding="utf-8")
    register(
        "months",
        ["month-names.json"],
        version=head["version"],
        licence="Unicode-3.0",
        source="CLDR by the package Babel",
    )


def check() -> int:
    """Compare every file with the manifest; returns 0 when all match."""
    wrong = []
    for name, entry in json.loads(MANIFEST.read_text())["lists"].items():
        for file, expected in entry["sha256"].items():
            if hashlib.sha256((FOLDER / file).read_bytes()).hexdigest() != expected:
                wrong.append(f"{name}: {file} is not what the manifest says")
    print("\n".join(wrong) or "every list is what the manifest says")
    return 3 if wrong else 0


def main() -> int:
    """Parse the arguments and run the command."""
    parser = argparse.ArgumentParser(description="Regenerate the reference lists.")
    words = parser.add_subparsers(dest="what", required=True)
    one = words.add_parser("agents")
    one.add_argument("--checkout", type=Path, required=True)
    two = words.add_parser("countries")
    two.add_argument("--mmdb-folder", type=Path, required=True)
    two.add_argument("--dated", required=True)
    three = words.add_parser("networks")
    three.add_argument("--x4bnet", type=Path, required=True)
    three.add_argument("--ipcat", type=Path, required=True)
    words.add_parser("prefixes")
    words.add_parser("preloaders")
    words.add_parser("months")
    words.add_parser("parameters")
    words.add_parser("paths")
    words.add_parser("check")
    given = parser.parse_args()
    (FOLDER / "licences").mkdir(parents=True, exist_ok=True)
    if given.what == "agents":
        agents(given.checkout)
    elif given.what == "countries":
        countries(given.mmdb_folder, given.dated)
    elif given.what == "networks":
        network_lists(given.x4bnet, given.ipcat)
    elif given.what == "prefixes":
        prefixes()
    elif given.what == "preloaders":
        preloaders()
    elif given.what in {"months", "parameters", "paths"}:
        {"months": months, "parameters": parameters, "paths": paths}[given.what]()
    return check()


if __name__ == "__main__":
    raise SystemExit(main())
