"""The server as the product starts it, tested byte by byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from tests.serving import served
from tests.web.websample import SampleServices

from wavehouse.web.app import create_app
from wavehouse.web.serve import server


@pytest.fixture
def talk(services: SampleServices) -> Iterator[socket.socket]:
    """A connection to the server."""
    app = create_app(services)
    with served(app, server(app)) as url:
        location = urlsplit(url)
        with socket.create_connection((location.hostname, location.port or 0), timeout=10) as wire:
            yield wire


def told(wire: socket.socket) -> bytes:
    """All bytes until the server closes or resets the connection."""
    result = b""
    try:
        while part := wire.recv(65_536):
            result += part
    except ConnectionResetError:
        pass
    return result


def poured(wire: socket.socket, start: bytes, filler: bytes) -> int:
    """The number of bytes that the server takes before it closes; at most 64 MiB are sent."""
    sent = 0
    try:
        wire.sendall(start)
        while sent < 64 * 2**20:
            wire.sendall(filler)
            sent += len(filler)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return sent


@pytest.mark.parametrize(
    ("start", "filler"),
    [
        (b"GET /", b"x" * 16_384),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ", b"x" * 16_384),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-Many: 1\r\n" * 2_000),
    ],
)
def test_a_head_without_an_end_is_refused(talk: socket.socket, start: bytes, filler: bytes) -> None:
    """Neither the address nor headers may fill the memory."""
    assert poured(talk, start, filler) < 16 * 2**20


def test_a_usual_head_and_a_long_body_pass(talk: socket.socket) -> None:
    """The body does not count as part of the head; the connection is kept for the next request."""
    cookie = b"Cookie: a=" + b"b" * 8_000 + b"\r\n"
    body = b"token=" + b"z" * 200_000
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % len(body)
    talk.sendall(head + cookie + b"\r\n" + body)
    first = talk.recv(65_536)
    talk.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert first.startswith(b"HTTP/1.1 4")
    assert b"too large" not in first.partition(b"\r\n\r\n")[2][:40]
    assert b"HTTP/1.1 200" in told(talk)
