"""Uvicorn's configuration: no access log, limits for time, size and number."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from wavehouse.web.connections import Bounded
from wavehouse.web.sparing import limit_loggers


def server(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8080) -> uvicorn.Server:
    """A server that has not started; ``run()`` blocks until ``should_exit`` is set.

    There is no access log, since its lines would hold visitors' addresses; forwarded headers are
    ignored, since anyone can send them; the program's name is not sent.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Bounded,
        ws="none",  # no page uses a web socket; uvicorn would advise to install one
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=60,  # never reached: the limit of ``Bounded`` is shorter
    )
    limit_loggers("uvicorn.error", "asyncio", "wavehouse.web")
    return uvicorn.Server(config)
