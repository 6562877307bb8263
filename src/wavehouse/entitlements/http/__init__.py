"""The HTTP routes of ``entitlements``."""

from fastapi import APIRouter

from wavehouse.entitlements.http import api, feeds, stripe
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> list[APIRouter]:
    """The provider's webhook, the API, private feeds."""
    return [stripe.router(edge), api.router(edge), feeds.router(edge)]
