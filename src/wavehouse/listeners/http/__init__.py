"""The HTTP entrances of ``listeners``: what podcast clients speak, an API of our own, and pages."""

from fastapi import APIRouter

from wavehouse.kernel.config import Settings
from wavehouse.listeners.http import (
    accounts,
    apps,
    emails,
    entering,
    gpodder,
    native,
    nextcloud_login,
    own,
    passkeys,
)
from wavehouse.listeners.http.common import Doors, doors
from wavehouse.store import Database, Listeners

__all__ = ["router"]


def router(database: Database[Listeners], settings: Settings) -> APIRouter:
    """Everything that is for listeners and their apps."""
    return mounted(doors(database, settings))


def mounted(given: Doors) -> APIRouter:
    """The same, by these doors."""
    api, brakes = APIRouter(), accounts.LinkBrakes()
    # First what is asked most: routes are tried in order.
    api.include_router(native.router(given.database, secure=given.site.secure))
    api.include_router(accounts.router(given, brakes))
    api.include_router(apps.router(given))
    api.include_router(passkeys.router(given))
    api.include_router(emails.router(given))
    api.include_router(entering.router(given, brakes))
    api.include_router(own.router(given))
    for prefix in ("", "/gpodder"):
        api.include_router(nextcloud_login.router(given.database), prefix=prefix)
    api.include_router(gpodder.router(given.database, secure=given.site.secure))
    return api
