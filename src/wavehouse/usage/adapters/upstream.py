"""Upstreams by HTTP: pooled connections to addresses that were checked (decision 1302).

The operator configures the address; a name is resolved when a connection is opened, all its
addresses are checked, and the checked one is connected to. Redirects and proxies are not followed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import httpcore
import httpx

from wavehouse.kernel.errors import Refused, Unreachable
from wavehouse.kernel.web_addresses import is_never_meant, is_public

_CONNECT_SECONDS = 10.0
_KEPT_SECONDS = 60.0
_MOST = 1000
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, *, allow_private: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the name's addresses. Refused for a private or link-local one."""
        entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in entries]
        if any(is_never_meant(address) for address in addresses):
            raise Refused(f"the upstream {host} is a link-local address")
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise Refused(
                f"the upstream {host} is an address of a private network",
                hint="The operator can allow this with --allow-private.",
            )
        return await self._inner.connect_tcp(
            addresses[0], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Always fails: upstreams are reached over TCP."""
        raise Refused("an upstream must not be a socket")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        await self._inner.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Reply:
    """An open response from an upstream."""

    status: int
    headers: httpx.Headers
    pieces: AsyncIterator[bytes]


class Upstreams:
    """The connections of one process: one pool per event loop and kind of address."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None
        self._pools: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[bool, httpcore.AsyncConnectionPool]
        ] = WeakKeyDictionary()

    def _pool(self, *, allow_private: bool) -> httpcore.AsyncConnectionPool:
        pools = self._pools.setdefault(asyncio.get_running_loop(), {})
        if allow_private not in pools:
            self._tls = self._tls or httpx.create_ssl_context(trust_env=False)
            pools[allow_private] = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                max_connections=_MOST,
                max_keepalive_connections=100,
                keepalive_expiry=_KEPT_SECONDS,
                network_backend=_Guarded(allow_private=allow_private),
            )
        return pools[allow_private]

    @asynccontextmanager
    async def post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        *,
        seconds: float,
        allow_private: bool,
    ) -> AsyncIterator[Reply]:
        """Send a request; the connection is released when the block ends.

        Raises Refused for a blocked address, Unreachable when the upstream does not respond.
        """
        waits = {"connect": _CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
        pool = self._pool(allow_private=allow_private)
        opening = pool.stream(
            "POST",
            url,
            headers=list(headers.items()),
            content=body,
            extensions={"timeout": waits},
        )
        try:
            response = await opening.__aenter__()
        except httpcore.TimeoutException:
            raise Unreachable("the upstream timed out") from None
        except BROKEN as error:
            raise Unreachable(f"no response from the upstream ({type(error).__name__})") from error
        try:
            yield Reply(
                response.status,
                httpx.Headers(response.headers),
                response.aiter_stream(),
            )
        finally:
            await opening.__aexit__(None, None, None)
