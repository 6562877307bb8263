"""``/gateway/v1``: the OpenAI API in front of upstreams, with every call paid from a budget.

The handlers are ``async``: a call lasts seconds, and a thread for each would stop the rest of the
site (decision 1302). Transactions run in threads.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from wavehouse import accounts
from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.errors import InvalidInput, NotFound, NotSignedIn, WavehouseError
from wavehouse.usage.http.calls import Call, Caller, Forwarder, Operation
from wavehouse.usage.http.refusing import GatewayError, refused
from wavehouse.usage.rules import openai
from wavehouse.usage.service import gateway as service
from wavehouse.webhooks import Sealer
from wavehouse.workspace import Edge

LARGEST = 16 * 1024 * 1024
_BELIEVED = 1.0
"""Seconds for which a key and the list of upstreams are cached."""
Handler = Callable[[Request, Identity, str], Awaitable[Response]]


class Gateway:
    """State shared by the handlers: connections, and keys and upstreams cached for one second."""

    def __init__(self, edge: Edge) -> None:
        self.operational = edge.workspace.stores.operational
        self.forwarder = Forwarder(self.operational, self.routes)
        self._keys: dict[bytes, tuple[Identity, float]] = {}
        self._routes: tuple[dict[str, service.Route], float] = ({}, 0.0)

    async def identity(self, request: Request) -> Identity:
        """The identity of the request's key. NotSignedIn or Refused without a valid one."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise NotSignedIn("missing API key: send Authorization: Bearer <key>")
        digest, now = hashlib.sha256(text.strip().encode()).digest(), time.monotonic()
        known = self._keys.get(digest)
        if known is not None and known[1] > now:
            return known[0]
        identity = await anyio.to_thread.run_sync(self._verified, text.strip())
        if len(self._keys) > 10_000:
            self._keys.clear()
        self._keys[digest] = (identity, now + _BELIEVED)
        return identity

    def _verified(self, text: str) -> Identity:
        with self.operational.worker() as tx:
            return accounts.verify_api_key(tx, text=text, scope=Scope.GATEWAY_USE)

    async def routes(self) -> dict[str, service.Route]:
        """The upstreams by provider."""
        routes, until = self._routes
        if until < time.monotonic():
            routes = await anyio.to_thread.run_sync(
                lambda: service.routes(self.operational, sealer=Sealer.of(self.operational.place))
            )
            self._routes = (routes, time.monotonic() + _BELIEVED)
        return routes

    async def answered(self, request: Request, handler: Handler) -> Response:
        """The handler's response, with errors in OpenAI's format."""
        request_id = str(uuid4())
        try:
            return await handler(request, await self.identity(request), request_id)
        except WavehouseError as error:
            return refused(error, request_id)

    async def chat(self, request: Request, identity: Identity, request_id: str) -> Response:
        """A chat completion, streamed or not."""
        body = await body_of(request)
        window = None
        if openai.is_more_than_text(body):
            window = await anyio.to_thread.run_sync(self._window, identity, body["model"])
        plan = openai.chat_plan(body, context_window=window)
        return await self._made(request, identity, request_id, plan, Operation.CHAT)

    async def embeddings(self, request: Request, identity: Identity, request_id: str) -> Response:
        """Create embeddings."""
        plan = openai.embeddings_plan(await body_of(request))
        return await self._made(request, identity, request_id, plan, Operation.EMBEDDINGS)

    async def speech(self, request: Request, identity: Identity, request_id: str) -> Response:
        """Create speech."""
        plan = openai.speech_plan(await body_of(request))
        return await self._made(request, identity, request_id, plan, Operation.SPEECH)

    def _window(self, identity: Identity, model: str) -> int | None:
        with self.operational.app(identity.organization_id) as tx:
            return service.context_window(tx, identity=identity, model=model)

    async def _made(
        self,
        request: Request,
        identity: Identity,
        request_id: str,
        plan: openai.Plan,
        operation: Operation,
    ) -> Response:
        caller = Caller(project_of(request), plan.end_user)
        return await self.forwarder.answer(Call(identity, request_id, plan, operation, caller))

    async def models(self, request: Request, identity: Identity, request_id: str) -> Response:
        """The models that can be called, or the one in the path."""
        rows = await anyio.to_thread.run_sync(self._served, identity)
        data = [
            {
                "id": row.name,
                "object": "model",
                "created": int(row.created_at.timestamp()),
                "owned_by": row.provider,
            }
            for row in rows
        ]
        wanted = request.path_params.get("model")
        if wanted is None:
            return JSONResponse({"object": "list", "data": data})
        for entry in data:
            if entry["id"] == wanted:
                return JSONResponse(entry)
        raise NotFound("there is no such model", where="model")

    def _served(self, identity: Identity) -> list[Any]:
        with self.operational.worker() as tx:
            return service.served_models(tx, identity=identity)


async def body_of(request: Request) -> Any:
    """The request's JSON body. InvalidInput when it is too large or is not JSON."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise GatewayError(
                "the body is larger than 16 MB",
                status=413,
                kind="invalid_request_error",
                reason="too_large",
            )
        parts.append(part)
    try:
        return json.loads(b"".join(parts))
    except (ValueError, RecursionError):
        raise InvalidInput("the body is not JSON", where="body") from None


def project_of(request: Request) -> UUID | None:
    """The project in the header ``OpenAI-Project``, which clients send for ``project``."""
    text = request.headers.get("openai-project", "").strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("invalid project id", where="OpenAI-Project") from None


def router(edge: Edge) -> APIRouter:
    """The routes of the gateway: OpenAI's API, so they are not in our OpenAPI document."""
    gateway = Gateway(edge)
    api = APIRouter(prefix="/gateway/v1", include_in_schema=False)

    def route(path: str, method: str, handler: Handler) -> None:
        async def endpoint(request: Request) -> Response:
            return await gateway.answered(request, handler)

        api.add_api_route(path, endpoint, methods=[method], response_model=None)

    route("/chat/completions", "POST", gateway.chat)
    route("/embeddings", "POST", gateway.embeddings)
    route("/audio/speech", "POST", gateway.speech)
    route("/models", "GET", gateway.models)
    route("/models/{model:path}", "GET", gateway.models)
    return api
