"""``/metrics`` for Prometheus, behind an API key with the scope ``stats:read``.

Without ``from __future__ import annotations``: FastAPI must see the dependency's type.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import Refused
from wavehouse.wiring.exposition import MEDIA_TYPE, exposition
from wavehouse.workspace import Edge


def routers(edge: Edge) -> list[APIRouter]:
    """The route."""
    routes = APIRouter(include_in_schema=False)
    Caller = Annotated[Identity, Depends(edge.gate(Scope.STATS_READ))]  # noqa: N806 - it is a type

    @routes.get("/metrics")
    def metrics(identity: Caller) -> Response:
        if identity.organization_id != edge.workspace.organization.organization_id:
            raise Refused("these metrics belong to another organization")
        return Response(exposition(edge.workspace), media_type=MEDIA_TYPE)

    return [routes]
