"""The HTTP entrances of ``listeners``: what podcast clients speak, an API of our own, and pages."""

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
    """Everything that is for listeners and their apps."""
    return by_doors(doors(edge.workspace.stores.listeners, edge.workspace.settings))


def by_doors(given: Doors) -> list[APIRouter]:
    """The same, by these doors. The most frequent routes come first, as they are tried in order.

    A list, as each router within a router is gone through twice for every request.
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
