"""Use cases of requests: file one, confirm it by a link, list, show, extend."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import Access, Identity, Role, ensure_organization, require, user_actor
from wavehouse.erasure.adapters.keys import ledger_hash
from wavehouse.erasure.queries import ledger
from wavehouse.erasure.queries import requests as queries
from wavehouse.erasure.queries import steps as step_queries
from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.rules.clocks import UNDO_DAYS, clocks
from wavehouse.erasure.service import hiding, mapping, subjects
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    TENANTS,
    Channel,
    Done,
    Identifier,
    Purpose,
    Request,
    RequestedBy,
    Status,
    SubjectKind,
)
from wavehouse.kernel import clock, words
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Refused
from wavehouse.store import Stores

LINK_LIFETIME = timedelta(hours=24)
_TOKEN_BYTES = 32
_LIST = "wavehouse erasure list"
KINDS_BY_DATABASE = tuple(dict.fromkeys(ROOT.values()))
"""The databases that hold requests."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The subject of a request: its kind and one of its identifiers."""

    kind: SubjectKind
    value: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A request, whether it is new, and the token of its link if it needs one."""

    request: Request
    is_new: bool
    token: str = ""


def file(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    wanted: Wanted,
    purpose: Purpose = Purpose.ERASURE,
    channel: Channel = Channel.ADMINISTRATOR,
    undo_days: int | None = None,
) -> Filed:
    """File a request about a subject. An open one for the same purpose is returned instead.

    The subject's own requests (by session, by link, or by the organization's program with its key)
    need no second person; an administrator's waits for another. NotFound for an unknown subject,
    InvalidInput for an invalid undo period, Conflict for the installation's own organization.
    """
    days = settings["erasure_undo_days"] if undo_days is None else undo_days
    if days not in UNDO_DAYS:
        raise InvalidInput("the undo period must be 0 to 7 days", where="undo_days")
    smap = mapping.subject_map(stores, wanted.kind)
    tenant = identity.organization_id if wanted.kind in TENANTS else None
    by = wanted.by or subjects.DEFAULT[wanted.kind]
    key = subjects.find(stores, smap, by=by, value=wanted.value, organization=tenant)
    _check_reach(stores, identity, wanted.kind, key)
    if wanted.kind is SubjectKind.ORGANIZATION and purpose is Purpose.ERASURE:
        _check_not_home(stores, settings, key)
    by_subject = channel is not Channel.ADMINISTRATOR
    token = secrets.token_urlsafe(_TOKEN_BYTES) if channel is Channel.SIGNED_LINK else ""
    with database_of(stores, ROOT[wanted.kind]).worker() as tx:
        filed = _stored(
            tx,
            identity,
            wanted.kind,
            key,
            purpose,
            channel,
            days,
            by_subject=by_subject,
            token=token,
        )
    if filed.is_new:
        _audit(stores, identity, "filed", filed.request)
        if purpose is Purpose.ERASURE and filed.request.status == Status.VERIFIED:
            return Filed(begin_undo(stores, identity=identity, request=filed.request), True)
    return filed


def _check_reach(stores: Stores, identity: Identity, kind: SubjectKind, key: str) -> None:
    """An administrator reaches only the own organization and the people whose home it is."""
    if kind is SubjectKind.ORGANIZATION and key != str(identity.organization_id):
        raise NotFound("there is no organization with this slug")
    if kind is SubjectKind.CREATOR:
        with stores.operational.worker() as tx:
            hiding.check_creator(tx, identity=identity, user_id=UUID(key))


def _check_not_home(stores: Stores, settings: Settings, key: str) -> None:
    with stores.operational.worker() as tx:
        home, _ = ensure_organization(tx, name=settings["organization"])
    if key == str(home.organization_id):
        raise Conflict(
            "this is the installation's own organization",
            hint="Its administrators run the installation. To remove everything, stop the server "
            "and delete the home folder with its backups.",
        )


def _stored(
    tx: AnyTx,
    identity: Identity,
    kind: SubjectKind,
    key: str,
    purpose: Purpose,
    channel: Channel,
    days: int,
    *,
    by_subject: bool,
    token: str,
) -> Filed:
    at = clock.now()
    due = clocks(at, "UTC")
    status = {
        Channel.SESSION: Status.VERIFIED,
        Channel.API: Status.VERIFIED,
        Channel.SIGNED_LINK: Status.IDENTITY_PENDING,
    }
    is_shown = channel in (Channel.SESSION, Channel.API)
    request_id = queries.insert_request(
        tx,
        values={
            "erasure_request_id": None,
            "organization_id": identity.organization_id,
            "purpose": purpose.value,
            "subject_kind": kind.value,
            "subject_id": key,
            "requested_by": (
                RequestedBy.SUBJECT if by_subject else RequestedBy.ADMINISTRATOR
            ).value,
            "channel": channel.value,
            "status": status.get(channel, Status.RECEIVED).value,
            "undo_days": days,
            "filed_by": None if by_subject else identity.user_id,
            "received_at": at,
            "verified_at": at if is_shown else None,
            "due_gdpr_at": due.gdpr_at,
            "due_ccpa_at": due.ccpa_at,
            "due_acknowledgement_at": due.acknowledge_at,
            "acknowledged_at": at,
            "link_hash": link_hash(token) if token else None,
            "link_expires_at": at + LINK_LIFETIME if token else None,
        },
    )
    if request_id is not None:
        return Filed(_one(tx, request_id), True, token)
    known = queries.open_request(
        tx,
        purpose=purpose.value,
        kind=kind.value,
        subject_id=key,
        organization_id=identity.organization_id,
    )
    if known is None:
        raise Conflict("the request has just ended", hint="File it again.", command=_LIST)
    renewed = bool(token) and queries.renew_link(
        tx, request_id=known, link_hash=link_hash(token), expires_at=at + LINK_LIFETIME
    )
    request = _one(tx, known)
    if is_shown and request.status in (Status.RECEIVED, Status.IDENTITY_PENDING):
        queries.set_status(
            tx, request_id=known, before=request.status, after=Status.VERIFIED, verified_at=at
        )
        return Filed(_one(tx, known), True)
    return Filed(request, False, token if renewed else "")


def link_hash(token: str) -> bytes:
    """SHA-256 of a link's token, as stored."""
    return hashlib.sha256(token.encode()).digest()


def confirm(stores: Stores, *, identity: Identity, token: str) -> Request:
    """Redeem the link of a request, which proves access to the mailbox. Once, within 24 hours.

    NotSignedIn, the same for a link that is unknown, used or expired.
    """
    at = clock.now()
    for name in KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            request_id = queries.by_link(tx, link_hash=link_hash(token), at=at)
            if request_id is None:
                continue
            queries.set_status(
                tx,
                request_id=request_id,
                before=Status.IDENTITY_PENDING,
                after=Status.VERIFIED,
                verified_at=at,
            )
            request = _one(tx, request_id)
        _audit(stores, identity, "confirmed", request)
        if request.purpose == Purpose.ERASURE:
            return begin_undo(stores, identity=identity, request=request)
        return request
    raise NotSignedIn(
        "invalid link: it was used, has expired, or does not exist", hint="Request a new one."
    )


def begin_undo(stores: Stores, *, identity: Identity, request: Request) -> Request:
    """Hide the subject during the undo period; without one, nothing changes yet.

    Hiding is not erasure and is never reported as such.
    """
    if not request.undo_days or request.subject_id is None:
        return request
    at = clock.now()
    kind = SubjectKind(request.subject_kind)
    with database_of(stores, ROOT[kind]).worker() as tx:
        queries.set_status(
            tx,
            request_id=request.erasure_request_id,
            before=Status.VERIFIED,
            after=Status.SOFT_DELETED,
            grace_until=at + timedelta(days=request.undo_days),
        )
        changed = _one(tx, request.erasure_request_id)
    hiding.hide(stores, identity=identity, kind=kind, key=request.subject_id, at=at)
    return changed


def show(
    stores: Stores, *, identity: Identity, request_id: UUID
) -> tuple[Request, tuple[Done, ...]]:
    """A request and its recorded steps. NotFound when it belongs to another organization."""
    require(identity.role, Access.ADMIN)
    request = get(stores, identity=identity, request_id=request_id)
    done: list[Done] = []
    for name in KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            done += step_queries.done(tx, request_id=request_id)
    return request, tuple(sorted(done, key=lambda each: (each.position, each.store)))


def get(stores: Stores, *, identity: Identity, request_id: UUID) -> Request:
    """A request of the organization. NotFound for any other."""
    with locked(stores, identity=identity, request_id=request_id) as (_, request):
        return request


@contextmanager
def locked(
    stores: Stores, *, identity: Identity, request_id: UUID
) -> Iterator[tuple[AnyTx, Request]]:
    """A request, locked, with a transaction of its database.

    NotFound when it belongs to another organization.
    """
    for name in KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            request = queries.request(tx, request_id=request_id, lock=True)
            if request is not None and request.organization_id == identity.organization_id:
                yield tx, request
                return
    raise NotFound("there is no such request", command=_LIST)


def listed(stores: Stores, *, identity: Identity, limit: int = 100) -> list[Request]:
    """The organization's requests: open ones first, by their deadline."""
    require(identity.role, Access.ADMIN)
    rows: list[Request] = []
    for name in KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            rows += queries.listed(tx, organization_id=identity.organization_id, limit=limit)
    rows.sort(key=lambda each: each.received_at, reverse=True)
    waiting = sorted((each for each in rows if each.is_open), key=lambda each: each.due_at)
    return [*waiting, *(each for each in rows if not each.is_open)][:limit]


def extend(stores: Stores, *, identity: Identity, request_id: UUID) -> Request:
    """Extend the deadlines: two months and 45 days, once, after notice to the subject.

    Conflict when it was already extended, or has ended.
    """
    require_admin(identity)
    at = clock.now()
    with locked(stores, identity=identity, request_id=request_id) as (tx, request):
        later = clocks(request.received_at, "UTC", extended=True)
        if not queries.extend(
            tx, request_id=request_id, gdpr_at=later.gdpr_at, ccpa_at=later.ccpa_at, at=at
        ):
            raise Conflict("the deadlines were already extended, or the request has ended")
        changed = _one(tx, request_id)
    _audit(stores, identity, "extended", changed)
    return changed


def hold(
    stores: Stores, *, identity: Identity, wanted: Wanted, reason: str, until: datetime
) -> UUID:
    """Put a legal hold on a person: until it ends, erasures remove nothing (RT5).

    InvalidInput without a reason, or for an end that is not in the future.
    """
    require_admin(identity)
    if not words.line(reason):
        raise InvalidInput("a legal hold needs a reason", where="reason")
    if until <= clock.now():
        raise InvalidInput("the end of a legal hold must be in the future", where="until")
    smap = mapping.subject_map(stores, wanted.kind)
    tenant = identity.organization_id if wanted.kind in TENANTS else None
    by = wanted.by or subjects.DEFAULT[wanted.kind]
    key = subjects.find(stores, smap, by=by, value=wanted.value, organization=tenant)
    name, value = subjects.named_by(smap, key)
    held = Identifier(subjects.kind_of(smap, name), value)
    with database_of(stores, ROOT[wanted.kind]).worker() as tx:
        hold_id = ledger.put_subject_hold(
            tx,
            subject_hash=ledger_hash(stores, held, tenant=tenant),
            reason=words.line(reason),
            ordered_by=identity.name,
            at=clock.now(),
            until=until,
        )
    with stores.operational.worker() as operational:
        audit.record(
            operational,
            actor=user_actor(identity),
            action="legal_hold.ordered",
            resource=("legal hold", hold_id),
            organization_id=identity.organization_id,
            metadata={"subject_kind": wanted.kind.value},
        )
    return hold_id


def require_admin(identity: Identity) -> None:
    """Refused for anybody but an administrator."""
    if identity.role != Role.ADMIN:
        raise Refused("only administrators decide on requests")


def _one(tx: AnyTx, request_id: UUID) -> Request:
    request = queries.request(tx, request_id=request_id)
    if request is None:
        raise NotFound("there is no such request", command=_LIST)
    return request


def _audit(stores: Stores, identity: Identity, verb: str, request: Request) -> None:
    """Record a change of a request, by its id only."""
    note_many(stores, verb, [request], identity=identity)


def note_many(stores: Stores, verb: str, changed: Sequence[Request], *, identity: Identity) -> None:
    """Record the same change of several requests, each by its id only."""
    with stores.operational.worker() as tx:
        for request in changed:
            audit.record(
                tx,
                actor=user_actor(identity),
                action=f"{request.purpose}_request.{verb}",
                resource=("erasure request", request.erasure_request_id),
                organization_id=identity.organization_id,
                metadata={"subject_kind": request.subject_kind, "status": request.status},
            )


note = _audit
"""Record a change of a request in the audit log."""
