"""The HTTP entrances of ``listeners``: what podcast clients speak, and an API of our own."""

from fastapi import APIRouter

from wavehouse.listeners.http import gpodder, native
from wavehouse.store import Database, Listeners

__all__ = ["router"]


def router(database: Database[Listeners]) -> APIRouter:
    """Everything that is for listeners' apps."""
    api = APIRouter()
    api.include_router(native.router(database))
    api.include_router(gpodder.router(database))
    return api
