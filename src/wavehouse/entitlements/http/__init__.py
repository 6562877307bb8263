"""The HTTP entrances of ``entitlements``."""

from fastapi import APIRouter

from wavehouse.entitlements.http import stripe
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> list[APIRouter]:
    """The provider's webhook."""
    return [stripe.router(edge)]
