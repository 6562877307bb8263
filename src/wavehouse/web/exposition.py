"""``/metrics`` for Prometheus, behind an API key with the scope ``stats:read``.

Without ``from __future__ import annotations``: FastAPI must see the dependency's type.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from wavehouse.accounts import Identity, Scope
from wavehouse.wiring.exposition import MEDIA_TYPE, exposition
from wavehouse.workspace import Edge


def routers(edge: Edge) -> list[APIRouter]:
    """The route."""
    routes = APIRouter(include_in_schema=False)
    Caller = Annotated[Identity, Depends(edge.gate(Scope.STATS_READ))]  # noqa: N806 - it is a type

    @routes.get("/metrics")
    def metrics(identity: Caller) -> Response:
        body = exposition(edge.workspace.stores, identity=identity)
        return Response(body, media_type=MEDIA_TYPE)

    return [routes]
