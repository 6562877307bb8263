"""The HTTP entrances of ``sponsorship``: its part of the API, and what sponsors' pages load."""

from fastapi import APIRouter

from wavehouse.accounts import Gate, Workplace
from wavehouse.sponsorship.http import campaigns, conversions, reports
from wavehouse.sponsorship.http.pixels import router as pixels_router
from wavehouse.sponsorship.http.reports import file_answer, folder_of

__all__ = ["file_answer", "folder_of", "pixels_router", "router"]


def router(place: Workplace, gate: Gate) -> APIRouter:
    """Everything below ``/api/v1`` that is sponsorship's."""
    database = place.stores.operational
    api = APIRouter()
    api.include_router(campaigns.router(database, gate))
    api.include_router(conversions.router(database, gate))
    api.include_router(reports.router(place, gate))
    return api
