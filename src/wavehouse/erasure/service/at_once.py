"""Use cases: a whole erasure in one call, for people's own pages and for the operator."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from wavehouse.accounts import Identity, Role
from wavehouse.erasure.adapters.keys import ledger_hash
from wavehouse.erasure.queries import ledger
from wavehouse.erasure.service import deciding, executing, requesting
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    TENANTS,
    Channel,
    Identifier,
    LedgerKind,
    Outcome,
    Request,
    Status,
    SubjectKind,
)
from wavehouse.kernel.config import Settings
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import NotFound
from wavehouse.store import Stores

_OPERATOR = "erased at once by the operator"


def erase_listener(
    stores: Stores, settings: Settings, *, identity: Identity, email: str
) -> Outcome:
    """File, approve and carry out the erasure of a listener (P37).

    An erasure that was killed is finished, even if the listener's rows are gone: the ledger knows
    the address. Refused, with the request left open, when another administrator must approve.
    NotFound for an unknown address.
    """
    try:
        filed = requesting.file(
            stores,
            settings,
            identity=identity,
            wanted=requesting.Wanted(SubjectKind.LISTENER, email),
            undo_days=0,
        )
    except NotFound:
        identifier = Identifier(LedgerKind.EMAIL, normalised_email(email))
        begun = _unfinished(stores, identity, SubjectKind.LISTENER, identifier)
        if begun is None:
            raise
        return executing.run(stores, settings, identity=identity, request_id=begun)
    return _carried_out(stores, settings, identity, filed.request)


def erase_learner(
    stores: Stores, settings: Settings, *, identity: Identity, account_id: str, by_app: bool = False
) -> Outcome:
    """File, approve and carry out the erasure of a learner, as ``erase_listener``.

    ``by_app``: the organization's own program asks with its key, which vouches for its learner, so
    no administrator needs to approve.
    """
    acting = replace(identity, role=Role.ADMIN) if by_app else identity
    try:
        filed = requesting.file(
            stores,
            settings,
            identity=acting,
            wanted=requesting.Wanted(SubjectKind.LEARNER, account_id),
            channel=Channel.API if by_app else Channel.ADMINISTRATOR,
            undo_days=0,
        )
    except NotFound:
        identifier = Identifier(LedgerKind.EXTERNAL, account_id)
        begun = _unfinished(stores, acting, SubjectKind.LEARNER, identifier)
        if begun is None:
            raise
        return executing.run(stores, settings, identity=acting, request_id=begun)
    return _carried_out(stores, settings, acting, filed.request)


def _carried_out(
    stores: Stores, settings: Settings, identity: Identity, request: Request
) -> Outcome:
    request_id = request.erasure_request_id
    if request.status == Status.RECEIVED:
        deciding.approve(stores, identity=identity, request_id=request_id, reason=_OPERATOR)
    return executing.run(stores, settings, identity=identity, request_id=request_id, now=True)


def _unfinished(
    stores: Stores, identity: Identity, kind: SubjectKind, identifier: Identifier
) -> UUID | None:
    """The unfinished request of a subject whose rows are gone: the ledger knows the identifier."""
    tenant = identity.organization_id if kind in TENANTS else None
    with database_of(stores, ROOT[kind]).worker() as tx:
        return ledger.unfinished(
            tx,
            identifier_hash=ledger_hash(stores, identifier, tenant=tenant),
            organization_id=identity.organization_id,
        )


def erase_oneself(
    stores: Stores, settings: Settings, *, identity: Identity, email: str
) -> Outcome | None:
    """The erasure that a signed-in listener requests; None when an undo period begins instead.

    ``identity`` is the installation's, which is responsible for its listeners.
    """
    filed = requesting.file(
        stores,
        settings,
        identity=identity,
        wanted=requesting.Wanted(SubjectKind.LISTENER, email),
        channel=Channel.SESSION,
    )
    request = filed.request
    if request.status == Status.SOFT_DELETED:
        return None
    return executing.run(stores, settings, identity=identity, request_id=request.erasure_request_id)
