"""The application: pages, health, static files, and the contexts' routers."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from importlib.resources import as_file

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from wavehouse import __version__
from wavehouse.web import access, health, overview, problems, windows
from wavehouse.web.conditional import Conditional
from wavehouse.web.guard import Guard
from wavehouse.web.pages import STATIC
from wavehouse.web.problems import PROBLEMS
from wavehouse.web.services import Services
from wavehouse.web.site import Site
from wavehouse.web.slashes import Slashes


def create_app(
    services: Services, routers: Sequence[APIRouter] = (), site: Site | None = None
) -> FastAPI:
    """Create the web application on these services.

    ``routers`` are the contexts' HTTP entrances (``/api/v1/...``); they authenticate by API key and
    need no CSRF token, since they accept no cookie.
    """
    edge = site or Site()
    app = FastAPI(
        title="Wavehouse",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=PROBLEMS,
    )
    problems.install(app, edge.sign_in_command)
    for router in routers:
        app.include_router(router)
    app.include_router(health.router(services))
    app.include_router(access.router(services, edge))
    app.include_router(overview.router(services, edge))
    app.include_router(windows.router(services, edge))
    mimetypes.add_type("font/woff2", ".woff2")
    mimetypes.add_type("text/javascript", ".js")
    with as_file(STATIC) as folder:
        app.mount("/static", StaticFiles(directory=folder))
    app.add_middleware(Conditional)
    app.add_middleware(Slashes)
    app.add_middleware(Guard, site=edge)
    return app
