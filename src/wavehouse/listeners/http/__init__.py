"""HTTP routes of ``listeners``: the protocols of podcast clients, our own API, and pages."""

from fastapi import APIRouter

from wavehouse.listeners.http import (
    accounts,
    apps,
    emails,
    entering,
    events,
    gpodder,
    gpodder_more,
    native,
    nextcloud_login,
    own,
    own_data,
    passkeys,
)
from wavehouse.listeners.http.common import Doors, doors
from wavehouse.workspace import Edge

__all__ = ["routers"]

PREFIXES = ("", "/gpodder")


def routers(edge: Edge) -> list[APIRouter]:
    """All routers for listeners and their apps."""
    return by_doors(doors(edge.workspace.stores.listeners, edge.workspace.settings))


def by_doors(given: Doors) -> list[APIRouter]:
    """The same with the given dependencies. Frequent routes come first, as they are tried in order.

    They are a list because a nested router is searched twice for every request.
    """
    brakes = accounts.LinkBrakes.of(given)
    return [
        native.router(given),
        *(gpodder.router(given, prefix) for prefix in PREFIXES),
        *(gpodder_more.router(given, prefix) for prefix in PREFIXES),
        *(nextcloud_login.router(given, prefix) for prefix in PREFIXES),
        events.router(given),
        accounts.router(given, brakes),
        apps.router(given),
        passkeys.router(given),
        emails.router(given),
        entering.router(given, brakes),
        own.router(given),
        own_data.router(given),
    ]
