"""What an orchestrator asks: is the process alive, and may traffic come."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from wavehouse.web.services import Services

_BUSY = 503


def router(services: Services) -> APIRouter:
    """``/health/live`` touches nothing; ``/health/ready`` asks what must hold."""
    routes = APIRouter(tags=["health"])

    @routes.api_route("/health/live", methods=["GET", "HEAD"], operation_id=None)
    def live() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "live"})

    @routes.api_route("/health/ready", methods=["GET", "HEAD"], operation_id=None)
    def ready() -> JSONResponse:
        """The database answers and is migrated; 503 when not."""
        checks = services.readiness()
        ok = all(check.ok for check in checks)
        shown = [{"name": c.name, "ok": c.ok, "says": c.says} for c in checks]
        return JSONResponse(
            {"status": "ready" if ok else "not ready", "checks": shown},
            status_code=200 if ok else _BUSY,
        )

    return routes
