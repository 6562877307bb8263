"""HTTP routes of ``studio``."""

from collections.abc import Iterable

from fastapi import APIRouter

from wavehouse.studio.http import api, chat, feeds, making, material
from wavehouse.workspace import Edge

__all__ = ["routers"]


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The HTTP routes of ``studio``."""
    return [
        *api.routers(edge),
        *making.routers(edge),
        *material.routers(edge),
        *chat.routers(edge),
        feeds.router(edge),
    ]
