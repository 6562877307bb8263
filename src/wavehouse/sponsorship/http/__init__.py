"""The HTTP entrances of ``sponsorship``: its part of the API, and what sponsors' pages load."""

from fastapi import APIRouter

from wavehouse.sponsorship.http import campaigns, conversions, reports
from wavehouse.sponsorship.http.pixels import router as pixels_router
from wavehouse.sponsorship.http.reports import file_answer, folder_of
from wavehouse.workspace import Edge, Gate, Workspace

__all__ = ["file_answer", "folder_of", "pixels_router", "router", "routers"]


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``sponsorship``: its API, and what sponsors' pages load."""
    return [router(edge.workspace, edge.gate), pixels_router(edge.workspace)]


def router(workspace: Workspace, gate: Gate) -> APIRouter:
    """Everything below ``/api/v1`` that is sponsorship's."""
    database = workspace.stores.operational
    api = APIRouter()
    api.include_router(campaigns.router(database, gate))
    api.include_router(conversions.router(database, gate))
    api.include_router(reports.router(workspace, gate))
    return api
