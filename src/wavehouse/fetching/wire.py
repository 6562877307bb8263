"""One HTTP exchange under one deadline for every connect, TLS handshake, read and write.

A server that sends a byte now and then stays within any limit for a single read. Here each wait is
limited to the time left for the whole exchange: for the headers, any number of ``100 Continue``,
and the body. The size of the headers is limited too, since endless responses may also be fast.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

_LARGEST_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of an exchange, and the longest single wait, in seconds."""

    at: float
    patience: float

    @classmethod
    def after(cls, seconds: float, patience: float) -> Deadline:
        """A deadline ``seconds`` from now."""
        return cls(time.monotonic() + seconds, patience)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.at

    def wait(self, error: type[httpcore.TimeoutException]) -> float:
        """The maximum length of the next wait; raises ``error`` if no time is left."""
        left = min(self.at - time.monotonic(), self.patience)
        if left <= 0:
            raise error("the whole exchange took too long")
        return left


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline; counts the bytes of the headers."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline
        self.head_left: int | None = _LARGEST_HEAD

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._deadline.wait(httpcore.ReadTimeout))
        if self.head_left is not None:
            self.head_left -= len(data)
            if self.head_left < 0:
                raise httpcore.RemoteProtocolError("the headers of the response are too large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.wait(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.wait(httpcore.ConnectTimeout)
        self._inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connections over system sockets, under a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._system = httpcore.SyncBackend()
        self.opened: list[_Stream] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.wait(httpcore.ConnectTimeout)
        stream = _Stream(self._system.connect_tcp(host, port, left), self._deadline)
        self.opened.append(stream)
        return stream


@dataclass(frozen=True, slots=True)
class Received:
    """A response whose headers have arrived; ``pieces`` is its body as sent."""

    status_code: int
    headers: httpx.Headers
    pieces: Iterator[bytes]


@contextmanager
def exchange(
    url: httpx.URL,
    address: str,
    headers: Mapping[str, str],
    *,
    tls: ssl.SSLContext,
    deadline: Deadline,
    method: str = "GET",
    body: bytes | None = None,
) -> Iterator[Received]:
    """Request ``url`` from the server at ``address``; the connection closes with the block.

    The host name of ``url`` is used for ``Host`` and TLS. Raises httpcore's exceptions.
    """
    network = _Network(deadline)
    name = url.netloc.decode("ascii")
    sized = [] if body is None else [("Content-Length", str(len(body)))]
    target = httpcore.URL(
        scheme=url.raw_scheme, host=address, port=url.port, target=url.raw_path or b"/"
    )
    with (
        httpcore.ConnectionPool(
            ssl_context=tls, network_backend=network, max_connections=1, retries=0
        ) as pool,
        pool.stream(
            method,
            target,
            headers=[("Host", name), ("Connection", "close"), *sized, *headers.items()],
            content=body,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        ) as response,
    ):
        for stream in network.opened:
            stream.head_left = None
        yield Received(
            response.status, httpx.Headers(response.headers), iter(response.iter_stream())
        )
