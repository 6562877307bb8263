"""The webhooks page: endpoints, secrets (shown once), deliveries and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import webhooks
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import NotFound
from wavehouse.web.access import SESSION, Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.once import Once
from wavehouse.web.page_context import PageContext, back
from wavehouse.webhooks import Delivery, Endpoint, EndpointId, EventId

_FIELDS = ("url", "description", "event_types")
_TONES = {"delivered": "good", "pending": "plain", "failed": "warn", "abandoned": "bad"}
_ROWS = 50


def router(context: PageContext) -> APIRouter:
    """Routes of ``/webhooks`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace
    operational = workspace.stores.operational
    once = Once()

    def page(request: Request, identity: Identity, entered: Entered = NOTHING) -> Response:
        with operational.app(identity.organization_id) as tx:
            endpoints = webhooks.list_endpoints(tx, identity=identity)
            sent = webhooks.list_deliveries(tx, identity=identity, limit=_ROWS)
        response = context.page(
            request,
            "webhooks",
            identity,
            endpoints=[(each, _state(each)) for each in endpoints],
            deliveries=[_row(each, endpoints) for each in sent],
            event_types=[each.value for each in webhooks.SUBSCRIBABLE],
            entered=entered,
            secret=once.take(request.query_params.get("new", ""), _session(request)),
            ticket=once.ticket(),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/webhooks")
    def show(request: Request) -> Response:
        return page(request, context.visitor(request))

    @routes.post("/webhooks")
    def add(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        ticket = fields.get("ticket", "")

        def create() -> str:
            with operational.app(identity.organization_id) as tx:
                return webhooks.add_endpoint(
                    tx,
                    identity=identity,
                    sealer=webhooks.Sealer.of(operational.place),
                    url=fields.get("url", ""),
                    event_types=[t for t in webhooks.SUBSCRIBABLE if f"event.{t}" in fields],
                    description=fields.get("description", ""),
                    allow_private=workspace.settings["webhook_allow_private"],
                ).secret

        try:
            once.make(ticket, _session(request), create)
        except CORRECTABLE as error:
            return page(request, identity, refused(fields, error, _FIELDS))
        return back("/webhooks", "made_endpoint", new=ticket)

    @routes.post("/webhooks/rotate")
    def rotate(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        ticket = fields.get("ticket", "")

        def renew() -> str:
            with operational.app(identity.organization_id) as tx:
                return webhooks.rotate_secret(
                    tx,
                    identity=identity,
                    sealer=webhooks.Sealer.of(operational.place),
                    endpoint_id=_endpoint(fields),
                ).secret

        once.make(ticket, _session(request), renew)
        return back("/webhooks", "rotated", new=ticket)

    def form(path: str, done: str, use_case: Callable[..., Any]) -> None:
        @routes.post(f"/webhooks/{path}", name=path)
        def change(request: Request, fields: Form) -> Response:
            identity = context.editor(request, fields)
            with operational.app(identity.organization_id) as tx:
                use_case(tx, identity=identity, endpoint_id=_endpoint(fields))
            return back("/webhooks", done)

    form("disable", "disabled_endpoint", webhooks.disable_endpoint)
    form("enable", "enabled_endpoint", webhooks.enable_endpoint)
    form("delete", "deleted_endpoint", webhooks.delete_endpoint)
    form("test", "tested_endpoint", webhooks.send_test)

    @routes.post("/webhooks/replay")
    def replay(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with operational.app(identity.organization_id) as tx:
            count = webhooks.replay(
                tx,
                identity=identity,
                endpoint_id=_endpoint(fields),
                event_id=EventId(_uuid(fields.get("event", ""))),
            )
        return back("/webhooks", "replayed_events", count)

    return routes


def _session(request: Request) -> str:
    return request.cookies.get(SESSION, "")


def _endpoint(fields: dict[str, str]) -> EndpointId:
    return EndpointId(_uuid(fields.get("endpoint", "")))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is no such endpoint or event") from None


def _state(endpoint: Endpoint) -> tuple[str, str]:
    if endpoint.status == "disabled":
        return f"disabled: {endpoint.disabled_reason}", "bad"
    if endpoint.failing_since is not None:
        return f"failing since {fmt.instant(endpoint.failing_since)}", "warn"
    return "active", "good"


def _row(delivery: Delivery, endpoints: list[Endpoint]) -> dict[str, object]:
    urls = {each.endpoint_id: each.url for each in endpoints}
    when = delivery.attempted_at or delivery.next_attempt_at
    return {
        "delivery": delivery,
        "url": urls.get(delivery.endpoint_id, "–"),
        "tone": _TONES.get(delivery.status, "plain"),
        "when": fmt.instant(when) if when else "–",
        "answer": delivery.response_status or delivery.error or "–",
        "excerpt": delivery.response_excerpt or "",
    }
