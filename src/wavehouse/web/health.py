"""What an orchestrator asks: is the process alive, and may traffic come."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from wavehouse.web.services import Services

_BUSY = 503


def router(services: Services) -> APIRouter:
    """``/health/live`` touches nothing; ``/health/ready`` asks what must hold."""
    routes = APIRouter(tags=["health"])

    @routes.head("/health/live", include_in_schema=False)
    @routes.get("/health/live")
    def live() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "live"})

    @routes.head("/health/ready", include_in_schema=False)
    @routes.get("/health/ready", responses={_BUSY: {"description": "Something must be mended"}})
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
