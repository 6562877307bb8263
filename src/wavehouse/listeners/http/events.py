"""``/api/v1/listener/events``: changes as they happen, by server-sent events.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBasic
from starlette.types import Receive, Scope, Send

from wavehouse.kernel.errors import TooManyRequests, Unreachable
from wavehouse.kernel.ids import ListenerId
from wavehouse.listeners.http.accounts import answers
from wavehouse.listeners.http.common import RouteDependencies
from wavehouse.listeners.service import live
from wavehouse.listeners.service.live import Heads
from wavehouse.listeners.types import Caller
from wavehouse.store import Database, Listeners

_LOOK_SECONDS, _BEAT_SECONDS = 1.0, 15.0
_MOST, _MOST_OF_ONE = 1_000, 20
_LONGEST_ID = 18


@dataclass(eq=False)
class Watch:
    """Checks once a second for changes of all listeners with open streams, in one query."""

    database: Database[Listeners]
    open: Counter[ListenerId] = field(default_factory=Counter)
    heads: dict[ListenerId, Heads] = field(default_factory=dict)
    looked: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    def enter(self, listener_id: ListenerId) -> None:
        """Open a stream. TooManyRequests when too many are open."""
        if self.open.total() >= _MOST or self.open[listener_id] >= _MOST_OF_ONE:
            raise TooManyRequests("too many streams are open", hint="Poll /changes instead.")
        self.open[listener_id] += 1
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._look())

    def leave(self, listener_id: ListenerId) -> None:
        """Close a stream."""
        self.open[listener_id] -= 1
        if self.open[listener_id] <= 0:
            del self.open[listener_id]
            self.heads.pop(listener_id, None)

    async def wait(self) -> None:
        """Wait for the next check."""
        async with self.looked:
            await asyncio.wait_for(self.looked.wait(), _BEAT_SECONDS)

    async def _look(self) -> None:
        while self.open:
            with suppress(Unreachable):  # the next check may succeed
                self.heads = await asyncio.to_thread(live.heads, self.database, list(self.open))
            async with self.looked:
                self.looked.notify_all()
            await asyncio.sleep(_LOOK_SECONDS)


def router(doors: RouteDependencies) -> APIRouter:
    """The stream."""
    basic = HTTPBasic(auto_error=False, description="Email address and app password.")
    api = APIRouter(prefix="/api/v1/listener", tags=["listener"], dependencies=[Depends(basic)])
    watch = Watch(doors.database)
    Who = Annotated[Caller, Depends(doors.asking)]  # noqa: N806 - it is a type

    @api.get(
        "/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **answers(401, 403, 429)},
    )
    async def events(
        who: Who,
        request: Request,
        after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> StreamingResponse:
        """Changes after a cursor, then live changes: events `changes` and `subscriptions`.

        Each event's id is its cursor; a browser that reconnects continues after the last one.
        """
        watch.enter(who.listener_id)
        start = after if last_event_id is None else cursor_of(last_event_id)
        return _Streaming(
            _stream(doors.database, watch, who, start),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            leave=partial(watch.leave, who.listener_id),
        )

    return api


def cursor_of(last_event_id: str) -> int:
    """The cursor of an event id; 0, the current state, for an id that this server never gave.

    Browsers give up a stream that is refused, and send the id that they have with every attempt.
    """
    text = last_event_id.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID else 0


class _Streaming(StreamingResponse):
    """A stream that is left in any case, even by a client that is gone before it begins."""

    def __init__(self, *args: Any, leave: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


async def _stream(
    database: Database[Listeners], watch: Watch, who: Caller, after: int
) -> AsyncIterator[bytes]:
    """Events until the client disconnects or its session ends."""
    seen, beat = Heads(-1, -1), 0.0
    loop = asyncio.get_running_loop()
    yield b": open\n\n"
    while True:
        heads = watch.heads.get(who.listener_id)
        if heads is not None and heads != seen:
            batch = await asyncio.to_thread(
                live.news, database, caller=who, after=after, now=heads, seen=seen
            )
            seen, after = heads, batch.cursor
            for name, content in batch.events:
                yield _event(name, after, content)
        elif loop.time() - beat > _BEAT_SECONDS:
            beat = loop.time()
            if not await asyncio.to_thread(live.is_signed_in, database, caller=who):
                return
            yield b": beat\n\n"
        with suppress(TimeoutError):
            await watch.wait()


def _event(name: str, cursor: int, content: Any) -> bytes:
    data = msgspec.json.encode(content)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (cursor, name.encode(), data)
