"""Slow, idle and excess connections end, and a working user does not notice them."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.faults import slow
from tests.serving import served
from tests.web.websample import SampleServices

from wavehouse.kernel import clock
from wavehouse.web import connections
from wavehouse.web.app import create_app
from wavehouse.web.serve import server
from wavehouse.web.sparing import RateLimitFilter

Address = tuple[str, int]


@pytest.fixture
def address(services: SampleServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """A server with short time limits."""
    monkeypatch.setattr(connections, "_SECONDS", {"head": 0.4, "body": 0.6, "idle": 0.4})
    app = create_app(services)
    with served(app, server(app)) as url:
        location = urlsplit(url)
        yield location.hostname or "", location.port or 0


def _until_closed(wire: socket.socket, drop: bytes) -> bytes:
    """Send a byte now and then until the server closes; returns its answer."""
    result, over = b"", threading.Event()

    def dripping() -> None:
        while drop and not over.wait(0.05):
            try:
                wire.send(drop)
            except OSError:
                return

    thread = threading.Thread(target=dripping, daemon=True)
    thread.start()
    wire.settimeout(20)
    try:
        while part := wire.recv(65_536):
            result += part
    except ConnectionResetError:
        pass
    finally:
        over.set()
        thread.join()
    return result


@pytest.mark.parametrize("kind", ["nothing", "a line", "headers", "a body", "idle"])
@pytest.mark.parametrize("sends", [True, False])
def test_a_client_that_does_not_go_on_is_left(address: Address, kind: str, sends: bool) -> None:
    """In each phase, whether it is silent or sends a byte now and then."""
    with socket.create_connection(address) as wire:
        wire.sendall(slow.STARTS[kind])
        _until_closed(wire, slow.DROPS.get(kind, b"\r\n") if sends else b"")


def test_empty_lines_between_requests_keep_no_connection(address: Address) -> None:
    """The parser skips them, so its timer would never start."""
    with socket.create_connection(address) as wire:
        wire.sendall(slow.STARTS["idle"])
        assert b"200 OK" in _until_closed(wire, b"\r\n")


def test_a_working_user_beside_fifty_slow_ones_is_answered(address: Address) -> None:
    """`make attack` uses five hundred."""
    host, port = address
    seen = slow.beside(f"http://{host}:{port}/health/live", address, 50, asks=5)

    assert (5, 5) == (seen.asked, seen.answered)


def test_when_all_places_are_taken_the_slowest_makes_room(
    services: SampleServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number affects neither the working user nor the limit of open files."""
    monkeypatch.setattr(connections, "_MOST", 20)
    app = create_app(services)
    with served(app, server(app)) as url:
        location = urlsplit(url)
        address = (location.hostname or "", location.port or 0)
        seen = slow.beside(f"{url}/health/live", address, 60, asks=5)
        with slow.slow_connections(address, 60) as opened:
            slow.beside(f"{url}/health/live", address, 1, asks=1)
            assert slow.still_open(opened) <= 20

    assert 5 == seen.answered


def test_the_host_of_a_whole_address_counts_and_not_the_header(address: Address) -> None:
    """A proxy uses the absolute address (RFC 9112, 3.2.2); one Host, and it must be the site's."""
    answers = []
    for host in (b"evil.example", b"localhost"):
        with socket.create_connection(address) as wire:
            head = b"GET http://%b/health/live HTTP/1.1\r\nHost: localhost\r\n" % host
            wire.sendall(head + b"Connection: close\r\n\r\n")
            answers.append(_until_closed(wire, b"")[9:12])

    assert [b"400", b"200"] == answers


def test_a_head_has_a_limit_and_many_requests_at_once_have_none(address: Address) -> None:
    """3,000 small requests in one go (140 KB) are answered; one head of 100 KB is refused."""
    small = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3_000
    last = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    with socket.create_connection(address) as wire:
        threading.Thread(target=wire.sendall, args=[small + last + b"\r\n"], daemon=True).start()
        assert [3_001, 0] == [_until_closed(wire, b"").count(b) for b in (b" 200 OK", b" 400 ")]
    with socket.create_connection(address) as wire:
        wire.sendall(last + b"Long: " + b"x" * 100_000 + b"\r\n\r\n")
        assert _until_closed(wire, b"")[9:12] in (b"400", b"")  # a reset may overtake the answer


def test_an_aborted_upload_is_one_line(
    services: SampleServices, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has no trace, because the client caused it."""
    logging.getLogger("wavehouse.web").filters.clear()  # other tests have used up the limit
    app = create_app(services)
    with served(app, server(app)) as url, caplog.at_level(logging.WARNING):
        location = urlsplit(url)
        with socket.create_connection((location.hostname or "", location.port or 0)) as wire:
            wire.sendall(slow.STARTS["a body"] + b"csrf=")
        for _ in range(200):
            if caplog.records:
                break
            threading.Event().wait(0.02)

    assert ["A client disconnected before its request was complete."] == [
        record.getMessage() for record in caplog.records if record.name != "httpx"
    ]
    assert all(record.exc_info is None for record in caplog.records)


def _record(message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", logging.WARNING, "f", 1, message, values, None)


def test_lines_of_one_cause_are_limited_and_counted() -> None:
    """Five in ten seconds, whatever the values; other causes are not limited."""
    limit_loggers, now = RateLimitFilter(), clock.now()
    with clock.frozen(now):
        passed = [limit_loggers.filter(_record("connection %d is bad", n)) for n in range(100)]
        assert [True] * 5 + [False] * 95 == passed
        assert limit_loggers.filter(_record("another"))
    with clock.frozen(now + timedelta(seconds=11)):
        late = _record("connection %d is bad", 7)
        assert limit_loggers.filter(late)
    assert "connection 7 is bad (95 more like this were left out)" == late.getMessage()


def test_faults_are_told_apart_by_their_place() -> None:
    """Many repetitions of one exception do not hide another."""
    limit_loggers = RateLimitFilter()

    def fault(raiser: Callable[[], object]) -> logging.LogRecord:
        try:
            raiser()
        except Exception:
            return logging.LogRecord("a", logging.ERROR, "f", 1, "boom", (), sys.exc_info())
        raise AssertionError

    assert 5 == sum(limit_loggers.filter(fault(lambda: 1 / 0)) for _ in range(50))
    assert limit_loggers.filter(fault(lambda: int("x")))
