"""The bundled lists: their versions, their answers, and an operator's additions."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference import agent_examples, countries, networks, versions
from wavehouse.kernel.reference.files import FOLDER, manifest
from wavehouse.kernel.reference.ranges import Version, dump, load, painted


def number(text: str) -> tuple[int, Version]:
    """An address as an integer: IPv6 by its first 64 bits."""
    address = ip_address(text)
    return (int(address), 4) if address.version == 4 else (int(address) >> 64, 6)


def test_every_file_is_what_the_manifest_says() -> None:
    """A manually changed list, or an outdated manifest, fails."""
    for entry in manifest().values():
        for name, expected in entry["sha256"].items():
            assert expected == hashlib.sha256((FOLDER / name).read_bytes()).hexdigest(), name


def test_r52_every_list_has_a_version_for_the_methodology() -> None:
    """Reports name the lists behind their figures."""
    assert {"countries", "networks", "user_agents"} <= set(versions())
    assert all(versions().values())


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("US", "8.8.8.8"),
        ("IT", "79.20.0.1"),
        ("JP", "240b:10::1"),
        (None, "127.0.0.1"),
        (None, "255.255.255.255"),
        (None, "0.0.0.0"),  # noqa: S104 - an address to look up, not to bind
    ],
)
def test_an_address_has_the_country_of_its_range(country: str | None, text: str) -> None:
    """The bundled list answers for known, unknown, first and last addresses."""
    assert country == countries().lookup(*number(text))


@pytest.mark.parametrize("version", [4, 6])
def test_the_ranges_of_a_country_are_exactly_where_lookups_name_it(version: Version) -> None:
    """The first and last address are inside, their neighbours in the next range."""
    ranges = countries().ranges_of("IT", version)
    assert len(ranges) > 1000
    for (first, last), (following, _) in pairwise(ranges[:300]):
        assert "IT" == countries().lookup(first, version) == countries().lookup(last, version)
        assert last + 1 == following or "IT" != countries().lookup(last + 1, version)


def test_a_country_that_is_none_has_no_ranges() -> None:
    """An unknown code raises nothing."""
    assert () == countries().ranges_of("QQ", 4)


def test_r17_a_private_relay_is_a_class_of_its_own_and_not_a_vpn() -> None:
    """The original VPN list contains Apple's relay; ours excludes it, for IPv6 as well."""
    assert "relay" == networks().classify(*number("104.28.28.1"))
    assert "relay" == networks().classify(*number("172.225.33.65"))
    assert "relay" == networks().classify(*number("2a02:26f7:c100:4000::1"))


def test_r17_data_centres_and_vpns_are_told_apart_from_consumers() -> None:
    """A hosting network, a VPN's network, and an ordinary provider's."""
    vpn, _ = networks().ranges_of("vpn", 4)[0]
    assert "vpn" == networks().classify(vpn, 4)
    assert "datacenter" == networks().classify(*number("52.95.110.1"))
    assert None is networks().classify(*number("79.20.0.1"))


def test_r17_shared_address_space_is_a_carriers_nat() -> None:
    """RFC 6598: people, never a VPN; the operator's lines still decide."""
    assert "nat" == networks().classify(*number("100.64.0.1"))
    assert "nat" == networks().classify(*number("100.127.255.255"))
    assert None is networks().classify(*number("100.128.0.0"))


def test_an_operators_list_lies_above_the_bundled_one(tmp_path: Path) -> None:
    """An operator's lines add networks, and ``consumer`` removes one; the last line wins."""
    own = tmp_path / "own.csv"
    own.write_text(
        "# ours\n"
        "79.20.0.0/16,datacenter\n"
        "79.20.1.0/24,vpn # a line of its own\n"
        "52.95.110.0/24,consumer\n"
        "\n"
        "2001:200::/32,relay\n"
    )
    lists = networks(own)
    assert "datacenter" == lists.classify(*number("79.20.2.1"))
    assert "vpn" == lists.classify(*number("79.20.1.1"))
    assert None is lists.classify(*number("52.95.110.1"))
    assert "relay" == lists.classify(*number("2001:200::1"))
    assert "datacenter" == lists.classify(*number("52.95.111.1"))


@pytest.mark.parametrize("line", ["10.0.0.0/8", "10.0.0.0/8,tor", "10.0.0.0/40,vpn", "x,vpn"])
def test_a_bad_line_of_an_own_list_is_named_by_its_place(tmp_path: Path, line: str) -> None:
    """The message has the line's number and the expected form."""
    own = tmp_path / "own.csv"
    own.write_text(f"# ours\n{line}\n")
    with pytest.raises(InvalidInput) as caught:
        networks(own)
    assert f"{own}:2" == caught.value.where
    assert caught.value.hint is not None
    assert "datacenter" in caught.value.hint


def test_a_country_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file and a file of another kind both get a sentence without a traceback."""
    other = tmp_path / "other.mmdb"
    other.write_bytes(b"no database at all")
    for path in (tmp_path / "missing.mmdb", other):
        with pytest.raises(InvalidInput) as caught:
            countries(path)
        assert str(path) == caught.value.where


def a_country_file(path: Path, record: bytes) -> Path:
    """A minimal .mmdb: the lower half of IPv4 has the record, the rest nothing."""

    def text(value: str) -> bytes:
        return bytes([2 << 5 | len(value)]) + value.encode()

    def number_of(kind: int, value: int) -> bytes:
        return bytes([kind << 5 | 2]) + value.to_bytes(2)

    facts = {
        "node_count": number_of(6, 1),
        "record_size": number_of(5, 24),
        "ip_version": number_of(5, 4),
        "database_type": text("Own"),
        "build_epoch": b"\x02\x02\x10\x00",
        "binary_format_major_version": number_of(5, 2),
        "binary_format_minor_version": number_of(5, 0),
        "languages": b"\x00\x04",
        "description": b"\xe0",
    }
    about = bytes([7 << 5 | len(facts)]) + b"".join(text(k) + v for k, v in facts.items())
    tree = (1 + 16).to_bytes(3) + (1).to_bytes(3)
    path.write_bytes(tree + bytes(16) + record + b"\xab\xcd\xefMaxMind.com" + about)
    return path


@pytest.mark.parametrize(
    "record",
    [
        b"\xe1\x4ccountry_code\x42IT",
        b"\xe1\x47country\xe1\x48iso_code\x42IT",
    ],
)
def test_an_operators_country_file_answers_instead(tmp_path: Path, record: bytes) -> None:
    """Both vendors' field names are read, and the file's version is reported."""
    own = countries(a_country_file(tmp_path / "own.mmdb", record))
    assert "IT" == own.lookup(*number("8.8.8.8"))
    assert None is own.lookup(*number("200.0.0.1"))
    assert None is own.lookup(*number("2001:200::1"))
    assert ((0, 2**31 - 1),) == own.ranges_of("IT", 4)
    assert () == own.ranges_of("DE", 4)
    assert "Own 4096" == own.name


def test_a_later_span_paints_over_an_earlier_one() -> None:
    """Priority follows the given order, not sizes or starts."""
    held = painted(4, [(10, 50, "a"), (20, 29, "b"), (25, 60, "a"), (0, 4, "b"), (26, 26, "c")])
    said = [held.lookup(n) for n in (0, 4, 5, 10, 20, 24, 25, 26, 27, 60, 61, 2**32 - 1)]
    expected = ["b", "b", None, "a", "b", "b", "a", "c", "a", "a", None, None]
    assert expected == said
    assert ((10, 19), (25, 25), (27, 60)) == held.ranges_of("a")


def test_spans_at_the_very_end_close_with_the_address_space() -> None:
    """The last address is inside its range."""
    held = painted(6, [(2**64 - 2, 2**64 - 1, "x")])
    assert ((2**64 - 2, 2**64 - 1),) == held.ranges_of("x")
    assert "x" == held.lookup(2**64 - 1)
    assert None is held.lookup(0)


def test_a_list_file_is_the_same_bytes_each_time_and_reads_back(tmp_path: Path) -> None:
    """Regenerating from the same input changes nothing in the repository."""
    held = painted(6, [(5, 9, "IT"), (2**60, 2**63, "DE")])
    dump(held, tmp_path / "a", version="1")
    dump(load(tmp_path / "a"), tmp_path / "b", version="1")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert ((5, 9),) == load(tmp_path / "b").ranges_of("IT")


def test_examples_name_apps_for_the_simulation() -> None:
    """Apps, bots, browsers and libraries have agents that were observed in practice."""
    assert {"app", "bot", "browser", "library", "watch"} == {e.kind for e in agent_examples()}
    assert "Overcast" in {e.app for e in agent_examples() if e.kind == "app"}
