"""Use cases of decisions: approve, reject, undo. Approval freezes the plan."""

from __future__ import annotations

from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.erasure.queries import hidden
from wavehouse.erasure.queries import requests as queries
from wavehouse.erasure.rules import states
from wavehouse.erasure.rules.planning import as_json
from wavehouse.erasure.service import hiding, requesting
from wavehouse.erasure.service.planning import Planned, plan_of
from wavehouse.erasure.types import Purpose, Rejection, Request, Status, SubjectKind
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, Refused
from wavehouse.store import Stores

SOLE = "sole administrator of the organization"


def approve(stores: Stores, *, identity: Identity, request_id: UUID, reason: str) -> Request:
    """Approve an administrator's request: freeze its plan and begin the undo period.

    Refused for the person who filed it, unless that is the organization's only administrator; the
    decision then states this and names no second person. InvalidInput without a reason.
    """
    requesting.require_admin(identity)
    why = _reason(reason)
    with stores.operational.worker() as tx:
        others = hidden.other_admins(
            tx, organization_id=identity.organization_id, user_id=identity.user_id
        )
    before = requesting.get(stores, identity=identity, request_id=request_id)
    planned: Planned | None = None
    if before.purpose == Purpose.ERASURE and before.status == Status.RECEIVED:
        # First, so that a plan that is refused leaves the request as it was.
        planned = preview(stores, identity=identity, request_id=request_id)
    with requesting.locked(stores, identity=identity, request_id=request_id) as (tx, request):
        is_own = request.filed_by == identity.user_id
        if is_own and others:
            raise Refused(
                "the administrator that filed a request cannot approve it",
                hint=f"{others} other administrators can.",
                command=f"wavehouse erasure approve {request_id} --reason …",
            )
        states.check_change(request.status, Status.VERIFIED)
        queries.decide(
            tx,
            request_id=request_id,
            decided_by=None if is_own else identity.user_id,
            reason=f"{why} ({SOLE})" if is_own else why,
            at=clock.now(),
        )
        queries.set_status(
            tx,
            request_id=request_id,
            before=request.status,
            after=Status.VERIFIED,
            verified_at=clock.now(),
        )
    approved = requesting.get(stores, identity=identity, request_id=request_id)
    requesting.note(stores, identity, "approved", approved)
    if approved.purpose == Purpose.ACCESS:
        return approved
    freeze(stores, identity=identity, request_id=request_id, planned=planned)
    return requesting.begin_undo(stores, identity=identity, request=approved)


def reject(
    stores: Stores, *, identity: Identity, request_id: UUID, rejection: Rejection, reason: str
) -> Request:
    """Reject a request before anything is removed. The subject's id is cleared."""
    requesting.require_admin(identity)
    why = _reason(reason)
    hidden_key, request = _ended(stores, identity, request_id, rejection, why)
    if hidden_key:
        kind = SubjectKind(request.subject_kind)
        hiding.hide(stores, identity=identity, kind=kind, key=hidden_key, at=None)
    requesting.note(stores, identity, "rejected", request)
    return request


def undo(stores: Stores, *, identity: Identity, request_id: UUID) -> Request:
    """Undo a request within its undo period: the subject is visible again, and nothing was removed.

    Conflict when the period has ended, or did not exist.
    """
    request = requesting.get(stores, identity=identity, request_id=request_id)
    if request.status != Status.SOFT_DELETED or (
        request.grace_until is not None and request.grace_until <= clock.now()
    ):
        raise Conflict(f"this cannot be undone: the request is {request.status}")
    return reject(
        stores,
        identity=identity,
        request_id=request_id,
        rejection=Rejection.UNDONE,
        reason="undone within its period",
    )


def _ended(
    stores: Stores, identity: Identity, request_id: UUID, rejection: Rejection, reason: str
) -> tuple[str, Request]:
    """The rejected request; with the key of the subject that it has hidden, or an empty string.

    Another request may hide the same person: the rejection of a copy does not end that.
    """
    with requesting.locked(stores, identity=identity, request_id=request_id) as (tx, request):
        states.check_change(request.status, Status.REJECTED)
        is_own = request.filed_by == identity.user_id
        queries.decide(
            tx,
            request_id=request_id,
            decided_by=None if is_own else identity.user_id,
            reason=reason,
            at=clock.now(),
        )
        queries.reject(tx, request_id=request_id, reason=rejection.value)
        has_hidden = request.purpose == Purpose.ERASURE and request.status == Status.SOFT_DELETED
        key = request.subject_id if has_hidden and request.subject_id else ""
    return key, requesting.get(stores, identity=identity, request_id=request_id)


def freeze(
    stores: Stores, *, identity: Identity, request_id: UUID, planned: Planned | None = None
) -> Planned:
    """Store the current plan of a request with its digest and policy version.

    ``planned`` is the plan when the caller has just computed it.
    """
    request = requesting.get(stores, identity=identity, request_id=request_id)
    if request.subject_id is None:
        raise Conflict(f"the request has ended: it is {request.status}")
    planned = planned or plan_of(stores, identity=identity, request=request, key=request.subject_id)
    with requesting.locked(stores, identity=identity, request_id=request_id) as (tx, _):
        queries.freeze(
            tx,
            request_id=request_id,
            digest=planned.plan.digest,
            policy_version=planned.plan.policy_version,
            steps=[as_json(step) for step in planned.plan.steps],
        )
    requesting.note(stores, identity, "planned", request)
    return planned


def preview(stores: Stores, *, identity: Identity, request_id: UUID) -> Planned:
    """The current plan of a request; nothing is stored."""
    request = requesting.get(stores, identity=identity, request_id=request_id)
    if request.subject_id is None:
        raise Conflict(f"the request has ended: it is {request.status}")
    return plan_of(stores, identity=identity, request=request, key=request.subject_id)


def _reason(text: str) -> str:
    why = words.line(text)
    if not why:
        raise InvalidInput("a decision needs a reason", where="reason")
    return why
