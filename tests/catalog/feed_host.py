"""A local host of feeds that responds as configured and records requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """A response: status, body, headers. With an ETag, the host answers 304 by itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FeedHost:
    """Responses by path, and the received requests as path and headers."""

    url: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    came: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return [path for path, _ in self.came]


@contextmanager
def feed_host() -> Iterator[FeedHost]:
    """Run a host during the block."""
    host = FeedHost()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            host.came.append((self.path, headers))
            self._answer(host.replies.get(self.path, Reply(status=404)), headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            host.posted.append((self.path, body))
            self._answer(host.replies.get(self.path, Reply(status=404)), {})

        def _answer(self, reply: Reply, headers: dict[str, str]) -> None:
            tag = reply.headers.get("ETag")
            same = tag is not None and headers.get("if-none-match") == tag
            body = b"" if same else reply.body
            self.send_response(304 if same else reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join(5)


def feed(host: FeedHost, *numbers: int, title: str = "Harbour", more: str = "") -> bytes:
    """A feed with these episodes; their files are on the same host and need not exist."""
    items = "".join(
        f"<item><title>Episode {n}</title><guid>harbour-{n}</guid>"
        f"<pubDate>Mon, 02 Nov 2026 0{n % 10}:00:00 GMT</pubDate>"
        f'<enclosure url="{host.url}/media/{n}.mp3" length="1000000" type="audio/mpeg"/></item>'
        for n in numbers
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:fh="http://purl.org/syndication/history/1.0"><channel>'
        f"<title>{title}</title>{more}{items}</channel></rss>"
    ).encode()
