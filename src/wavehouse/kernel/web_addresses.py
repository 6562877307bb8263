"""Which network addresses may be opened when the address comes from others."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_UNSAFE_IN_URL = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")
_ORDINARY_URL = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*/[A-Za-z0-9._~%+,@=/-]*(?:\?[A-Za-z0-9._~%+,@=/&-]+)?"
)
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED_V6 = tuple(
    IPv6Network(net)
    for net in (
        "::/96",  # IPv4-compatible, obsolete
        "64:ff9b:1::/48",  # a network's own NAT64, whose target is unknown
        "100::/64",
        "fec0::/10",  # site-local, older than unique-local
    )
)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address embedded in an IPv6 address in a known way, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(text: str) -> bool:
    """True when the address is on the public internet, in any notation."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(address)
    if isinstance(inner, IPv6Address) and any(inner in net for net in _REFUSED_V6):
        return False
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def is_never_meant(text: str) -> bool:
    """True for link-local addresses: a cloud's metadata service may be there, never a feed."""
    try:
        return _inner(ip_address(text.partition("%")[0])).is_link_local
    except ValueError:
        return True


def shown(url: str) -> str:
    """An address for messages and logs: without password, or query, which may hold tokens."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    host = parts.netloc.rpartition("@")[2]
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def spellings_of(url: str) -> tuple[str, ...]:
    """An address of a feed with http and https, with and without a trailing slash."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in {"http", "https"}:
        return (url,)
    bare = rest.rstrip("/")
    named = (f"{item}://{bare}{end}" for item in ("https", "http") for end in ("", "/"))
    return tuple(dict.fromkeys((url, *named)))


def web_url(text: str | None, base: str | None = None) -> str | None:
    """An absolute http(s) address, with spaces and non-ASCII letters escaped; None if invalid."""
    if not text or not text.strip():
        return None
    if _ORDINARY_URL.fullmatch(text):
        return text  # most are, and the full check takes ten times as long
    try:
        joined = urljoin(base or "", "".join(text.strip().splitlines()))
        parts = urlsplit(joined)
        host, _ = parts.hostname or "", parts.port  # the port raises when it is not a number
        if host and not host.isascii():
            joined = joined.replace(host, host.encode("idna").decode("ascii"), 1)
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return _UNSAFE_IN_URL.sub(lambda m: quote(m.group(0)), joined)
