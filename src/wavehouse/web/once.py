"""Secrets shown once after a redirect, and forms processed once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavehouse.kernel import clock

_KEPT = timedelta(minutes=10)
_MOST = 1000


@dataclass(slots=True)
class _Made:
    visitor: str
    text: str | None
    at: datetime


class Once:
    """Kept in memory for ten minutes; lost on restart."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._lock = threading.Lock()

    def ticket(self) -> str:
        """The id of a form that is about to be shown."""
        return secrets.token_urlsafe(16)

    def make(self, ticket: str, visitor: str, work: Callable[[], str]) -> None:
        """Process a form unless it was already sent; keep the resulting text."""
        with self._lock:
            self._forget()
            if ticket and (ticket, visitor) in ((t, m.visitor) for t, m in self._made.items()):
                return
            self._made[ticket] = _Made(visitor, work(), clock.now())

    def take(self, ticket: str, visitor: str) -> str | None:
        """Take the text, once, for the visitor who created it."""
        with self._lock:
            self._forget()
            made = self._made.get(ticket)
            if made is None or made.visitor != visitor:
                return None
            text, made.text = made.text, None
            return text

    def _forget(self) -> None:
        before = clock.now() - _KEPT
        for ticket in [t for t, m in self._made.items() if m.at < before]:
            del self._made[ticket]
        for ticket in list(self._made)[:-_MOST]:
            del self._made[ticket]
