"""The country of an address: the bundled list, or a MaxMind/DB-IP file from the operator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of, versions
from wavehouse.kernel.reference.ranges import RangeMap, Version, load


class Countries(Protocol):
    """A source of countries by address."""

    @property
    def name(self) -> str:
        """The list's name and version, for reports (R52)."""

    def lookup(self, ip_int: int, version: Version) -> str | None:
        """The ISO 3166-1 code, or None. IPv6 is given by its first 64 bits."""

    def ranges_of(self, country: str, version: Version) -> Sequence[tuple[int, int]]:
        """Every (first, last) range of a country, both included; IPv6 as 64-bit integers."""


class BundledCountries:
    """The list that ships with Wavehouse; the file for each IP version is read on first use."""

    @property
    def name(self) -> str:
        """The list's name and version."""
        return f"countries {versions()['countries']}"

    def lookup(self, ip_int: int, version: Version) -> str | None:
        """The country of an address, by one bisect."""
        return _bundled(version).lookup(ip_int)

    def ranges_of(self, country: str, version: Version) -> Sequence[tuple[int, int]]:
        """Every range of a country, in order."""
        return _ranges(country, version)


class MmdbCountries:
    """A ``.mmdb`` file with MaxMind's, DB-IP's or ip-location-db's field names."""

    def __init__(self, path: Path) -> None:
        import maxminddb

        try:
            self._reader: Any = maxminddb.open_database(str(path))
        except FileNotFoundError as missing:
            raise InvalidInput("the country file does not exist", where=str(path)) from missing
        except (maxminddb.InvalidDatabaseError, OSError) as broken:
            raise InvalidInput(
                "the country file is not a readable .mmdb database",
                where=str(path),
                hint="Download it again, or leave the setting empty to use the bundled list.",
            ) from broken

    @property
    def name(self) -> str:
        """The database's type and its build time in seconds."""
        about = self._reader.metadata()
        return f"{about.database_type} {about.build_epoch}"

    def lookup(self, ip_int: int, version: Version) -> str | None:
        """The country of an address, looked up in the file."""
        from ipaddress import IPv4Address, IPv6Address

        address = IPv4Address(ip_int) if version == 4 else IPv6Address(ip_int << 64)
        if version == 6 and self._reader.metadata().ip_version == 4:
            return None
        return _code(self._reader.get(address))

    def ranges_of(self, country: str, version: Version) -> Sequence[tuple[int, int]]:
        """Every range of a country; reads the whole file, so only for tools and tests."""
        shift = 0 if version == 4 else 64
        rows = []
        for network, record in self._reader:
            if network.version == version and _code(record) == country:
                first, last = int(network[0]) >> shift, int(network[-1]) >> shift
                rows.append((first, last))
        return tuple(rows)


def _code(record: Any) -> str | None:
    if not isinstance(record, dict):
        return None
    nested = record.get("country")
    code = nested.get("iso_code") if isinstance(nested, dict) else record.get("country_code")
    return code if isinstance(code, str) and code else None


@cache
def _bundled(version: Version) -> RangeMap:
    return load(path_of(f"countries-ipv{version}.bin"))


@cache
def _ranges(country: str, version: Version) -> tuple[tuple[int, int], ...]:
    return _bundled(version).ranges_of(country)


@cache
def countries(path: Path | None = None) -> Countries:
    """The country list: the bundled one, or the ``.mmdb`` at ``path``."""
    return MmdbCountries(path) if path else BundledCountries()
