"""Receives notifications of a database, on a connection used for nothing else (Q25)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql

from wavehouse.store.database import Database

_PATIENCE = 1.0


def notices(
    database: Database[Any],
    channel: str,
    stop: threading.Event,
    *,
    lost: Callable[[], object] = lambda: None,
) -> Iterator[None]:
    """Yield for each notification, and about once a second, until ``stop`` is set.

    A broken connection is opened again. ``lost`` is called before each attempt and about once a
    second: it may start a server that has died.
    """
    while not stop.is_set():
        with contextlib.suppress(Exception):
            lost()
        try:
            with psycopg.connect(
                database.place.conninfo("worker"), autocommit=True, connect_timeout=5
            ) as connection:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                yield None  # check for notifications sent before this
                while not stop.is_set():
                    for _ in connection.notifies(timeout=_PATIENCE, stop_after=1):
                        yield None
                    lost()
        except psycopg.OperationalError:
            stop.wait(_PATIENCE)
