"""The inclusion list (R19): which addresses are included, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

LONGEST = timedelta(days=90)
"""The maximum validity of a validation, by the guidelines."""


def network_of(text: str) -> IPv4Network | IPv6Network:
    """A network or a single address. ValueError for other text, and for IPv6 narrower than /64."""
    network = ip_network(text.strip(), strict=False)
    if network.version == 6 and network.prefixlen > 64:
        if network.prefixlen < 128:
            raise ValueError(
                "IPv6 is counted by its first 64 bits (R04): a network cannot be narrower"
            )
        network = network.supernet(new_prefix=64)
    return network


def included_until(
    entries: Iterable[tuple[str, datetime]],
) -> Callable[[int, int], datetime | None]:
    """A function from an address (IPv6: its first 64 bits) to the latest end that covers it."""
    spans = []
    for text, until in entries:
        network = network_of(text)
        shift = 64 if network.version == 6 else 0
        first, last = int(network.network_address), int(network.broadcast_address)
        spans.append((network.version, first >> shift, last >> shift, until))

    def ask(ip_int: int, version: int) -> datetime | None:
        covers = (u for v, first, last, u in spans if v == version and first <= ip_int <= last)
        return max(covers, default=None)

    return ask
