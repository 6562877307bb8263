"""HTTP routes of ``sponsorship``: its part of the API, and resources for sponsors' pages."""

from fastapi import APIRouter

from wavehouse.kernel.config import Settings
from wavehouse.sponsorship.http import campaigns, conversions, reports
from wavehouse.sponsorship.http.pixels import router as pixels_router
from wavehouse.sponsorship.http.reports import file_answer, folder_of
from wavehouse.store import Stores
from wavehouse.workspace import Edge, Gate

__all__ = ["file_answer", "folder_of", "pixels_router", "router", "routers"]


def routers(edge: Edge) -> list[APIRouter]:
    """The routers of ``sponsorship``: its API, and resources for sponsors' pages."""
    stores, settings = edge.workspace.stores, edge.workspace.settings
    return [router(stores, settings, edge.gate), pixels_router(stores.operational, settings)]


def router(stores: Stores, settings: Settings, gate: Gate) -> APIRouter:
    """All routes of sponsorship below ``/api/v1``."""
    api = APIRouter()
    api.include_router(campaigns.router(stores.operational, gate))
    api.include_router(conversions.router(stores.operational, gate))
    api.include_router(reports.router(stores, settings, gate))
    return api
