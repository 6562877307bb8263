"""HTTP routes of ``usage``: the budgets API and the gateway."""

from collections.abc import Iterable

from fastapi import APIRouter

from wavehouse.usage.http import api, gateway
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The HTTP routes of ``usage``."""
    return [*api.routers(edge), gateway.router(edge)]
