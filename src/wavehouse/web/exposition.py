"""``/metrics`` for Prometheus: with an API key, open, or off (setting ``metrics``).

Without ``from __future__ import annotations``: FastAPI must see the dependency's type.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from wavehouse.accounts import Identity, Scope
from wavehouse.wiring.exposition import MEDIA_TYPE, exposition
from wavehouse.workspace import Edge


def routers(edge: Edge) -> list[APIRouter]:
    """The route; empty when the setting is off."""
    workspace = edge.workspace
    routes = APIRouter(include_in_schema=False)
    if workspace.settings["metrics"] == "off":
        return []
    if workspace.settings["metrics"] == "open":

        @routes.get("/metrics")
        def open_metrics() -> Response:
            body = exposition(workspace.stores, identity=workspace.identity)
            return Response(body, media_type=MEDIA_TYPE)

        return [routes]
    Caller = Annotated[Identity, Depends(edge.gate(Scope.STATS_READ))]  # noqa: N806 - it is a type

    @routes.get("/metrics")
    def metrics(identity: Caller) -> Response:
        body = exposition(workspace.stores, identity=identity)
        return Response(body, media_type=MEDIA_TYPE)

    return [routes]
