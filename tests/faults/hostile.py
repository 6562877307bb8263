"""Malicious servers, and addresses that must not be fetched.

Every behaviour is a function that writes raw bytes to one accepted connection. The oracle is small:
a fetch ends, within its limits, with an error of Wavehouse's own or with the truth.
"""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, threading.Event], None]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


def _dripping(first: bytes, drop: bytes, pause: float = 0.1) -> Behaviour:
    """Send something at once, then a byte now and then, forever."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(first)
        while not over.wait(pause):
            connection.sendall(drop)

    return behave


def _flooding(first: bytes, wave: bytes) -> Behaviour:
    """Send as fast as the client reads, forever."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(first)
        while not over.is_set():
            connection.sendall(wave)

    return behave


def _saying(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket, _over: threading.Event) -> None:
        for part in parts:
            connection.sendall(part)

    return behave


def _moving(location: bytes, status: bytes = b"302 Found") -> Behaviour:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nLocation: " + location
    return _saying(head + b"\r\n\r\n")


def _sized(body: bytes, *headers: bytes) -> Behaviour:
    lines = b"".join(header + b"\r\n" for header in headers)
    return _saying(_HEAD + lines + b"Content-Length: %d\r\n\r\n" % len(body), body)


def _silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def _reset(connection: socket.socket, _over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _packed_bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    wave = bytes(2**20)
    return b"".join(packer.compress(wave) for _ in range(megabytes)) + packer.flush()


SLOW: dict[str, Behaviour] = {
    "a body by drops": _dripping(_HEAD + b"Content-Length: 100000\r\n\r\n", b"<"),
    "a body without a length by drops": _dripping(_HEAD + b"\r\n", b"<"),
    "chunks by drops": _dripping(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
    "a chunk's size by drops": _dripping(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a status line by drops": _dripping(b"HTTP/1.1 200 ", b"O"),
    "a header by drops": _dripping(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
    "headers by drops": _dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n"),
    "100 Continue by drops": _dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints by drops": _dripping(b"", b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"),
    "trailers by drops": _dripping(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: a\r\n"
    ),
    "a packed body by drops": _dripping(
        _HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x")[:10],
        b"\x00\x00\x00\xff\xff",  # a block without content
    ),
    "a redirect by drops": _dripping(b"HTTP/1.1 302 Found\r\nLocation: /next\r\n", b"X-A: a\r\n"),
    "silence": _silent,
}
"""Endlessly slow responses, which only a deadline for the whole fetch ends."""

FAST: dict[str, Behaviour] = {
    "100 Continue without an end": _flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "headers without an end": _flooding(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n" * 1000),
    "a header without an end": _flooding(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 10_000),
    "a status line without an end": _flooding(b"HTTP/1.1 200 ", b"O" * 10_000),
    "a body without an end": _flooding(_HEAD + b"\r\n", b"<a/>" * 10_000),
    "chunks without an end": _flooding(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n" * 1000
    ),
    "a chunk's extension without an end": _flooding(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 10_000
    ),
    "a bomb of gzip": _sized(_packed_bomb(200), b"Content-Encoding: gzip"),
    "a bomb of deflate": _sized(zlib.compress(bytes(200 * 2**20), 9), b"Content-Encoding: deflate"),
    "gzip that is none": _sized(b"not gzip at all", b"Content-Encoding: gzip"),
    "gzip that breaks off": _sized(gzip.compress(b"<rss/>")[:-9], b"Content-Encoding: gzip"),
    "a coding that nobody asked for": _sized(b"x", b"Content-Encoding: br"),
    "a coding twice": _sized(b"x", b"Content-Encoding: gzip, gzip"),
    "a coding of a thousand letters": _sized(b"x", b"Content-Encoding: " + b"z" * 1000),
    "less than its length": _saying(_HEAD + b"Content-Length: 1000\r\n\r\nshort"),
    "a negative length": _saying(_HEAD + b"Content-Length: -5\r\n\r\nx"),
    "a length of words": _saying(_HEAD + b"Content-Length: many\r\n\r\nx"),
    "a length of five thousand digits": _saying(
        _HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx"
    ),
    "two lengths": _saying(_HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    "a length in other digits": _saying(_HEAD + "Content-Length: ٣\r\n\r\nabc".encode()),
    "a chunk of an enormous size": _saying(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"
    ),
    "no HTTP at all": _saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "HTTP/0.9": _saying(b"<rss></rss>"),
    "HTTP/2's preface": _saying(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "status 999": _saying(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
    "status zero": _saying(b"HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n"),
    "status 101": _saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "status 204": _saying(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status 206": _saying(b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\nx"),
    "not modified, which nobody asked": _saying(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "zeros": _saying(bytes(1000)),
    "a header with a zero": _saying(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"),
    "a header without a name": _saying(b"HTTP/1.1 200 OK\r\n: a\r\n\r\n"),
    "letters that are not ASCII": _sized(b"x", "X-Ä: ö".encode()),
    "nothing": _saying(),
    "a reset": _reset,
    "Location missing": _saying(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
    "Location twice": _saying(
        b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    ),
    "a charset that nobody knows": _sized(b"x", b"Content-Type: text/xml; charset=\xff\xfe"),
}
"""Responses that are invalid from the start, or as fast as the connection allows."""

LOCATIONS = (
    b"http://[", b"http://[::1", b"http://]/", b"http://a b/", b"http://", b"//", b"///", b"http:/",
    b"http:", b":", b"http://:80/", b"http://a:99999/", b"http://a:b/", b"http://a:-1/",
    b"\xff\xfe",
    b"http://\xff/", b"http://xn--/", b"http://xn--a/", b"http://" + b"a" * 300 + b"/",
    b"http://.../",
    b"http://" + b"a." * 200 + b"/", b"file:///etc/passwd", b"ftp://a/", b"gopher://a/", b"data:,a",
    b"javascript:alert(1)", b"http://a%00b/", b"http://a\tb/", b"http://[::1]:x/", b"http://[v1.a]/",
    b"http://[fe80::1%25eth0]/", b"/" + b"a" * 100_000, b"?" * 1000, b"../" * 1000,
    b"http://user:pass@[", "http://ä.example:x/".encode(), b"http://1.2.3.4.5/", b"http://0x/",
    b"http://\xe2\x80\xae/", b"unix:///tmp/a",
)  # fmt: skip
"""Values of ``Location`` that are not addresses, or not allowed to be fetched."""

MOVES: dict[str, Behaviour] = {
    f"Location {where[:30]!r} ({n})": _moving(where) for n, where in enumerate(LOCATIONS)
}
CIRCLES: dict[str, Behaviour] = {
    "a circle": _moving(b"/again"),
    "a circle of 301": _moving(b"/again", b"301 Moved"),
    "a circle of 308": _moving(b"/again", b"308 Permanent"),
}

PRIVATE = (
    "127.0.0.1", "127.1", "127.255.255.254", "0.0.0.0",  # noqa: S104 - to be refused
    "0", "2130706433", "0x7f000001", "0x7f.1",
    "017700000001", "0177.0.0.1", "127.0.1", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.127.255.254",
    "169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]",
    "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::10.0.0.1]", "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a00:1::]", "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fe80::1%25lo]",
    "[fec0::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]",
    "[2001:db8::1]", "[2001:10::1]", "[3fff::1]", "[5f00::1]", "localhost", "LOCALHOST",
    "localhost.", "ip6-localhost",
)  # fmt: skip
"""Hosts that resolve to this machine or its network, in every spelling that resolvers accept."""


@contextmanager
def server(behaviour: Behaviour) -> Iterator[int]:
    """A server on 127.0.0.1 that handles every connection alike; yields its port."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def treat(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(20)
            connection.recv(65536)
            behaviour(connection, over)

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=treat, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()
