"""A live HTTP server that speaks a part of the OpenAI API, with replies that a test chooses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.studio.conftest import NOW, Studio

from wavehouse import usage
from wavehouse.studio.rules import prompts
from wavehouse.studio.types.production import Heading, Line, Outline, Section
from wavehouse.usage import Unit
from wavehouse.usage.service import gateway
from wavehouse.webhooks import Sealer

ITALIAN = (
    "Buongiorno a tutti e benvenuti al mercato. Oggi il vento soffia da nord, ma il mare è calmo.",
    "Sì, e per questo le barche sono uscite presto. Il pane è ancora caldo, e la piazza è piena.",
)
ENGLISH = (
    "Good morning to all of you and welcome to the market. The wind is from the north today.",
    "Yes, and that is why the boats have left early. The bread is still warm in the square.",
)


@dataclass(frozen=True)
class Reply:
    """A status, a body and headers."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Gives its replies in turn, the last one forever; keeps the requests."""

    daemon_threads = True

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = replies
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Send the next reply."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append({**json.loads(body), "path": self.path})
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


@contextmanager
def served(room: Studio, *replies: Reply, model: str = "live") -> Iterator[Server]:
    """A server that is the upstream of a priced model."""
    server = Server(list(replies))
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    operational = room.workspace.stores.operational
    with operational.worker() as tx:
        usage.add_model(tx, identity=room.identity, name=model, provider=f"of-{model}")
        for unit in (Unit.INPUT, Unit.OUTPUT, Unit.CHARACTER):
            usage.add_price(
                tx,
                identity=room.identity,
                model=model,
                unit=unit,
                price="0.000001",
                currency="EUR",
                effective_from=NOW.replace(year=2025),
            )
        gateway.set_upstream(
            tx,
            identity=room.identity,
            sealer=Sealer.of(operational.place),
            provider=f"of-{model}",
            base_url=server.url,
            allow_private=True,
        )
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def said(content: object, **more: Any) -> Reply:
    """A chat completion."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text, **more}
    given = {
        "choices": [{"message": message}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9},
    }
    return Reply(json.dumps(given).encode(), headers={"Content-Type": "application/json"})


def outline(**more: Any) -> Reply:
    """An outline of two sections."""
    made = Outline("Al mercato", (Heading("Il vento", ("il mare",)), Heading("Il pane", ("pane",))))
    return said({**prompts.outline_as_json(made), **more})


def script(lines: tuple[str, str]) -> Reply:
    """A script of two sections with the same lines."""
    spoken = (Line("Giulia", lines[0]), Line("Marco", lines[1]))
    sections = [Section("Il vento", spoken), Section("Il pane", spoken)]
    return said(prompts.script_as_json(sections))
