"""A local receiver of webhooks for tests, which responds as configured."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """The received requests, and the configured response: status, headers, body size."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int = 2
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    written: int = 0


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver during the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(receiver.length))
            self.end_headers()
            left = receiver.length
            while left > 0:
                try:
                    self.wfile.write(b"x" * min(left, 65_536))
                except OSError:
                    return
                left -= 65_536
                receiver.written += 65_536

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join(5)
