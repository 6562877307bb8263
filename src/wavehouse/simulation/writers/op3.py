"""OP3's hits: the request as it passes the redirect."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import sha1
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from wavehouse.simulation.types import Request
from wavehouse.simulation.writers._shape import CLOCK, Dice, Writer, target


@lru_cache(maxsize=65_536)
def _hashed(address: str) -> str:
    """An address as OP3 writes it: a hash of IPv4, or of IPv6's first 64 bits; or empty."""
    try:
        if ":" not in address:
            identity = str(IPv4Address(address))
        else:
            six = IPv6Address(address)
            identity = str(six.ipv4_mapped or int(six) >> 64)
    except AddressValueError:
        return ""
    return sha1(f"simulated {identity}".encode(), usedforsecurity=False).hexdigest()


def _line(day: date, request: Request, dice: Dice) -> str:
    r = request
    return (
        f"{day}T{CLOCK[r.second]}.000Z\t{dice.getrandbits(128):032x}\t{_hashed(r.address)}\t"
        f"{r.method}\thttps://op3.dev/e/{r.host}{target(r)}\t{r.agent}\t{r.referer}\t{r.asked}\t\t"
        f"\tFRA\tEU\t{r.country}\tEtc/UTC\t\t\t\n"
    )


WRITER = Writer(
    file=lambda day: f"op3-hits-{day}.tsv",
    head=(
        "time uuid hashedIpAddress method url userAgent referer range xpsId ulid edgeColo continent"
        " country timezone regionCode region metroCode\n"
    ).replace(" ", "\t"),
    line=_line,
    has_ids=True,
    redirects=True,
)
