"""HTTP routes of ``studio``."""

from collections.abc import Iterable

from fastapi import APIRouter

from wavehouse.studio.http import feeds
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The HTTP routes of ``studio``."""
    return [feeds.router(edge)]
