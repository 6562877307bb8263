"""Addresses: truncation, trusted proxies, and hashing that changes no count."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel.addresses import (
    NOBODY,
    Address,
    forwarded,
    keyed_hash,
    parse,
    trusted_proxies,
)

SECRET = b"a secret of the test, 32 bytes.."


def text_of(address: Address | None) -> str | None:
    return address.text if address else None


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_r04_ipv6_is_its_first_64_bits(address: IPv6Address, interface: int) -> None:
    """Two addresses of one /64 are one client, whatever the interface part."""
    prefix = int(address) >> 64
    if prefix == 0:
        return
    other = IPv6Address(prefix << 64 | interface)
    assert Address(6, prefix) == parse(str(address)) == parse(str(other))


@given(st.ip_addresses(v=4))
def test_r04_ipv4_stays_whole(address: IPv4Address) -> None:
    """All 32 bits count."""
    assert Address(4, int(address)) == parse(str(address))
    assert str(address) == text_of(parse(str(address)))


@given(st.ip_addresses(v=4))
def test_r05_a_mapped_ipv4_is_unmapped_before_it_is_truncated(address: IPv4Address) -> None:
    """``::ffff:a.b.c.d`` is a.b.c.d in every spelling; IPv4 clients do not become one."""
    plain = parse(str(address))
    assert plain == parse(f"::ffff:{address}")
    assert plain == parse(f"::FFFF:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "unknown",
        "1.2.3",
        "256.1.1.1",
        "1.2.3.4.5",
        "1::2::3",
        "[]",
        "1.2.3.4\x00",
        "%",
        ":",
        "example.com",
        "1.2.3.4:x",
        "１.2.3.4",
        "\udc80",
        "::ffff:300.1.1.1",
    ],
)
def test_r06_what_is_no_address_is_none(text: str) -> None:
    """The result for an invalid address is None, never a guess."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("203.0.113.7", "203.0.113.7:51413"),
        ("203.0.113.7", ' "203.0.113.7" '),
        ("203.0.113.7", "[::ffff:203.0.113.7]:443"),
        ("2001:db8:1:2::/64", "[2001:db8:1:2:3::4]:443"),
        ("2001:db8:1:2::/64", "[2001:db8:1:2::1]"),
        ("fe80::/64", "fe80::1%eth0"),
    ],
)
def test_r06_ports_brackets_and_zones_are_taken_off(expected: str, text: str) -> None:
    """Additions by proxies around an address are removed."""
    assert expected == text_of(parse(text))


def test_networks_are_the_neighbourhood_of_an_address() -> None:
    """A /24 of IPv4, a /48 of IPv6."""
    four, six = parse("203.0.113.7"), parse("2001:db8:1:2::9")
    assert four is not None
    assert six is not None
    assert "203.0.113.0/24" == four.network
    assert "2001:db8:1::/48" == six.network


def test_identities_of_both_versions_never_meet() -> None:
    """An IPv4 address and an IPv6 prefix with the same number are different clients."""
    assert Address(4, 7).identity != Address(6, 7).identity


PROXIES = trusted_proxies(["10.0.0.0/8", "2001:db8:f::1", "192.0.2.1"])


@pytest.mark.parametrize(
    ("expected", "remote", "header"),
    [
        ("198.51.100.1", "198.51.100.1", "203.0.113.7"),  # a stranger's header
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", "8.8.8.8, 203.0.113.7"),  # invented by the client
        ("203.0.113.7", "10.0.0.1", "8.8.8.8, 203.0.113.7, 192.0.2.1, 10.2.3.4"),
        ("203.0.113.7", "::ffff:10.0.0.1", "203.0.113.7:4711"),
        ("203.0.113.7", "2001:db8:f::1", "203.0.113.7"),
        ("2001:db8:f::/64", "2001:db8:f::2", "203.0.113.7"),  # same /64, another machine
        ("10.9.9.9", "10.0.0.1", "10.9.9.9, 10.0.0.2"),  # all of them are our proxies
        ("10.0.0.1", "10.0.0.1", ""),
        ("10.0.0.1", "10.0.0.1", None),
        ("10.0.0.1", "10.0.0.1", " , "),
        (None, "10.0.0.1", "203.0.113.7, unknown"),  # the nearest proxy did not know the address
        (None, "-", "203.0.113.7"),
    ],
)
def test_r06_forwarded_addresses_come_from_configured_proxies_only(
    expected: str | None, remote: str, header: str | None
) -> None:
    """The header is read from the right, as far as every writer is trusted."""
    assert expected == text_of(forwarded(remote, header, PROXIES))


def test_r06_nobody_is_trusted_unless_configured() -> None:
    """Without a list the header is ignored."""
    assert "10.0.0.1" == text_of(forwarded("10.0.0.1", "203.0.113.7"))
    assert "10.0.0.1" not in NOBODY


def test_r06_a_web_servers_own_socket_can_be_trusted() -> None:
    """Nginx logs ``unix:`` for a client that came through a socket."""
    assert None is forwarded("unix:", "203.0.113.7")
    assert "203.0.113.7" == text_of(forwarded("unix:", "203.0.113.7", trusted_proxies(["unix:"])))


def test_r06_a_proxy_that_is_no_network_is_refused() -> None:
    """A wrong setting must not trust anyone by accident."""
    with pytest.raises(ValueError, match="not-a-network"):
        trusted_proxies(["not-a-network"])


# Few addresses and agents, so that groups of several requests occur.
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1", "2001:db8::2"]),
        st.sampled_from(["A/1", "A/1 ", "B/2", ""]),
        st.sampled_from(["ep1", "ep2"]),
    ),
    max_size=30,
)


@given(REQUESTS)
def test_r07_hashing_after_truncation_alters_no_count(requests: list[tuple[str, str, str]]) -> None:
    """Groups by raw identity and groups by hash have the same sizes."""
    raw: Counter[tuple[bytes, str, str]] = Counter()
    hashed: Counter[tuple[int, str]] = Counter()
    for text, agent, episode in requests:
        address = parse(text)
        assert address is not None
        raw[address.identity, agent, episode] += 1
        hashed[keyed_hash(SECRET, address.identity, agent.encode()), episode] += 1
    assert sorted(raw.values()) == sorted(hashed.values())


@given(st.lists(st.binary(max_size=4), max_size=3), st.lists(st.binary(max_size=4), max_size=3))
def test_r07_different_parts_hash_differently(one: list[bytes], other: list[bytes]) -> None:
    """("ab", "c") and ("a", "bc") are two listeners, although they concatenate alike."""
    same = keyed_hash(SECRET, *one) == keyed_hash(SECRET, *other)
    assert (one == other) is same


def test_r07_a_hash_is_a_positive_bigint_and_depends_on_the_secret() -> None:
    """63 bits; without the secret, addresses cannot be tried out."""
    values = {keyed_hash(bytes([n]) * 32, b"\xcb\x00\x71\x07") for n in range(64)}
    assert 64 == len(values)
    assert all(0 <= value < 2**63 for value in values)
    assert 2**62 <= max(values)


def test_r07_the_hash_is_the_same_on_every_machine_and_day() -> None:
    """Stored keys must be found again: the hash is part of the format."""
    assert 4592181120606472002 == keyed_hash(SECRET, b"\xcb\x00\x71\x07", b"A/1")


@pytest.mark.parametrize("secret", [b"", b"short", b"x" * 65])
def test_r07_a_secret_that_protects_nothing_is_refused(secret: bytes) -> None:
    """An empty setting must not give a hash that can be reversed."""
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        keyed_hash(secret, b"x")
