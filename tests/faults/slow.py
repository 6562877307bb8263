"""Slow and idle connections beside a working user."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx

HEAD = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n"
STARTS = {
    "nothing": b"",
    "a line": b"GET / HT",
    "headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    "a body": HEAD
    + b"Content-Length: 8000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
    "idle": b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "unread": b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40,
}
DROPS = {"a line": b"T", "headers": b"X-A: a\r\n", "a body": b"a", "idle": b"", "unread": b""}


@dataclass(frozen=True, slots=True)
class Beside:
    """The experience of a working user while slow connections are open."""

    opened: int
    asked: int
    answered: int
    slowest: float


@contextmanager
def slow_connections(address: tuple[str, int], number: int) -> Iterator[Sequence[socket.socket]]:
    """Open connections of every kind, which stay until the server or the block closes them."""
    opened: list[socket.socket] = []
    kinds = list(STARTS)
    try:
        for n in range(number):
            one = socket.create_connection(address, timeout=5)
            with suppress(OSError):
                one.sendall(STARTS[kinds[n % len(kinds)]])
            opened.append(one)
        yield opened
    finally:
        for one in opened:
            one.close()


def drop(connections: Sequence[socket.socket]) -> None:
    """Let each slow connection send a little more."""
    kinds = list(STARTS)
    for n, one in enumerate(connections):
        with suppress(OSError):
            one.send(DROPS.get(kinds[n % len(kinds)], b""))


def still_open(connections: Sequence[socket.socket]) -> int:
    """The number of connections that the server has not closed."""
    alive = 0
    with selectors.DefaultSelector():
        for one in connections:
            one.setblocking(False)
            try:
                while one.recv(65_536):
                    pass
            except BlockingIOError:
                alive += 1
            except OSError:
                pass
            one.setblocking(True)
    return alive


def beside(url: str, address: tuple[str, int], number: int, asks: int = 20) -> Beside:
    """Send requests as a working user while slow connections are open and keep sending."""
    answered, slowest = 0, 0.0
    with slow_connections(address, number) as opened:
        for _ in range(asks):
            drop(opened)
            began = time.monotonic()
            with suppress(httpx.HTTPError):
                answered += httpx.get(url, timeout=10).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        return Beside(len(opened), asks, answered, slowest)
