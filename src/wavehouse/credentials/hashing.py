"""Argon2id in a few separate threads: each hash takes 64 MiB and a quarter of a second (AC4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Protocol, TypeVar

from wavehouse.kernel.errors import TooManyRequests

THREADS, WAITING = 2, 8
T = TypeVar("T")


class Slow(Protocol):
    """The part of ``argon2.PasswordHasher`` used here."""

    def hash(self, password: str) -> str:
        """A salted hash that contains its own parameters."""

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - its name there
        """True, or an argon2 error when the password does not match."""

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002 - its name there
        """Whether the hash uses other parameters than the current ones."""


class Hasher:
    """Hashes and verifies, at most ``threads`` at once, which bounds memory.

    When ``waiting`` calls are already queued, further ones get TooManyRequests.
    """

    def __init__(
        self, slow: Slow | None = None, *, threads: int = THREADS, waiting: int = WAITING
    ) -> None:
        self._given = slow
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._room = BoundedSemaphore(threads + waiting)
        self._decoy = ""

    def hash(self, password: str) -> str:
        """The hash to store, which begins with ``$argon2id$``."""
        return self._run(lambda: self._slow().hash(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether a password matches; without a stored hash it takes as long and is False (AC8)."""
        return self._run(lambda: self._verify(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash uses other parameters than the current ones."""
        return self._slow().check_needs_rehash(stored)

    def _slow(self) -> Slow:
        if self._given is None:
            from argon2 import PasswordHasher

            self._given = PasswordHasher()
        return self._given

    def _verify(self, stored: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        if not self._decoy:
            self._decoy = self._slow().hash(secrets.token_urlsafe(32))
        try:
            self._slow().verify(stored or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def _run(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise TooManyRequests(
                "too many passwords are being checked", hint="Try again in a moment."
            )
        try:
            return self._pool.submit(work).result()
        finally:
            self._room.release()
