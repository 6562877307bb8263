"""The one guarded web client: every hop is checked, and the checked address is used.

A name is resolved once; if any of its addresses is not public, the request is refused (a server in
the local network is not a feed host). Otherwise the connection uses one of exactly these addresses,
with the name kept for ``Host`` and TLS, so that a later DNS response cannot change it. Proxies from
the environment are not used, and redirects are followed explicitly. A whole fetch has one deadline:
names, connections, redirects, headers and body (`wire.py`).
"""

from __future__ import annotations

import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urljoin

import httpcore
import httpx

from wavehouse import __version__
from wavehouse.fetching.wire import Deadline, Received, exchange
from wavehouse.kernel.errors import InvalidInput, Refused, Unreachable, WavehouseError
from wavehouse.kernel.web_addresses import is_never_meant, is_public, shown, web_url

Resolver = Callable[[str, int], list[str]]
USER_AGENT = (
    f"Wavehouse/{__version__} (podcast feed reader; +https://github.com/wavehouse/wavehouse)"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_MOST_ADDRESSES = 3
_CHUNK = 64 * 1024
# Text that compresses better than this is hostile: feeds reach 30.
_MOST_RATIO = 200
_FREE_OF_RATIO = 1024 * 1024
_BROKEN = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
    OSError,
    ValueError,
)


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name, in the system's order."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError) as wrong:
        raise Unreachable(f"the name {host} cannot be resolved") from wrong
    return list(dict.fromkeys(str(entry[4][0]) for entry in addresses))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a request: bytes, seconds in total, seconds without a byte, redirects."""

    largest: int = 25 * 1024 * 1024
    seconds: float = 30.0
    patience: float = 10.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """An open response, its address, and the new address if the resource has moved permanently."""

    response: Received
    url: str
    moved_to: str | None
    deadline: Deadline
    hops: tuple[str, ...] = ()
    """The addresses that redirected, in order; ``url`` is the final one."""


class Web:
    """A client for addresses written by other people."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        hint: str = "If this is intended, add --allow-private.",
        limits: Limits | None = None,
        resolve: Resolver = resolved,
    ) -> None:
        self.limits = limits or Limits()
        self._allow_private = allow_private
        self._hint = hint
        self._resolve = resolve
        self._tls = httpx.create_ssl_context(trust_env=False)

    def close(self) -> None:
        """Does nothing, as no connection is kept between requests.

        A kept connection would be identified by its address, and another name at that address would
        reuse a TLS session verified for the first name.
        """

    def deadline(self) -> Deadline:
        """The deadline of a fetch that starts now."""
        return Deadline.after(self.limits.seconds, min(self.limits.seconds, self.limits.patience))

    def _addresses(self, url: httpx.URL, deadline: Deadline) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = _in_time(self._resolve, url.host, port, deadline)
        if any(is_never_meant(address) for address in addresses):
            raise Refused(f"{url.host} is a link-local address", where=shown(str(url)))
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise Refused(
                f"{url.host} is an address of a private network",
                where=shown(str(url)),
                hint=self._hint,
            )
        return addresses[:_MOST_ADDRESSES]

    @contextmanager
    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        deadline: Deadline | None = None,
    ) -> Iterator[Answer]:
        """Request ``url``, following redirects; after the block the connection closes.

        Raises InvalidInput, Refused or Unreachable, and nothing else. Several requests share a
        ``deadline`` if it is given.
        """
        deadline = deadline or self.deadline()
        moved_to, permanent = None, True
        hops: tuple[str, ...] = ()
        for _ in range(self.limits.redirects + 1):
            with self._sent(url, headers or {}, deadline) as response:
                if response.status_code not in _REDIRECTS:
                    yield Answer(response, url, moved_to, deadline, hops)
                    return
                permanent = permanent and response.status_code in _PERMANENT
                hops = (*hops, url)
                url = self._next_hop(url, response.headers.get("location"))
                moved_to = url if permanent else moved_to
            if deadline.passed:
                raise _too_slow(url, self.limits)
        raise Unreachable(
            f"the address redirects more than {self.limits.redirects} times", where=shown(url)
        )

    @contextmanager
    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Iterator[Answer]:
        """Send ``body`` to ``url``; a redirect is returned like any other response, not followed.

        Raises InvalidInput, Refused or Unreachable, and nothing else.
        """
        deadline = self.deadline()
        with self._sent(url, headers, deadline, body) as response:
            yield Answer(response, url, None, deadline)

    def _next_hop(self, url: str, location: str | None) -> str:
        try:
            target = web_url(urljoin(url, location)) if location else None
        except ValueError:
            target = None
        if target is None:
            raise Refused(
                "the server redirects to something that is not a web address", where=shown(url)
            )
        return target

    @contextmanager
    def _sent(
        self,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        body: bytes | None = None,
    ) -> Iterator[Received]:
        try:
            named = httpx.URL(url)
            if not named.host.strip("."):  # reading it may raise for a name that IDNA forbids
                raise ValueError("it has no host")
        except (httpx.InvalidURL, ValueError) as wrong:
            raise InvalidInput(f"the address cannot be used: {wrong}", where=shown(url)) from wrong
        sent = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        failure: Exception | None = None
        for address in self._addresses(named, deadline):
            opening = exchange(
                named,
                address,
                sent,
                tls=self._tls,
                deadline=deadline,
                method="GET" if body is None else "POST",
                body=body,
            )
            try:
                received = opening.__enter__()
            except httpcore.ConnectError as wrong:
                failure = wrong
                continue
            except _BROKEN as wrong:
                raise _unreachable(url, wrong, deadline, self.limits) from wrong
            try:
                yield received
            finally:
                opening.__exit__(None, None, None)
            return
        raise _unreachable(url, failure, deadline, self.limits)

    def body(self, answer: Answer) -> bytes:
        """The whole body, decompressed, or an error when it is larger or slower than allowed."""
        largest, parts, size = self.limits.largest, [], 0
        stated = answer.response.headers.get("content-length", "")
        if _is_number(stated) and int(stated) > largest:
            raise _too_large(answer.url, largest)
        for part in self._plain(answer):
            size += len(part)
            if size > largest:
                raise _too_large(answer.url, largest)
            parts.append(part)
        return b"".join(parts)

    def start_of_body(self, answer: Answer, length: int) -> bytes:
        """At most the first ``length`` bytes of a body that is not compressed."""
        data = bytearray()
        for part in self._raw(answer):
            data += part
            if len(data) >= length:
                break
        return bytes(data[:length])

    def _raw(self, answer: Answer) -> Iterator[bytes]:
        """The body in pieces as it was sent."""
        try:
            for piece in answer.response.pieces:
                if answer.deadline.passed:
                    raise _too_slow(answer.url, self.limits)
                yield piece
        except _BROKEN as wrong:
            raise _unreachable(answer.url, wrong, answer.deadline, self.limits) from wrong

    def _plain(self, answer: Answer) -> Iterator[bytes]:
        """The body decompressed piece by piece, so that a bomb is never in memory as a whole."""
        coding = answer.response.headers.get("content-encoding", "identity").strip().lower()
        if coding in {"identity", ""}:
            yield from self._raw(answer)
            return
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise InvalidInput(
                f"the server compresses with {coding[:40]!r}, which was not requested",
                where=shown(answer.url),
            )
        unpack, packed, plain = zlib.decompressobj(wbits=47), 0, 0
        for raw in self._raw(answer):
            packed += len(raw)
            while raw and not unpack.eof:
                try:
                    part = unpack.decompress(raw, _CHUNK)
                except zlib.error as wrong:
                    raise InvalidInput(
                        "the compressed response is damaged", where=shown(answer.url)
                    ) from wrong
                plain += len(part)
                if plain > _FREE_OF_RATIO and plain > packed * _MOST_RATIO:
                    raise InvalidInput(
                        f"the response expands to more than {_MOST_RATIO} times its size",
                        where=shown(answer.url),
                    )
                yield part
                raw = unpack.unconsumed_tail
        if not unpack.eof:
            raise InvalidInput("the compressed response ends early", where=shown(answer.url))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20


def _in_time(resolve: Resolver, host: str, port: int, deadline: Deadline) -> list[str]:
    """Resolve a name within the deadline, which the system's resolver does not support."""
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:  # passed to the waiting thread
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.wait(httpcore.ConnectTimeout))
    except (Empty, httpcore.ConnectTimeout):
        raise Unreachable(f"the name {host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _too_large(url: str, largest: int) -> WavehouseError:
    return InvalidInput(
        f"the response is larger than {largest:,} bytes, the maximum for a feed",
        where=shown(url),
    )


def _too_slow(url: str, limits: Limits) -> WavehouseError:
    return Unreachable(f"the response took longer than {limits.seconds:g} s", where=shown(url))


def _unreachable(
    url: str, cause: Exception | None, deadline: Deadline, limits: Limits
) -> WavehouseError:
    if isinstance(cause, httpcore.TimeoutException):
        if deadline.passed:
            return _too_slow(url, limits)
        reason = "the server did not respond in time"
    elif _is_about_certificates(cause):
        reason = "the server's certificate is not valid for this name"
    elif cause is None or isinstance(cause, httpcore.ConnectError):
        reason = "no connection to the server"
    else:
        reason = f"the server violates the protocol ({type(cause).__name__})"
    return Unreachable(reason, where=shown(url), hint="Check the address, then try again.")


def _is_about_certificates(cause: BaseException | None) -> bool:
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
