"""Uvicorn as this house wants it: quiet about visitors, bound where it is told."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI


def server(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8080) -> uvicorn.Server:
    """A server that is not running yet; ``run()`` blocks until ``should_exit`` is set.

    There is no access log, since its lines would hold visitors' addresses; forwarded headers are
    not believed, since anyone can send them; the program's name is not told.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
