"""Health checks for an orchestrator: liveness and readiness."""

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
    """The latest result of a check; refreshed after two seconds, by one caller at a time.

    Other callers get the previous result at once: a hanging database must not hold a thread for
    each of a load balancer's requests.
    """

    def __init__(self, ask: Callable[[], Sequence[Check]]) -> None:
        self._ask = ask
        self._asking = Lock()
        self._answer: Sequence[Check] = _ASKING
        self._until: datetime | None = None

    def checks(self) -> Sequence[Check]:
        """The checks, at most two seconds old, or older while a refresh is running."""
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
    """``/health/live`` does no I/O; ``/health/ready`` checks the databases."""
    routes = APIRouter(tags=["health"])
    recent = Recent(services.readiness)

    @routes.head("/health/live", include_in_schema=False)
    @routes.get("/health/live")
    def live() -> JSONResponse:
        """The process responds."""
        return JSONResponse({"status": "live"})

    @routes.head("/health/ready", include_in_schema=False)
    @routes.get("/health/ready", responses={_BUSY: {"description": "Problems found"}})
    def ready() -> JSONResponse:
        """The databases respond and are migrated; 503 if not. The result may be two seconds old."""
        checks = recent.checks()
        ok = all(check.ok for check in checks)
        shown = [{"name": c.name, "ok": c.ok, "says": c.message} for c in checks]
        return JSONResponse(
            {"status": "ready" if ok else "not ready", "checks": shown},
            status_code=200 if ok else _BUSY,
        )

    return routes
