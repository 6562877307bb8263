"""Connection limits: time per phase, header size, number of connections.

A connection is in one of four phases: waiting for headers, waiting for a body, being answered, or
idle between two requests. Each phase except answering has a total time limit, so sending a byte now
and then gains nothing. When the limit of connections is reached, the one that has waited longest
for its client is closed, so slow clients cannot block others.
"""

from __future__ import annotations

import resource
import time
from typing import Any
from urllib.parse import urlsplit

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
_SLICE = 8 * 1024
_SECONDS = {"head": 10.0, "body": 120.0, "idle": 15.0}
_UNREAD_SECONDS = 60.0
_MOST = 1000
_FILES_FOR_OTHERS = 200


def most_connections() -> int:
    """The maximum number of open connections: what the limit of open files allows."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST
    return max(20, min(_MOST, files - _FILES_FOR_OTHERS))


class Bounded(HttpToolsProtocol):
    """Uvicorn's protocol with limits. A request that exceeds one gets 400 or is closed."""

    _phase = "head"
    _since = 0.0
    _head: int | None = None
    _began = False
    _timer: Any = None
    _unread: Any = None

    # -- transport callbacks --------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """A client connects; at the limit, the connection that has waited longest is closed."""
        super().connection_made(transport)
        self._enter("head")
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is lost; cancel its timers."""
        self._phase = "lost"
        self._cancel()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on received data in slices, and count those that end inside one request's headers.

        A client may send many requests at once, so a large read is not a large head.
        """
        if self._phase == "idle":
            self._enter("head")  # from the first byte on, empty lines before a request too
        for start in range(0, len(data), _SLICE):
            if self.transport.is_closing():
                return
            self._receive(data[start : start + _SLICE])

    def _receive(self, data: bytes) -> None:
        self._began = False
        super().data_received(data)
        if self._head is not None and not self._began:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The request header is too large.")

    def pause_writing(self) -> None:
        """The client does not read its response; allow it a minute."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(_UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # -- parser callbacks -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head, self._began = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The headers are complete; the body has its own limits."""
        self._head = None
        self._enter("body")
        if not self.url.startswith((b"/", b"*")):
            self._take_host_of_the_address()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete; the client now waits for us."""
        self._enter("answer")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The response is sent."""
        super().on_response_complete()
        if self._phase == "answer" and not self.pipeline:
            self._enter("idle")

    def _take_host_of_the_address(self) -> None:
        """For ``GET http://host/path`` use that host, whatever the Host header is."""
        asked = urlsplit(self.url.decode("ascii", "replace")).netloc.encode("ascii", "replace")
        self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
        self.headers.append((b"host", asked))

    # -- limits ---------------------------------------------------------------------------------

    def _enter(self, phase: str) -> None:
        self._cancel()
        self._phase, self._since = phase, time.monotonic()
        if phase in _SECONDS:
            self._timer = self.loop.call_later(_SECONDS[phase], self._too_slow)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        """The time is over. If the process was busy, data may have arrived: read it first."""
        self._timer = self.loop.call_later(0, self._leave)

    def _leave(self) -> None:
        """Close at once, without a response that would have to wait again."""
        if not self.transport.is_closing():
            self.transport.abort()

    def _make_room(self) -> None:
        waiting = [
            each
            for each in self.connections
            if isinstance(each, Bounded) and each._phase in _SECONDS and each is not self
        ]
        oldest = min(waiting, key=lambda each: each._since, default=self)
        self.logger.warning(
            "All %d connections are in use; the slowest one is closed.", len(waiting)
        )
        oldest.transport.abort()
        self.connections.discard(oldest)
