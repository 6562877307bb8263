"""The HTTP routes of ``learning``."""

from __future__ import annotations

from fastapi import APIRouter

from wavehouse.learning.http import content, player, sessions
from wavehouse.workspace import Edge


def routers(edge: Edge) -> list[APIRouter]:
    """The routes of ``/api/v1/learning``, for applications' servers and their players."""
    return [
        content.router(edge.workspace.stores.learning, edge.gate),
        sessions.router(edge.workspace, edge.gate),
        player.router(edge.workspace),
    ]
