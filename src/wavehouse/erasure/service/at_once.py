"""Use cases: a whole erasure in one call, for a listener's own page and for the operator."""

from __future__ import annotations

from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.erasure.adapters.keys import ledger_hash
from wavehouse.erasure.queries import ledger
from wavehouse.erasure.service import deciding, executing, requesting
from wavehouse.erasure.types import (
    Channel,
    Identifier,
    LedgerKind,
    Outcome,
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
        begun = _begun(stores, identity, email)
        if begun is None:
            raise
        return executing.run(stores, settings, identity=identity, request_id=begun)
    request_id = filed.request.erasure_request_id
    if filed.request.status == Status.RECEIVED:
        deciding.approve(stores, identity=identity, request_id=request_id, reason=_OPERATOR)
    return executing.run(stores, settings, identity=identity, request_id=request_id, now=True)


def _begun(stores: Stores, identity: Identity, email: str) -> UUID | None:
    """The unfinished request of a listener whose rows are gone."""
    identifier = Identifier(LedgerKind.EMAIL, normalised_email(email))
    with stores.listeners.worker() as tx:
        return ledger.unfinished(
            tx,
            identifier_hash=ledger_hash(stores, identifier),
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
