"""``/websub/…``: callbacks where hubs verify subscriptions and announce changes.

Without ``from __future__ import annotations``: FastAPI must see the dependencies.
"""

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from wavehouse import accounts
from wavehouse.catalog.rules.websub import method_and_digest, secret_of
from wavehouse.catalog.service.websub import announced, verified
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Gone, NotFound
from wavehouse.kernel.limits import Rate
from wavehouse.store import Database, Operational

LARGEST_ANNOUNCEMENT = 32 * 1024 * 1024


def websub_router(database: Database[Operational], settings: Settings) -> APIRouter:
    """Routes for hubs. Anybody may call them: only signed announcements count."""
    web = APIRouter(prefix="/websub", include_in_schema=False)
    rate = accounts.SharedRate(database, settings, Rate("websub", 30, 2.0))

    async def is_signed(subscription_id: UUID, request: Request) -> bool:
        """Whether the body is signed with the subscription's secret.

        It is hashed while streaming.
        """
        await run_in_threadpool(rate.check, str(subscription_id), "too many announcements")
        given = method_and_digest(request.headers.get("x-hub-signature"))
        if given is None:
            return False
        method, digest = given
        signature = hmac.new(secret_of(database.place.secret, subscription_id), digestmod=method)
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST_ANNOUNCEMENT:
                raise HTTPException(413)
            signature.update(piece)
        return hmac.compare_digest(signature.hexdigest().encode(), digest.encode())

    @web.get("/{subscription_id}")
    def verify(subscription_id: UUID, request: Request) -> Response:
        with database.worker() as tx:
            challenge = verified(
                tx, subscription_id=subscription_id, query=dict(request.query_params)
            )
        if challenge is None:
            raise NotFound("unknown subscription")
        return Response(challenge, media_type="text/plain")

    @web.post("/{subscription_id}", status_code=202)
    def announce(subscription_id: UUID, signed: Annotated[bool, Depends(is_signed)]) -> Response:
        """Accept an announcement.

        An invalid signature gets the same answer (WebSub, 7.1.2) and no effect.
        """
        if signed:
            with database.worker() as tx:
                if not announced(tx, subscription_id=subscription_id):
                    raise Gone("this subscription has ended")
        return Response(status_code=202)

    return web
