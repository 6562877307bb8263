"""An application on a real port of this machine during a block."""

from __future__ import annotations

import contextvars
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


@contextmanager
def served(app: FastAPI, server: uvicorn.Server | None = None) -> Iterator[str]:
    """The application's address; its clock is the clock of the entering block."""
    # The protocol is named explicitly, because only then asyncio sends small responses at once
    # (TCP_NODELAY); otherwise every response waits 40 ms for the other side.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(100)
    running = server or uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(running.run, [listening]), daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(10)
        listening.close()
