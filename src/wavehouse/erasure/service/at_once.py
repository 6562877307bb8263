"""Use cases: a whole erasure in one call, for a listener's own page and for the operator."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.erasure.service import deciding, executing, requesting
from wavehouse.erasure.types import Channel, Outcome, Status, SubjectKind
from wavehouse.kernel.config import Settings
from wavehouse.store import Stores

_OPERATOR = "erased at once by the operator"


def erase_listener(
    stores: Stores, settings: Settings, *, identity: Identity, email: str
) -> Outcome:
    """File, approve and carry out the erasure of a listener (P37).

    Refused, with the request left open, when another administrator must approve. NotFound for an
    unknown address.
    """
    filed = requesting.file(
        stores,
        settings,
        identity=identity,
        wanted=requesting.Wanted(SubjectKind.LISTENER, email),
        undo_days=0,
    )
    request_id = filed.request.erasure_request_id
    if filed.request.status == Status.RECEIVED:
        deciding.approve(stores, identity=identity, request_id=request_id, reason=_OPERATOR)
    return executing.run(stores, settings, identity=identity, request_id=request_id, now=True)


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
