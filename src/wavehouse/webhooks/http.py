"""``/api/v1/webhooks``: endpoints, deliveries, sending again.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close
over the database.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE
from wavehouse.store import Database, Operational
from wavehouse.webhooks.adapters import Sealer
from wavehouse.webhooks.service import endpoints
from wavehouse.webhooks.types import Delivery, Endpoint, EndpointId, EventId, NewEndpoint
from wavehouse.workspace import Edge, Gate


class EndpointIn(BaseModel):
    """An endpoint to add; without event types it receives all of them."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[Exact, Field(min_length=1, max_length=1000)]
    event_types: list[Exact] = Field(default_factory=list, max_length=20)
    description: Annotated[Line, Field(max_length=200)] = ""


class EndpointOut(BaseModel):
    """An endpoint; ``secret`` is only set when it was just created."""

    webhook_endpoint_id: UUID
    url: str
    description: str | None
    event_types: list[str]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    secret: str | None = None

    @classmethod
    def of(cls, endpoint: Endpoint, secret: str | None = None) -> "EndpointOut":
        """The endpoint as a response."""
        return cls(
            webhook_endpoint_id=endpoint.endpoint_id,
            url=endpoint.url,
            description=endpoint.description,
            event_types=endpoint.event_types,
            status=endpoint.status,
            disabled_reason=endpoint.disabled_reason,
            failing_since=endpoint.failing_since,
            created_at=endpoint.created_at,
            secret=secret,
        )

    @classmethod
    def new(cls, made: NewEndpoint) -> "EndpointOut":
        """The endpoint with its secret, which is only shown once."""
        return cls.of(made.endpoint, made.secret)


class DeliveryOut(BaseModel):
    """An attempt to deliver an event."""

    event_id: UUID
    webhook_endpoint_id: UUID
    event_type: str
    occurred_at: datetime
    attempt: int
    status: str
    next_attempt_at: datetime | None
    attempted_at: datetime | None
    response_status: int | None
    response_excerpt: str | None
    error: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        """The attempt as a response."""
        return cls(
            event_id=delivery.event_id,
            webhook_endpoint_id=delivery.endpoint_id,
            event_type=delivery.event_type,
            occurred_at=delivery.occurred_at,
            attempt=delivery.attempt,
            status=delivery.status,
            next_attempt_at=delivery.next_attempt_at,
            attempted_at=delivery.attempted_at,
            response_status=delivery.response_status,
            response_excerpt=delivery.response_excerpt,
            error=delivery.error,
        )


class ReplayIn(BaseModel):
    """The events to resend: one event, or a range (``until`` excluded)."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class Count(BaseModel):
    """The number of events that will be resent."""

    events: int


class Emitted(BaseModel):
    """The id of the event that was emitted; the ``webhook-id`` of its delivery."""

    event_id: UUID


def routers(edge: Edge) -> list[APIRouter]:
    """The HTTP routes of ``webhooks``."""
    operational = edge.workspace.stores.operational
    private = edge.workspace.settings["webhook_allow_private"]
    return [_endpoints(operational, edge.gate, private), _sending(operational, edge.gate)]


def _endpoints(database: Database[Operational], gate: Gate, private: bool) -> APIRouter:
    api = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
    reads, writes = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("/endpoints", responses=gate.answers(reads))
    def list_endpoints(identity: Reader) -> list[EndpointOut]:
        """The endpoints, oldest first; at most 50."""
        with database.app(identity.organization_id) as tx:
            return [EndpointOut.of(e) for e in endpoints.list_endpoints(tx, identity=identity)]

    @api.post("/endpoints", status_code=201, responses=gate.answers(writes, 413, 422))
    def add_endpoint(body: EndpointIn, identity: Writer) -> EndpointOut:
        """Add an endpoint; the response has its secret, which is not shown again."""
        with database.app(identity.organization_id) as tx:
            made = endpoints.add_endpoint(
                tx,
                identity=identity,
                sealer=Sealer.of(database.place),
                url=body.url,
                event_types=body.event_types,
                description=body.description,
                allow_private=private,
            )
        return EndpointOut.new(made)

    @api.post("/endpoints/{webhook_endpoint_id}/rotate", responses=gate.answers(writes, 404, 422))
    def rotate_secret(webhook_endpoint_id: UUID, identity: Writer) -> EndpointOut:
        """Make a new secret; the current one stays valid for 24 hours."""
        with database.app(identity.organization_id) as tx:
            made = endpoints.rotate_secret(
                tx,
                identity=identity,
                sealer=Sealer.of(database.place),
                endpoint_id=EndpointId(webhook_endpoint_id),
            )
        return EndpointOut.new(made)

    @api.post("/endpoints/{webhook_endpoint_id}/disable", responses=gate.answers(writes, 404, 422))
    def disable_endpoint(webhook_endpoint_id: UUID, identity: Writer) -> EndpointOut:
        """Stop sending; pending deliveries wait."""
        with database.app(identity.organization_id) as tx:
            return EndpointOut.of(
                endpoints.disable_endpoint(
                    tx, identity=identity, endpoint_id=EndpointId(webhook_endpoint_id)
                )
            )

    @api.post("/endpoints/{webhook_endpoint_id}/enable", responses=gate.answers(writes, 404, 422))
    def enable_endpoint(webhook_endpoint_id: UUID, identity: Writer) -> EndpointOut:
        """Resume sending, including pending deliveries."""
        with database.app(identity.organization_id) as tx:
            return EndpointOut.of(
                endpoints.enable_endpoint(
                    tx, identity=identity, endpoint_id=EndpointId(webhook_endpoint_id)
                )
            )

    @api.delete(
        "/endpoints/{webhook_endpoint_id}",
        status_code=204,
        responses=gate.answers(writes, 404, 422),
    )
    def delete_endpoint(webhook_endpoint_id: UUID, identity: Writer) -> None:
        """Delete an endpoint and its delivery history."""
        with database.app(identity.organization_id) as tx:
            endpoints.delete_endpoint(
                tx, identity=identity, endpoint_id=EndpointId(webhook_endpoint_id)
            )

    return api


def _sending(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
    reads, writes = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("/deliveries", responses=gate.answers(reads, 422))
    def deliveries(
        identity: Reader,
        webhook_endpoint_id: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
    ) -> list[DeliveryOut]:
        """Delivery attempts, newest first."""
        chosen = None if webhook_endpoint_id is None else EndpointId(webhook_endpoint_id)
        with database.app(identity.organization_id) as tx:
            deliveries = endpoints.list_deliveries(
                tx,
                identity=identity,
                endpoint_id=chosen,
                limit=limit,
            )
        return [DeliveryOut.of(each) for each in deliveries]

    @api.post("/endpoints/{webhook_endpoint_id}/test", responses=gate.answers(writes, 404, 422))
    def send_test(webhook_endpoint_id: UUID, identity: Writer) -> Emitted:
        """Send an event of the type ``webhook.test`` to this endpoint."""
        with database.app(identity.organization_id) as tx:
            event_id = endpoints.send_test(
                tx, identity=identity, endpoint_id=EndpointId(webhook_endpoint_id)
            )
        return Emitted(event_id=event_id)

    @api.post(
        "/endpoints/{webhook_endpoint_id}/replay", responses=gate.answers(writes, 404, 413, 422)
    )
    def replay(webhook_endpoint_id: UUID, body: ReplayIn, identity: Writer) -> Count:
        """Resend one event or a range of events."""
        with database.app(identity.organization_id) as tx:
            count = endpoints.replay(
                tx,
                identity=identity,
                endpoint_id=EndpointId(webhook_endpoint_id),
                event_id=None if body.event_id is None else EventId(body.event_id),
                since=body.since,
                until=body.until,
            )
        return Count(events=count)

    return api
