"""The class of an address: data centre, VPN, privacy relay, or none (R17).

Relays (Apple's Private Relay) are people behind one address, so they are a separate class that is
never filtered; they take precedence over every other class of the bundled lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of
from wavehouse.kernel.reference.ranges import RangeMap, Span, Version, load, painted

NetworkClass = Literal["datacenter", "vpn", "relay", "nat"]

CONSUMER = "consumer"
_CLASSES: dict[str, NetworkClass] = {
    "datacenter": "datacenter",
    "vpn": "vpn",
    "relay": "relay",
    "nat": "nat",
}
# RFC 6598: 100.64.0.0/10 is only used between a carrier's NAT and its customers.
_CARRIERS_FIRST, _CARRIERS_LAST = 0x64400000, 0x647FFFFF


@dataclass(frozen=True, slots=True)
class Networks:
    """The bundled lists, overridden by the operator's lines."""

    base: dict[Version, RangeMap]
    extra: dict[Version, RangeMap]

    def classify(self, ip_int: int, version: Version) -> NetworkClass | None:
        """The class of an address, or None for an ordinary one. IPv6: its first 64 bits."""
        above = self.extra.get(version)
        own = above.lookup(ip_int) if above else None
        if own is not None:
            return _CLASSES.get(own)
        if version == 4 and _CARRIERS_FIRST <= ip_int <= _CARRIERS_LAST:
            return "nat"
        return _CLASSES.get(self.base[version].lookup(ip_int) or "")

    def ranges_of(self, network_class: NetworkClass, version: Version) -> Sequence[tuple[int, int]]:
        """Every (first, last) range of a class in the bundled lists, for the simulation."""
        return self.base[version].ranges_of(network_class)


def span_of(cidr: str, label: str) -> tuple[Version, Span]:
    """A CIDR network as a span; IPv6 by its first 64 bits. ValueError for other text."""
    from ipaddress import ip_network

    network = ip_network(cidr.strip(), strict=False)
    shift = 0 if network.version == 4 else 64
    first, last = int(network.network_address) >> shift, int(network.broadcast_address) >> shift
    return network.version, (first, last, label)


def read_extra(path: Path) -> list[tuple[Version, Span]]:
    """Lines of ``cidr,class``; ``#`` starts a comment; a later line wins over an earlier one.

    Classes are datacenter, vpn, relay, nat (of a carrier, whose many listeners R18 does not
    filter), and consumer, which removes a network from every list.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the network list cannot be read", where=str(path)) from broken
    rows = []
    for number, line in enumerate(lines, start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        cidr, _, label = content.partition(",")
        label = label.strip()
        try:
            if label not in _CLASSES and label != CONSUMER:
                raise ValueError(label)
            rows.append(span_of(cidr, label))
        except ValueError as wrong:
            raise InvalidInput(
                f"{content!r} must be a network and a class",
                where=f"{path}:{number}",
                hint="Write lines such as 192.0.2.0/24,datacenter (or vpn, relay, nat, consumer).",
            ) from wrong
    return rows


def _by_version(spans: Iterable[tuple[Version, Span]]) -> dict[Version, RangeMap]:
    sorted_out: dict[Version, list[Span]] = defaultdict(list)
    for version, span in spans:
        sorted_out[version].append(span)
    return {version: painted(version, own) for version, own in sorted_out.items()}


@cache
def networks(*extra: Path) -> Networks:
    """The network lists, overridden by the operator's own files (the last file wins)."""
    base: dict[Version, RangeMap] = {
        4: load(path_of("networks-ipv4.bin")),
        6: load(path_of("networks-ipv6.bin")),
    }
    return Networks(base, _by_version(line for path in extra for line in read_extra(path)))
