"""An application on a real port of this machine, for as long as a block runs."""

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
    """The application's address; its clock is the one of the block that enters."""
    # The protocol is said: asyncio sends small answers at once (TCP_NODELAY) only where it is, and
    # every answer waits 40 ms for the other side otherwise.
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
