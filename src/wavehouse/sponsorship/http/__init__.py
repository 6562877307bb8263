"""The HTTP entrances of ``sponsorship``: conversions by API, pixels and landings of pages."""

from wavehouse.sponsorship.http.conversions import LARGEST_BODY, router
from wavehouse.sponsorship.http.pixels import router as pixels_router

__all__ = ["LARGEST_BODY", "pixels_router", "router"]
