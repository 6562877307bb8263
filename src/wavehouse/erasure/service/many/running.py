"""Use case: carry out many requests in one pass, so that one that fails holds up no other.

Requests of one kind and organization whose plans have the same steps share statements. Whatever
cannot be shared, and whoever is involved in a failure, is carried out alone: creators and whole
organizations always, and organizations last, as their members' requests end with them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import psycopg

from wavehouse.accounts import Identity
from wavehouse.erasure.queries import hidden, requests
from wavehouse.erasure.rules import states
from wavehouse.erasure.rules.planning import as_json
from wavehouse.erasure.service import executing, requesting
from wavehouse.erasure.service.certifying import certificate
from wavehouse.erasure.service.many.certifying import finish
from wavehouse.erasure.service.many.planning import Working, plans_of
from wavehouse.erasure.service.many.steps import carry_out, write_ledger
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    Outcome,
    Purpose,
    Request,
    Status,
    Stopped,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import DiskFull, Unreachable, WavehouseError
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Stores

_log = logging.getLogger("wavehouse.erasure")
OnStep = Callable[[str], None]
SHARED = (SubjectKind.LISTENER, SubjectKind.LEARNER, SubjectKind.BUYER)
"""Kinds of people whose erasures share statements; of others there are few."""
MOST_AT_ONCE, _MOST_TOGETHER = 1_000, 250
"""Requests that are planned and verified together; those whose rows are changed together."""
_ONE = (WavehouseError, psycopg.Error, LookupError, ValueError, OSError, RuntimeError)
"""What stops one request, or those that share its statements."""
_WHOLE = (Unreachable, DiskFull)
"""What stops everything: it would stop everybody one by one."""


def run_waiting(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    everywhere: bool = False,
    without: Collection[UUID] = (),
    on_step: OnStep = lambda _: None,
) -> tuple[list[Outcome], list[Stopped]]:
    """Carry out the requests whose time has come: of the organization, or ``everywhere`` of all.

    Those in ``without`` are left for another time.
    """
    by_organization: dict[OrganizationId, list[UUID]] = {}
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            ids = [key for key in requests.waiting(tx, at=clock.now()) if key not in without]
            for each in requests.requests(tx, request_ids=ids):
                if each.organization_id is not None:
                    owner = OrganizationId(each.organization_id)
                    by_organization.setdefault(owner, []).append(each.erasure_request_id)
    outcomes: list[Outcome] = []
    stopped: list[Stopped] = []
    for organization, ids in by_organization.items():
        if everywhere or organization == identity.organization_id:
            done, failed = run_many(
                stores,
                settings,
                identity=replace(identity, organization_id=organization),
                request_ids=ids,
                on_step=on_step,
            )
            outcomes += done
            stopped += failed
    return outcomes, stopped


def run_many(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    request_ids: Sequence[UUID],
    now: bool = False,
    on_step: OnStep = lambda _: None,
) -> tuple[list[Outcome], list[Stopped]]:
    """Carry out approved requests, or resume stopped ones, as ``executing.run`` does for each.

    Returns the ended ones, and those that stopped with the reason. ``now`` as there. Unreachable
    and DiskFull, which stop everything, are raised; a later run resumes.
    """
    outcomes: list[Outcome] = []
    stopped: list[Stopped] = []
    ids = list(dict.fromkeys(request_ids))
    for first in range(0, len(ids), MOST_AT_ONCE):
        part = ids[first : first + MOST_AT_ONCE]
        shared, alone, last = _shared(stores, identity, part)
        for listed in shared:
            done, failed, left = _together(stores, settings, identity, listed, now, on_step)
            outcomes += done
            stopped += failed
            alone += left
        for request_id in [*alone, *last]:
            ended = _alone(stores, settings, identity, request_id, now, on_step)
            if isinstance(ended, Stopped):
                stopped.append(ended)
            else:
                outcomes.append(ended)
    return outcomes, stopped


def _alone(
    stores: Stores,
    settings: Settings,
    identity: Identity,
    request_id: UUID,
    now: bool,
    on_step: OnStep,
) -> Outcome | Stopped:
    """Carry out one request; whatever stops it, but not everybody, is its reason."""
    try:
        return executing.run(
            stores,
            settings,
            identity=identity,
            request_id=request_id,
            now=now,
            on_step=on_step,
        )
    except WavehouseError as error:
        if isinstance(error, _WHOLE):
            raise
        return Stopped(request_id, error.message)
    except _ONE as error:
        if _stops_everything(error):
            raise
        _log.exception("Erasure %s stopped", request_id)
        return Stopped(request_id, f"unexpected error: {type(error).__name__}")


def _shared(
    stores: Stores, identity: Identity, ids: Sequence[UUID]
) -> tuple[list[list[UUID]], list[UUID], list[UUID]]:
    """The requests that share statements, by kind; the others, unknown ones too; organizations."""
    organizations: set[UUID] = set()
    by_kind: dict[SubjectKind, list[UUID]] = {}
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            for each in requests.requests(tx, request_ids=ids):
                kind = SubjectKind(each.subject_kind)
                if kind is SubjectKind.ORGANIZATION:
                    organizations.add(each.erasure_request_id)
                if kind in SHARED and each.organization_id == identity.organization_id:
                    by_kind.setdefault(kind, []).append(each.erasure_request_id)
    shared = [listed for listed in by_kind.values() if len(listed) > 1]
    apart = {request_id for listed in shared for request_id in listed} | organizations
    alone = [request_id for request_id in ids if request_id not in apart]
    return shared, alone, [request_id for request_id in ids if request_id in organizations]


def _together(
    stores: Stores,
    settings: Settings,
    identity: Identity,
    ids: Sequence[UUID],
    now: bool,
    on_step: OnStep,
) -> tuple[list[Outcome], list[Stopped], list[UUID]]:
    """Requests of one kind: those that ended, that stopped, and that must be run alone.

    Those that may not begin are run alone, too: that run says why.
    """
    begun, alone = _begun(stores, ids, now=now)
    if not begun:
        return [], [], alone
    try:
        planned = plans_of(stores, identity=identity, wanted=begun)
    except _WHOLE:
        raise
    except (WavehouseError, psycopg.Error):
        return [], [], [*alone, *(each.erasure_request_id for each in begun)]
    works, other = _checked(stores, identity, planned)
    known = {work.key for work in works}
    alone += [each.erasure_request_id for each in begun if each.erasure_request_id not in known]
    alone += [key for key in other if key not in alone]
    ready: list[Working] = []
    for listed in _with_same_steps(works):
        try:
            write_ledger(stores, settings, listed)
            carry_out(stores, settings, listed, on_step)
            ready += listed
        except _ONE as error:
            if _stops_everything(error):
                raise
            alone += [work.key for work in listed]
    if not ready:
        return [], [], alone
    try:
        outcomes, stopped = finish(
            stores, settings, identity=identity, works=ready, on_step=on_step
        )
    except _ONE as error:
        if _stops_everything(error):
            raise
        outcomes, left = _after_a_failure(stores, identity, ready)
        return outcomes, [], [*alone, *left]
    return outcomes, stopped, alone


def _after_a_failure(
    stores: Stores, identity: Identity, works: Sequence[Working]
) -> tuple[list[Outcome], list[UUID]]:
    """Those whose certificate was signed before the pass failed, and the ids of the others."""
    outcomes: list[Outcome] = []
    left: list[UUID] = []
    for work in works:
        request, done = requesting.show(stores, identity=identity, request_id=work.key)
        if request.is_open:
            left.append(work.key)
        else:
            document = certificate(stores, identity=identity, request_id=work.key)
            outcomes.append(Outcome(request, work.planned.plan, done, document))
    return outcomes, left


def _stops_everything(error: Exception) -> bool:
    """Whether the next request would stop, too: the server is gone, or the disk is full."""
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
    return isinstance(error, _WHOLE)


def _begun(stores: Stores, ids: Sequence[UUID], *, now: bool) -> tuple[list[Request], list[UUID]]:
    """The requests that begin or resume, and hidden people; the ids of those that may not."""
    at = clock.now()
    begun: list[Request] = []
    refused: list[UUID] = []
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            known = requests.requests(tx, request_ids=ids, lock=True)
            may = [each for each in known if _may_begin(each, now=now)]
            refused += [each.erasure_request_id for each in known if each not in may]
            new = [r for r in may if r.status not in (Status.EXECUTING, Status.VERIFYING)]
            requests.set_status_of_many(
                tx,
                request_ids=[each.erasure_request_id for each in new],
                before=list({each.status for each in new}),
                after=Status.EXECUTING.value,
            )
            begun += requests.requests(tx, request_ids=[r.erasure_request_id for r in may])
    people = [
        UUID(each.subject_id)
        for each in begun
        if each.subject_kind == SubjectKind.LISTENER and each.subject_id
    ]
    # Hidden first, so that the erased people cannot sign in and write meanwhile.
    with stores.listeners.worker() as listeners:
        hidden.hide_listeners(listeners, listener_ids=people, at=at)
    return begun, refused


def _may_begin(request: Request, *, now: bool) -> bool:
    if request.purpose != Purpose.ERASURE:
        return False
    if request.status in (Status.EXECUTING, Status.VERIFYING):
        return True
    until = request.grace_until if request.status == Status.SOFT_DELETED else None
    if until is not None and not now and until > clock.now():
        return False
    return Status.EXECUTING in states.NEXT[Status(request.status)]


def _checked(
    stores: Stores, identity: Identity, works: Sequence[Working]
) -> tuple[list[Working], list[UUID]]:
    """Those whose plan is the frozen one, or was not frozen yet; the ids of the others.

    Plans that are computed now for the first time are frozen.
    """
    same, other, new = [], [], []
    for work in works:
        frozen = work.request.plan_digest
        if frozen is None:
            new.append(work)
        if frozen is None or frozen.hex() == work.planned.plan.digest:
            same.append(work)
        else:
            other.append(work.key)
    if new:
        with database_of(stores, ROOT[SubjectKind(new[0].request.subject_kind)]).worker() as tx:
            requests.freeze_many(
                tx,
                plans=[
                    {
                        "request_id": work.key,
                        "digest": work.planned.plan.digest,
                        "policy_version": work.planned.plan.policy_version,
                        "steps": [as_json(step) for step in work.planned.plan.steps],
                    }
                    for work in new
                ],
            )
        requesting.note_many(stores, "planned", [work.request for work in new], identity=identity)
    return same, other


def _with_same_steps(works: Sequence[Working]) -> Iterator[list[Working]]:
    """Groups whose plans have the same digest, and so the same steps and holds."""
    by_digest: dict[str, list[Working]] = {}
    for work in works:
        by_digest.setdefault(work.planned.plan.digest, []).append(work)
    for listed in by_digest.values():
        for first in range(0, len(listed), _MOST_TOGETHER):
            yield listed[first : first + _MOST_TOGETHER]
