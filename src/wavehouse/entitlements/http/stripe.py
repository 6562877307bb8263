"""``/webhooks/stripe``: the endpoint for the payment provider's events.

Without ``from __future__ import annotations``: FastAPI must see the types.
"""

import asyncio

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from wavehouse.entitlements.service import receiving
from wavehouse.entitlements.types import EventStatus
from wavehouse.workspace import Edge

PATH = "/webhooks/stripe"
LARGEST = 1024 * 1024
_OK, _ACCEPTED, _TOO_LARGE = 200, 202, 413


def router(edge: Edge) -> APIRouter:
    """The endpoint. It answers as soon as the event is stored; a job folds it."""
    web = APIRouter(include_in_schema=False)
    database = edge.workspace.stores.listeners
    endpoint = receiving.Endpoint.of(edge.workspace.settings)

    @web.post(PATH)
    async def receive(request: Request) -> Response:
        body = await _raw(request)
        header = ",".join(request.headers.getlist("stripe-signature"))
        receipt = await asyncio.to_thread(
            receiving.receive, database, endpoint=endpoint, body=body, header=header
        )
        status = _OK if receipt.status is EventStatus.RECEIVED else _ACCEPTED
        return JSONResponse(
            {"event": receipt.event_id, "status": receipt.status.value, "new": receipt.is_new},
            status,
        )

    return web


async def _raw(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise HTTPException(_TOO_LARGE)
    return bytes(content)
