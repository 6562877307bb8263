"""The HTTP entrances of ``entitlements``."""

from fastapi import APIRouter

from wavehouse.entitlements.http import api, feeds, own, stripe
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> list[APIRouter]:
    """The provider's webhook, the API, private feeds, and the listener's own page."""
    return [stripe.router(edge), api.router(edge), feeds.router(edge), own.router(edge)]
