"""``/api/v1/erasures``: requests of the organization, for its administrators.

Without ``from __future__ import annotations``: FastAPI must see the dependencies.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from wavehouse.accounts import Identity, Scope
from wavehouse.erasure.service import at_once, certifying, deciding, executing, requesting
from wavehouse.erasure.types import Purpose, Rejection, Request, SubjectKind
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.fields import Exact, Line
from wavehouse.kernel.paging import LARGEST_PAGE, PAGE
from wavehouse.workspace import Edge

AccountKey = Annotated[Exact, Path(min_length=1, max_length=255)]
Reason = Annotated[Line, Field(min_length=1, max_length=255)]


class RequestIn(BaseModel):
    """A request about a subject; ``by`` is the kind of identifier in ``value``."""

    model_config = ConfigDict(extra="forbid")

    subject: SubjectKind
    value: Annotated[Exact, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
    by: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]*$")] = ""
    purpose: Purpose = Purpose.ERASURE
    undo_days: Annotated[int | None, Field(ge=0, le=7)] = None


class DecisionIn(BaseModel):
    """The reason for approving a request."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class RejectionIn(DecisionIn):
    """The reasons for rejecting a request: free text, and one from the fixed list."""

    because: Rejection


class RequestOut(BaseModel):
    """A request; it has the subject's id only while it is open."""

    erasure_request_id: UUID
    purpose: str
    subject_kind: str
    subject_id: str | None
    status: str
    requested_by: str
    channel: str
    filed_by: UUID | None
    decided_by: UUID | None
    decision_reason: str | None
    rejected_reason: str | None
    failure: str | None
    received_at: datetime
    due_at: datetime
    due_gdpr_at: datetime
    due_ccpa_at: datetime
    due_acknowledgement_at: datetime | None
    grace_until: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, request: Request) -> "RequestOut":
        """The request as a response."""
        return cls(**{name: getattr(request, name) for name in cls.model_fields})


def routers(edge: Edge) -> list[APIRouter]:
    """The routes. Listeners belong to the installation: NotFound for other organizations."""
    api = APIRouter(prefix="/api/v1/erasures", tags=["erasures"])
    gate, stores, settings = edge.gate, edge.workspace.stores, edge.workspace.settings
    reads, writes = Scope.ERASURES_READ, Scope.ERASURES_WRITE
    Reader = Annotated[Identity, Depends(gate(reads))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.get("", responses=gate.answers(reads))
    def list_requests(
        identity: Reader, limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE
    ) -> list[RequestOut]:
        """Requests: open ones first, by their deadline."""
        rows = requesting.listed(stores, identity=identity, limit=limit)
        return [RequestOut.of(each) for each in rows]

    @api.post("", status_code=201, responses=gate.answers(writes, 404, 409, 413, 422))
    def file(body: RequestIn, identity: Writer) -> RequestOut:
        """File a request; it waits for another administrator.

        An existing open one is returned instead.
        """
        if body.subject is SubjectKind.LISTENER and identity.organization_id != edge.workspace.home:
            raise NotFound("there is no listener with this identifier")
        filed = requesting.file(
            stores,
            settings,
            identity=identity,
            wanted=requesting.Wanted(body.subject, body.value, body.by),
            purpose=body.purpose,
            undo_days=body.undo_days,
        )
        return RequestOut.of(filed.request)

    @api.get("/{request_id}", responses=gate.answers(reads, 404))
    def show(request_id: UUID, identity: Reader) -> RequestOut:
        """One request."""
        request, _ = requesting.show(stores, identity=identity, request_id=request_id)
        return RequestOut.of(request)

    @api.get("/{request_id}/certificate", responses=gate.answers(reads, 404))
    def certificate(request_id: UUID, identity: Reader) -> dict[str, Any]:
        """The signed certificate of a request that was carried out."""
        return certifying.certificate(stores, identity=identity, request_id=request_id)

    @api.post("/{request_id}/approve", responses=gate.answers(writes, 404, 409, 413, 422))
    def approve(request_id: UUID, body: DecisionIn, identity: Writer) -> RequestOut:
        """Approve a request that another administrator filed."""
        return RequestOut.of(
            deciding.approve(stores, identity=identity, request_id=request_id, reason=body.reason)
        )

    @api.post("/{request_id}/reject", responses=gate.answers(writes, 404, 409, 413, 422))
    def reject(request_id: UUID, body: RejectionIn, identity: Writer) -> RequestOut:
        """Reject a request before anything is removed."""
        return RequestOut.of(
            deciding.reject(
                stores,
                identity=identity,
                request_id=request_id,
                rejection=body.because,
                reason=body.reason,
            )
        )

    @api.post("/{request_id}/undo", responses=gate.answers(writes, 404, 409))
    def undo(request_id: UUID, identity: Writer) -> RequestOut:
        """Undo a request within its undo period."""
        return RequestOut.of(deciding.undo(stores, identity=identity, request_id=request_id))

    @api.post("/{request_id}/run", responses=gate.answers(writes, 404, 409))
    def run(request_id: UUID, identity: Writer) -> RequestOut:
        """Carry out an approved request, verify it, and issue its certificate."""
        outcome = executing.run(stores, settings, identity=identity, request_id=request_id)
        return RequestOut.of(outcome.request)

    return [api, _learners(edge)]


def _learners(edge: Edge) -> APIRouter:
    """The erasure of a learner, for the program of the organization that knows the account."""
    api = APIRouter(prefix="/api/v1/learning", tags=["learning"])
    gate, stores, settings = edge.gate, edge.workspace.stores, edge.workspace.settings
    writes = Scope.LEARNING_WRITE
    Writer = Annotated[Identity, Depends(gate(writes))]  # noqa: N806 - it is a type

    @api.delete(
        "/learners/{account_id}", status_code=204, responses=gate.answers(writes, 404, 409, 422)
    )
    def erase_learner(account_id: AccountKey, identity: Writer) -> None:
        """Erase a learner with sessions, events, preferences and model; verified and certified."""
        at_once.erase_learner(
            stores, settings, identity=identity, account_id=account_id, by_app=True
        )

    return api
