"""A small real HTTP server that behaves according to the model's name: the tests' upstream."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ["Ciao", " a", " tutti", ",", " benvenuti", " al", " podcast", "."]


class Upstream(ThreadingHTTPServer):
    """The received requests, and the clients' behaviour."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.broken_pipes = threading.Event()

    @property
    def url(self) -> str:
        """Its base URL, including /v1."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def models(self) -> list[str]:
        """The requested models, in order."""
        return [body.get("model", "") for _, _, body in self.asked]


@contextmanager
def upstream() -> Iterator[Upstream]:
    """The server while the block runs."""
    server = Upstream()
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_POST(self) -> None:
        """Respond according to the model's name."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, dict(self.headers.items()), body))
        model = str(body.get("model"))
        if self.path.endswith("/audio/speech"):
            self._speech(model)
        elif self.path.endswith("/embeddings"):
            self._json(
                {
                    "object": "list",
                    "model": model,
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
                    "usage": {"prompt_tokens": 2, "total_tokens": 2},
                }
            )
        elif model == "busy":
            self._json({"error": {"message": "slow down"}}, 429, {"Retry-After": "7"})
        elif model == "strict":
            error = {"message": "bad temperature", "type": "invalid_request_error"}
            self._json({"error": {**error, "param": "temperature", "code": None}}, 400)
        elif model == "locked":
            self._json({"error": {"message": f"bad key {self.headers['authorization']}"}}, 401)
        elif model == "down":
            self._json({"error": {"message": "oops"}}, 503)
        elif model == "nonsense":
            self._bytes(b"<html>Welcome to nginx</html>", "text/html")
        elif model == "hollow":
            self._json({"hello": "world"})
        elif body.get("stream"):
            self._stream(model, body)
        else:
            self._json(_completion(model))

    def _speech(self, model: str) -> None:
        if model == "mute":
            self._json({"ok": True})
        else:
            self._bytes(b"ID3" + bytes(5000), "audio/mpeg")

    def _stream(self, model: str, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number, word in enumerate(WORDS * (200 if model == "endless" else 1)):
                if model == "breaks" and number == 3:
                    self.close_connection = True
                    self.connection.close()
                    return
                if model == "stalls" and number == 3:
                    time.sleep(4)
                if model == "babbles" and number == 3:
                    self._chunk(b"data: this is not JSON\n\n")
                    break
                self._event({"choices": [{"index": 0, "delta": {"content": word}}]})
                if model == "endless":
                    time.sleep(0.02)
            if body.get("stream_options", {}).get("include_usage"):
                self._event({"choices": [], "usage": _usage(model)})
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")
        except OSError:
            self.server.broken_pipes.set()
            self.close_connection = True

    def _event(self, event: dict[str, Any]) -> None:
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        self._chunk(f"data: {json.dumps(head | event)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(
        self, body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self._bytes(json.dumps(body).encode(), "application/json", status, headers)

    def _bytes(
        self, data: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _usage(model: str) -> dict[str, Any]:
    if model == "boasts":
        return {"prompt_tokens": 10**9, "completion_tokens": 10**9, "total_tokens": 2 * 10**9}
    if model == "modest":
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    return {
        "prompt_tokens": 12,
        "completion_tokens": 8,
        "total_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 2},
    }


def _completion(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(WORDS)}
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": None if model == "silent" else _usage(model),
    }
