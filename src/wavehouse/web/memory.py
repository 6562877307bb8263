"""Answers worth keeping: by the version of the data they were made from, so never stale."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The latest answers to a question, as long as the version stays the same.

    Two visitors who ask at once may both do the work; neither waits for the other.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._version: Hashable = None
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, version: Hashable, key: Hashable, make: Callable[[], T]) -> T:
        """The kept answer, or a new one; a new version forgets all that were kept."""
        with self._lock:
            if version != self._version:
                self._version = version
                self._kept.clear()
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        answer = make()
        with self._lock:
            if version == self._version:
                self._kept[key] = answer
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return answer
