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
from wavehouse.listeners.http.common import RouteDependencies, doors
from wavehouse.workspace import Edge

__all__ = ["routers"]

PREFIXES = ("", "/gpodder")


def routers(edge: Edge) -> list[APIRouter]:
    """All routers for listeners and their apps."""
    return with_dependencies(doors(edge.workspace.stores.listeners, edge.workspace.settings))


def with_dependencies(given: RouteDependencies) -> list[APIRouter]:
    """The same with the given dependencies. Frequent routes come first, as they are tried in order.

    They are a list because a nested router is searched twice for every request.
    """
    limits = accounts.LinkLimits.of(given)
    return [
        native.router(given),
        *(gpodder.router(given, prefix) for prefix in PREFIXES),
        *(gpodder_more.router(given, prefix) for prefix in PREFIXES),
        *(nextcloud_login.router(given, prefix) for prefix in PREFIXES),
        events.router(given),
        accounts.router(given, limits),
        apps.router(given),
        passkeys.router(given),
        emails.router(given),
        entering.router(given, limits),
        own.router(given),
        own_data.router(given),
    ]
