"""Coroutines of tests, run in a thread of their own.

A browser's driver leaves a loop in the main thread until the run ends, and ``asyncio.run`` refuses
to start another one there: which tests fail then would depend on their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; it has the caller's clock."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, work).result()
