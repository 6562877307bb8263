"""A cache of results, each with the data version it was computed from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """A cache of recent results. A key names all inputs of a result except the data.

    A result is returned only for the version it was computed from, so it is never stale; a newer
    one replaces it. Two concurrent requests may both compute it; neither waits for the other.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Hashable, T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """The cached result for this version, or a new one."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == version:
                self._kept.move_to_end(key)
                return kept[1]
        answer = make()
        with self._lock:
            self._kept[key] = (version, answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return answer
