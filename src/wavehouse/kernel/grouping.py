"""Group commit: calls that arrive while another one runs are executed together.

A transaction costs about the same for one row as for twenty, so concurrent requests share one: the
first is executed at once, alone; those that arrive meanwhile are executed next, together. No
request waits for others to arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from wavehouse.kernel.errors import Unreachable

Q = TypeVar("Q")
A = TypeVar("A")
_MOST = 32


@dataclass(slots=True, eq=False)
class _Asked(Generic[Q, A]):
    question: Q
    answer: asyncio.Future[A]


class Grouped(Generic[Q, A]):
    """Collects single requests of concurrent callers into one call.

    ``work`` runs in a separate thread, one group at a time, and returns results in request order.
    When it raises, each request of the group is executed alone, so that one caller's error does not
    affect others; but not when the server is unreachable. A group has at most one request with the
    same ``key``.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Q]], Sequence[A]],
        key: Callable[[Q], Hashable] | None = None,
    ) -> None:
        self._work = work
        self._key = key
        self._waiting: list[_Asked[Q, A]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "grouped")

    async def ask(self, question: Q) -> A:
        """The result of one request; raises the error of executing it alone."""
        loop = asyncio.get_running_loop()
        asked: _Asked[Q, A] = _Asked(question, loop.create_future())
        self._waiting.append(asked)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._answer_all())
        return await asked.answer

    async def _answer_all(self) -> None:
        while self._waiting:
            # Two turns of the loop: results are delivered, and waiting requests join the group.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await self._answer(self._next_group())

    def _next_group(self) -> list[_Asked[Q, A]]:
        group: list[_Asked[Q, A]] = []
        later: list[_Asked[Q, A]] = []
        keys: set[Hashable] = set()
        for asked in self._waiting:
            key = self._key(asked.question) if self._key else asked
            fits = len(group) < _MOST and key not in keys
            (group if fits else later).append(asked)
            keys.add(key)
        self._waiting = later
        return group

    async def _answer(self, group: list[_Asked[Q, A]]) -> None:
        try:
            questions = [asked.question for asked in group]
            work = partial(copy_context().run, self._work, questions)
            answers = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:  # any error is raised in the caller
            if len(group) == 1 or isinstance(error, Unreachable):
                for asked in group:
                    _tell(asked, error)
            else:
                for asked in group:
                    await self._answer([asked])
            return
        for asked, answer in zip(group, answers, strict=True):
            if not asked.answer.done():  # the caller may be gone
                asked.answer.set_result(answer)


def _tell(asked: _Asked[Q, A], error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)
