"""Uvicorn as this house wants it: quiet about visitors, bound where it is told."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LARGEST_HEAD = 64 * 1024


class Bounded(HttpToolsProtocol):
    """Refuses a request line and headers without an end, of which the parser would keep any number.

    400, and the connection is closed, when more than 64 KiB and one read have come.
    """

    _head: int | None = None

    def on_message_begin(self) -> None:
        """The parser's: a request begins."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The parser's: what comes now is the body, which has limits of its own."""
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """The transport's: hand on what came, and count it while the head lasts."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > _LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")


def server(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8080) -> uvicorn.Server:
    """A server that is not running yet; ``run()`` blocks until ``should_exit`` is set.

    There is no access log, since its lines would hold visitors' addresses; forwarded headers are
    not believed, since anyone can send them; the program's name is not told.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Bounded,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
