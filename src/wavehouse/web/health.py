"""What an orchestrator asks: whether the process is alive, and whether traffic may come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from fastapi import APIRouter
from starlette.responses import JSONResponse

from wavehouse.kernel import clock
from wavehouse.web.services import Check, Services

_BUSY = 503
_REMEMBERED = timedelta(seconds=2)
_ASKING = (Check("databases", False, "the first check is still running"),)


class Recent:
    """The latest answer of a check; it is asked again after two seconds, by one caller at a time.

    Whoever asks meanwhile gets the answer before, at once: a database that hangs must not hold a
    thread for each of a load balancer's questions.
    """

    def __init__(self, ask: Callable[[], Sequence[Check]]) -> None:
        self._ask = ask
        self._asking = Lock()
        self._answer: Sequence[Check] = _ASKING
        self._until: datetime | None = None

    def checks(self) -> Sequence[Check]:
        """The checks, at most two seconds old, or older while new ones are being made."""
        if self._until is not None and clock.now() < self._until:
            return self._answer
        if not self._asking.acquire(blocking=False):
            return self._answer
        try:
            self._answer = self._ask()
            self._until = clock.now() + _REMEMBERED
        finally:
            self._asking.release()
        return self._answer


def router(services: Services) -> APIRouter:
    """``/health/live`` touches nothing; ``/health/ready`` asks what must hold."""
    routes = APIRouter(tags=["health"])
    recent = Recent(services.readiness)

    @routes.head("/health/live", include_in_schema=False)
    @routes.get("/health/live")
    def live() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "live"})

    @routes.head("/health/ready", include_in_schema=False)
    @routes.get("/health/ready", responses={_BUSY: {"description": "Something must be mended"}})
    def ready() -> JSONResponse:
        """The databases answer and are migrated; 503 if not. The answer may be two seconds old."""
        checks = recent.checks()
        ok = all(check.ok for check in checks)
        shown = [{"name": c.name, "ok": c.ok, "says": c.message} for c in checks]
        return JSONResponse(
            {"status": "ready" if ok else "not ready", "checks": shown},
            status_code=200 if ok else _BUSY,
        )

    return routes
