"""Responses sent to the client: complete ones, and streams of server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wavehouse.usage.adapters.upstream import BROKEN, Reply
from wavehouse.usage.rules import openai
from wavehouse.usage.types import Used

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from wavehouse.usage.http.calls import Attempt, Forwarder

_LONGEST_EVENT = 8 * 1024 * 1024


@dataclass(slots=True)
class Passed:
    """The part of a stream that has been forwarded."""

    text: str = ""
    pieces: int = 0
    reported: Any = None
    finished: bool = False
    ended_by: str | None = None
    parts: list[str] = field(default_factory=list)

    def see(self, event: dict[str, Any]) -> bool:
        """Count an event; False when it only reports usage."""
        if isinstance(event.get("usage"), dict):
            self.reported = event["usage"]
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices:
            return self.reported is None
        for choice in choices:
            delta = choice.get("delta") if isinstance(choice, dict) else None
            text = openai.delta_text(delta) if isinstance(delta, dict) else ""
            if text:
                self.pieces += 1
                self.parts.append(text)
        return True

    def close(self) -> None:
        """Join the text seen so far."""
        self.text = "".join(self.parts)


class Whole(Response):
    """A complete answer: its bytes first, then the settlement, then the end of the response.

    The client has its answer once it has Content-Length bytes; the next request
    on the connection finds the call settled.
    """

    def __init__(
        self, forwarder: Forwarder, attempt: Attempt, content: bytes, kind: str, used: Used
    ) -> None:
        super().__init__(content, media_type=kind, headers={
            "x-request-id": attempt.call.request_id,
            "x-wavehouse-model": attempt.admitted.name,
        })  # fmt: skip
        self._forwarder, self._attempt, self._used = forwarder, attempt, used

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer and settle."""
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
        finally:
            await self._forwarder.finish(self._attempt, self._used)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class EventStream(Response):
    """A stream of events, forwarded one by one; settled however it ends."""

    media_type = "text/event-stream"

    def __init__(
        self,
        forwarder: Forwarder,
        attempt: Attempt,
        reply: Reply,
        opening: AbstractAsyncContextManager[Reply],
    ) -> None:
        super().__init__(headers={
            "x-request-id": attempt.call.request_id,
            "x-wavehouse-model": attempt.admitted.name,
            "cache-control": "no-store",
        })  # fmt: skip
        del self.headers["content-length"]
        self._forwarder, self._attempt = forwarder, attempt
        self._reply, self._opening = reply, opening
        self._seen = Passed()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward the stream until it ends, the upstream breaks off, or the client disconnects."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch, receive, tasks.cancel_scope)
                await self._pass(send)
                tasks.cancel_scope.cancel()
        finally:
            if not self._seen.finished and self._seen.ended_by is None:
                self._seen.ended_by = "client_left"
            self._seen.close()
            with anyio.CancelScope(shield=True):
                await self._opening.__aexit__(None, None, None)
                used = self._forwarder.passed(self._attempt, self._seen)
                await self._forwarder.finish(self._attempt, used)
        if self._seen.ended_by != "client_left":
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                scope.cancel()
                return

    async def _pass(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for block in self._events():
            await send({"type": "http.response.body", "body": block, "more_body": True})

    async def _events(self) -> AsyncIterator[bytes]:
        """The blocks to send; ends with an error when the stream is incomplete."""
        try:
            async for data in _data(self._reply.pieces):
                if data == b"[DONE]":
                    self._seen.finished = True
                    break
                event = _event(data)
                if event is None:
                    self._seen.ended_by = "upstream_nonsense"
                    break
                if "error" in event:
                    self._seen.ended_by = "upstream_error"
                    yield _block(event)
                    return
                if self._seen.see(event) or self._attempt.call.plan.reports_usage:
                    yield _block(event)
        except httpcore.TimeoutException:
            self._seen.ended_by = "upstream_timeout"
        except BROKEN:
            self._seen.ended_by = "upstream_broken"
        if self._seen.finished:
            yield b"data: [DONE]\n\n"
            return
        self._seen.ended_by = self._seen.ended_by or "upstream_broken"
        yield _block(
            {
                "error": {
                    "message": "the upstream ended its response early",
                    "type": "upstream_error",
                    "param": None,
                    "code": self._seen.ended_by,
                }
            }
        )


async def _data(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event of a stream, however its bytes are split."""
    pending = b""
    async for piece in pieces:
        pending += piece
        if len(pending) > _LONGEST_EVENT:
            raise httpcore.ProtocolError("an event is too long")
        *lines, pending = pending.replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
            elif line.strip() and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                yield line.strip()
    if pending.startswith(b"data:"):
        yield pending[5:].strip()


def _event(data: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _block(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"
