"""``/api/v1/entitlements``: grants, access, events, for the installation's administrators.

Without ``from __future__ import annotations``: FastAPI must see the dependencies.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.entitlements.service import granting, reading
from wavehouse.entitlements.types import (
    Access,
    Entitlement,
    EventStatus,
    LedgerEntry,
    ListedEvent,
    NewGrant,
    ScopeKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.ids import ListenerId
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE
from wavehouse.workspace import Edge

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Name = Annotated[Exact, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
QueryName = Annotated[Exact, Query(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
_LONGEST_ANSWER = timedelta(minutes=1)


class GrantIn(BaseModel):
    """A manual grant: with an end, or explicitly permanent."""

    model_config = ConfigDict(extra="forbid")

    listener_id: UUID
    resource: Name
    type: Name = "feed"
    kind: ScopeKind = ScopeKind.MANUAL
    scope: Name = "operator"
    reason: Annotated[Line, Field(min_length=1, max_length=255)]
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    is_permanent: bool = False


class RevokeIn(BaseModel):
    """The reason for revoking a grant."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Line, Field(min_length=1, max_length=255)]


class GrantOut(BaseModel):
    """A grant; ``status`` is ``expired`` after its end."""

    entitlement_id: UUID
    listener_id: UUID | None
    type: str
    resource: str
    scope_kind: str
    scope: str
    status: str
    starts_at: datetime
    expires_at: datetime | None
    is_permanent: bool
    revoked_at: datetime | None
    revoke_reason: str | None
    created_by: str
    grant_reason: str | None

    @classmethod
    def of(cls, grant: Entitlement) -> "GrantOut":
        """The grant as a response."""
        values = {name: getattr(grant, name) for name in cls.model_fields}
        return cls(**{**values, "status": grant.status_at(clock.now())})


class HistoryOut(BaseModel):
    """A grant with its changes in the order in which they happened."""

    grant: GrantOut
    entries: list[LedgerEntry]


class CheckOut(BaseModel):
    """The result of a check: access, grace, end; ``cache_until`` limits caching (E29).

    A positive answer may be cached for a minute and never beyond the end of the grant; a negative
    one is not cached.
    """

    granted: bool
    in_grace: bool
    valid_until: datetime | None
    scope_kind: str | None
    cache_until: datetime

    @classmethod
    def of(cls, answer: Access) -> "CheckOut":
        """The answer as a response."""
        now = clock.now()
        until = now + _LONGEST_ANSWER if answer.granted else now
        return cls(
            granted=answer.granted,
            in_grace=answer.in_grace,
            valid_until=answer.valid_until,
            scope_kind=answer.scope_kind,
            cache_until=min(until, answer.valid_until or until),
        )


def router(edge: Edge) -> APIRouter:
    """The routes. NotFound for other organizations: listeners belong to the installation."""
    api = APIRouter(prefix="/api/v1/entitlements", tags=["entitlements"])
    gate, database = edge.gate, edge.workspace.stores.listeners
    reads, writes = Scope.ENTITLEMENTS_READ, Scope.ENTITLEMENTS_WRITE

    def at_home(scope: Scope) -> Callable[..., Identity]:
        def operator(identity: Annotated[Identity, Depends(gate(scope))]) -> Identity:
            if identity.organization_id != edge.workspace.home:
                raise NotFound("this organization has no entitlements")
            return identity

        return operator

    Reader = Annotated[Identity, Depends(at_home(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(at_home(writes))]  # noqa: N806 - it is a type

    @api.get("", responses=gate.answers(reads, 404))
    def list_grants(
        identity: Reader,
        listener_id: UUID | None = None,
        resource: QueryName | None = None,
        limit: Limit = PAGE,
    ) -> list[GrantOut]:
        """Grants, of a listener or of a resource."""
        with database.worker() as tx:
            grants = reading.list_grants(
                tx,
                identity=identity,
                listener_id=ListenerId(listener_id) if listener_id else None,
                resource=resource,
                limit=limit,
            )
        return [GrantOut.of(grant) for grant in grants]

    @api.post("", status_code=201, responses=gate.answers(writes, 404, 413, 422))
    def grant(body: GrantIn, identity: Writer) -> GrantOut:
        """Grant access manually. The same scope again replaces its times and reason."""
        new = NewGrant(
            ListenerId(body.listener_id), body.type, body.resource, body.kind, body.scope,
            body.reason, body.starts_at, body.expires_at, body.is_permanent,
        )  # fmt: skip
        with database.worker() as tx:
            return GrantOut.of(granting.grant(tx, identity=identity, new=new))

    @api.get("/check", responses=gate.answers(reads, 404, 422))
    def check(
        identity: Reader,
        listener_id: UUID,
        resource: QueryName,
        access_type: Annotated[Exact, Query(alias="type", min_length=1, max_length=255)] = "feed",
        at: AwareDatetime | None = None,
    ) -> CheckOut:
        """Whether a listener has access, now or at a past time; cacheable until ``cache_until``."""
        with database.worker() as tx:
            answer = reading.check(
                tx,
                identity=identity,
                listener_id=ListenerId(listener_id),
                access_type=access_type,
                resource=resource,
                at=at,
            )
        return CheckOut.of(answer)

    @api.get("/events", responses=gate.answers(reads, 404))
    def events(
        identity: Reader, status: EventStatus | None = None, limit: Limit = PAGE
    ) -> list[ListedEvent]:
        """The provider's and operators' events, newest first, without their content."""
        with database.worker() as tx:
            return reading.list_events(tx, identity=identity, status=status, limit=limit)

    @api.get("/listeners/{listener_id}", responses=gate.answers(reads, 404))
    def history(listener_id: UUID, identity: Reader) -> list[HistoryOut]:
        """One listener's grants with every change and its reason."""
        with database.worker() as tx:
            histories = reading.history(tx, identity=identity, listener_id=ListenerId(listener_id))
        if not histories:
            raise NotFound("this listener has no grants")
        return [HistoryOut(grant=GrantOut.of(h.grant), entries=h.entries) for h in histories]

    @api.post("/{entitlement_id}/revoke", responses=gate.answers(writes, 404, 409, 413, 422))
    def revoke(entitlement_id: UUID, body: RevokeIn, identity: Writer) -> GrantOut:
        """Revoke a grant now. A subscription's grant stays revoked when it is renewed."""
        with database.worker() as tx:
            return GrantOut.of(
                granting.revoke(
                    tx, identity=identity, entitlement_id=entitlement_id, reason=body.reason
                )
            )

    return api
