"""Addresses: parsed, truncated, read through proxies, and hashed (R04–R07).

An address is kept only while a request is being normalised. Only a keyed hash of its identity is
stored, which cannot be reversed without the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Literal

from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import UsageError

_MAPPED = bytes(10) + b"\xff\xff"
_SHORTEST_SECRET, _LONGEST_SECRET = 16, blake2b.MAX_KEY_SIZE


@dataclass(frozen=True, slots=True)
class Address:
    """A client's address for counting: all of IPv4, the first 64 bits of IPv6 (R04)."""

    version: Literal[4, 6]
    ip_int: int

    @property
    def identity(self) -> bytes:
        """The bytes used in the listener key: 4 for IPv4, 8 for IPv6, so they never collide."""
        return self.ip_int.to_bytes(4 if self.version == 4 else 8)

    @property
    def text(self) -> str:
        """The address as text: ``203.0.113.7``, or ``2001:db8:1:2::/64``."""
        if self.version == 4:
            return inet_ntop(AF_INET, self.identity)
        return inet_ntop(AF_INET6, self.identity + bytes(8)) + "/64"

    @property
    def network(self) -> str:
        """The surrounding network: /24 of IPv4, /48 of IPv6."""
        packed = self.identity
        if self.version == 4:
            return inet_ntop(AF_INET, packed[:3] + b"\0") + "/24"
        return inet_ntop(AF_INET6, packed[:6] + bytes(10)) + "/48"


def parse(text: str) -> Address | None:
    """The address in a text, or None when there is none (R06: ``bad_ip``).

    An IPv4 address inside IPv6 (``::ffff:192.0.2.1``) is unmapped before truncation; otherwise all
    such clients would be the same (R05).
    """
    packed = _packed(text)
    return None if packed is None else _address(packed)


def _address(packed: bytes) -> Address:
    if len(packed) == 4:
        return Address(4, int.from_bytes(packed))
    return Address(6, int.from_bytes(packed[:8]))


def _packed(text: str) -> bytes | None:
    """The whole address, 4 or 16 bytes, unmapped."""
    try:
        if ":" not in text:
            return inet_pton(AF_INET, text)
        packed = inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        bare = _bare(text)
        return _packed(bare) if bare != text else None
    return packed[12:] if packed[:12] == _MAPPED else packed


def _bare(text: str) -> str:
    """An address without decorations of proxies: space, quotes, brackets, port, zone."""
    text = text.strip(' \t"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        text = host if port.isdecimal() else text
    return text.partition("%")[0]


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose ``X-Forwarded-For`` is trusted; none unless configured (R06)."""

    ranges: tuple[tuple[int, int, int], ...] = ()
    unix_socket: bool = False

    def __contains__(self, text: str) -> bool:
        if text.startswith("unix:"):
            return self.unix_socket
        packed = _packed(text)
        if packed is None:
            return False
        value = int.from_bytes(packed)
        return any(
            width == len(packed) and first <= value <= last for width, first, last in self.ranges
        )


def trusted_proxies(networks: Iterable[str]) -> TrustedProxies:
    """Proxies by address or network; ``unix:`` trusts the web server's own socket.

    Raises ValueError for other text.
    """
    ranges, unix_socket = [], False
    for text in networks:
        if text == "unix:":
            unix_socket = True
            continue
        network = ip_network(text.strip(), strict=False)
        first, last = int(network.network_address), int(network.broadcast_address)
        ranges.append((network.max_prefixlen // 8, first, last))
    return TrustedProxies(tuple(ranges), unix_socket)


NOBODY = TrustedProxies()


def trusted_of(settings: Settings) -> TrustedProxies:
    """The proxies of the setting ``trusted_proxies`` (R06). UsageError for an invalid value."""
    try:
        return trusted_proxies(settings["trusted_proxies"])
    except ValueError as error:
        raise UsageError(
            f"invalid trusted_proxies: {error}",
            where=settings.values["trusted_proxies"].source,
        ) from None


def forwarded(
    remote: str, x_forwarded_for: str | None, trusted: TrustedProxies = NOBODY
) -> Address | None:
    """The client behind the proxies, or None when its address cannot be read (R06).

    Anyone may send the header. It is read from the right, where the nearest proxy appended, and
    only while each sender is trusted: the first untrusted address is the client.
    """
    if not x_forwarded_for or remote not in trusted:
        return parse(remote)
    client = remote
    for hop in _from_the_right(x_forwarded_for):
        client = hop
        if hop not in trusted:
            break
    return parse(client)


def _from_the_right(header: str) -> Iterator[str]:
    for part in reversed(header.split(",")):
        hop = part.strip()
        if hop:
            yield hop


_HASH = re.compile(r"hash:([0-9a-fA-F]{16,128})")


def hashed_identity(text: str) -> bytes | None:
    """The identity in ``hash:<hex>``, from a log with hashes instead of addresses (OP3).

    None for other text (R06). Hashes are longer than addresses, so the two never collide.
    """
    match = _HASH.fullmatch(text)
    return bytes.fromhex(match[1]) if match and len(match[1]) % 2 == 0 else None


def country_of(text: str) -> str:
    """A two-letter country code from a log; empty for XX or any other text."""
    return (
        text
        if len(text) == 2 and text.isascii() and text.isalpha() and text.isupper() and text != "XX"
        else ""
    )


def keyed_hash(secret: bytes, *parts: bytes) -> int:
    """A 63-bit number for the parts; without the secret it reveals nothing (R07).

    Keyed BLAKE2b, truncated to 8 bytes and to the positive half of a ``bigint``. Each part is
    preceded by its length, so that ("ab", "c") and ("a", "bc") differ. For 100 million listeners
    the chance of any collision is about 1 in 2,000. Raises ValueError for a secret that is not 16
    to 64 bytes long.
    """
    if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        raise ValueError("the secret of a keyed hash must be 16 to 64 bytes long")
    framed = b"".join([len(part).to_bytes(4) + part for part in parts])
    return int.from_bytes(blake2b(framed, digest_size=8, key=secret).digest()) >> 1
