"""One guarded way to the web: every hop is checked, and the checked address is the one used.

A name is resolved once; when any of its addresses is not public the request is refused (a server
in the own network is no feed host), otherwise the connection goes to one of exactly these
addresses, with the name kept for ``Host`` and TLS, so that a second answer of the name server
changes nothing. Proxies of the environment are not used, redirects are followed by hand.
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from wavehouse import __version__
from wavehouse.catalog.rules.addresses import is_never_meant, is_public, shown
from wavehouse.catalog.rules.values import web_url
from wavehouse.kernel.errors import InvalidInput, Refused, Unreachable, WavehouseError

Resolver = Callable[[str, int], list[str]]
USER_AGENT = (
    f"Wavehouse/{__version__} (podcast feed reader; +https://github.com/wavehouse/wavehouse)"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_MOST_ADDRESSES = 3
_CHUNK = 64 * 1024


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        raise Unreachable(f"the name {host} cannot be resolved") from wrong
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a request may go: bytes, seconds in all, seconds without a byte, redirects."""

    largest: int = 25 * 1024 * 1024
    seconds: float = 30.0
    patience: float = 10.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """An open response, the address that gave it, and where the resource has moved for good."""

    response: httpx.Response
    url: str
    moved_to: str | None
    deadline: float


class Web:
    """A client for addresses that other people wrote."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        limits: Limits | None = None,
        resolve: Resolver = resolved,
    ) -> None:
        self.limits = limits or Limits()
        self._allow_private = allow_private
        self._resolve = resolve
        timeout = httpx.Timeout(min(self.limits.seconds, self.limits.patience))
        self._client = httpx.Client(
            timeout=timeout,
            # A kept connection is known by its address: another name on that address would
            # ride on a TLS session that was verified for the first name.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
        )

    def close(self) -> None:
        """Close the connections that are kept."""
        self._client.close()

    def _addresses(self, url: httpx.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = self._resolve(url.host, port)
        if any(is_never_meant(address) for address in addresses):
            raise Refused(
                f"{url.host} is a link-local address, where no feed is", where=shown(str(url))
            )
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise Refused(
                f"{url.host} is an address of a private network",
                where=shown(str(url)),
                hint="add --allow-private if that is meant",
            )
        return addresses[:_MOST_ADDRESSES]

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Follow ``url`` to its answer; the block reads from it, then the connection closes."""
        deadline = time.monotonic() + self.limits.seconds
        moved_to, permanent = None, True
        for _ in range(self.limits.redirects + 1):
            response = self._sent(url, headers or {})
            try:
                if response.status_code not in _REDIRECTS:
                    yield Answer(response, url, moved_to, deadline)
                    return
                permanent = permanent and response.status_code in _PERMANENT
                url = self._next_hop(url, response.headers.get("location"))
                moved_to = url if permanent else moved_to
            finally:
                response.close()
            if time.monotonic() > deadline:
                raise _too_slow(url, self.limits)
        raise Unreachable(
            f"the address redirects more than {self.limits.redirects} times", where=shown(url)
        )

    def _next_hop(self, url: str, location: str | None) -> str:
        target = web_url(urljoin(url, location)) if location else None
        if target is None:
            raise Refused(
                "the server redirects to something that is no web address", where=shown(url)
            )
        return target

    def _sent(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        try:
            named = httpx.URL(url)
        except httpx.InvalidURL as wrong:
            raise InvalidInput(f"the address cannot be used: {wrong}", where=shown(url)) from wrong
        failure: Exception | None = None
        for address in self._addresses(named):
            request = self._client.build_request(
                "GET",
                named.copy_with(host=address),
                headers={**headers, "Host": named.netloc.decode("ascii")},
                extensions={"sni_hostname": named.host},
            )
            try:
                return self._client.send(request, stream=True)
            except httpx.ConnectError as wrong:
                failure = wrong
            except httpx.HTTPError as wrong:
                raise _unreachable(url, wrong) from wrong
        raise _unreachable(url, failure)

    def body(self, answer: Answer) -> bytes:
        """The whole body, decompressed, or an error when it is larger or slower than allowed."""
        largest, parts, size = self.limits.largest, [], 0
        stated = answer.response.headers.get("content-length", "")
        if stated.isdigit() and int(stated) > largest:
            raise _too_large(answer.url, largest)
        try:
            for part in _plain(answer, self.limits):
                size += len(part)
                if size > largest:
                    raise _too_large(answer.url, largest)
                parts.append(part)
        except httpx.HTTPError as wrong:
            raise _unreachable(answer.url, wrong) from wrong
        return b"".join(parts)

    def start_of_body(self, answer: Answer, length: int) -> bytes:
        """At most the first ``length`` bytes of a body that is not compressed."""
        data = b""
        try:
            for part in answer.response.iter_raw(_CHUNK):
                data += part
                if len(data) >= length:
                    break
                if time.monotonic() > answer.deadline:
                    raise _too_slow(answer.url, self.limits)
        except httpx.HTTPError as wrong:
            raise _unreachable(answer.url, wrong) from wrong
        return data[:length]


def _plain(answer: Answer, limits: Limits) -> Iterator[bytes]:
    """The body in pieces, decompressed piece by piece: a bomb is never in memory as a whole."""
    coding = answer.response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise InvalidInput(
            f"the server compresses with {coding!r}, which was not asked for",
            where=shown(answer.url),
        )
    unpack = zlib.decompressobj(wbits=47) if coding not in {"identity", ""} else None
    for raw in answer.response.iter_raw(_CHUNK):
        if time.monotonic() > answer.deadline:
            raise _too_slow(answer.url, limits)
        if unpack is None:
            yield raw
            continue
        while raw and not unpack.eof:
            try:
                yield unpack.decompress(raw, _CHUNK)
            except zlib.error as wrong:
                raise InvalidInput(
                    "the compressed answer is damaged", where=shown(answer.url)
                ) from wrong
            raw = unpack.unconsumed_tail
    if unpack is not None and not unpack.eof:
        raise InvalidInput("the compressed answer ends early", where=shown(answer.url))


def _too_large(url: str, largest: int) -> WavehouseError:
    return InvalidInput(
        f"the answer is larger than {largest:,} bytes, which is more than a feed may have",
        where=shown(url),
    )


def _too_slow(url: str, limits: Limits) -> WavehouseError:
    return Unreachable(f"the answer took longer than {limits.seconds:g} s", where=shown(url))


def _unreachable(url: str, cause: Exception | None) -> WavehouseError:
    if isinstance(cause, httpx.TimeoutException):
        reason = "the server does not answer in time"
    elif _is_about_certificates(cause):
        reason = "the server's certificate is not valid for this name"
    elif isinstance(cause, httpx.ConnectError):
        reason = "no connection to the server"
    else:
        reason = f"the server breaks the protocol ({type(cause).__name__})"
    return Unreachable(reason, where=shown(url), hint="check the address, then try again")


def _is_about_certificates(cause: BaseException | None) -> bool:
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
