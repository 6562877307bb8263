"""HTTP routes of ``catalog``: its part of the API, and the WebSub callbacks."""

from __future__ import annotations

from fastapi import APIRouter

from wavehouse.catalog.http.api import router
from wavehouse.catalog.http.hubs import websub_router
from wavehouse.workspace import Edge

__all__ = ["router", "routers", "websub_router"]


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``catalog``."""
    operational, settings = edge.workspace.stores.operational, edge.workspace.settings
    return [router(operational, edge.gate), websub_router(operational, settings)]
