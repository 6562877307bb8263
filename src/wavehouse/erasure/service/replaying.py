"""Use case: repeat the erasures in the ledger after a backup was restored.

The ledger only has keyed hashes, so every identifier in the restored databases is hashed and
compared. A person who is found is erased again, under the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.adapters.classified import SubjectMap
from wavehouse.erasure.adapters.keys import KEY_VERSION, key_check, ledger_hash
from wavehouse.erasure.adapters.ledger_file import LedgerLine
from wavehouse.erasure.queries import ledger, requests
from wavehouse.erasure.rules.clocks import clocks
from wavehouse.erasure.service import executing, mapping, subjects
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    TENANTS,
    Channel,
    Identifier,
    LedgerEntry,
    Purpose,
    Replayed,
    Request,
    RequestedBy,
    Status,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DatabaseName
from wavehouse.kernel.errors import Conflict
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Stores, every_value

OnSubject = Callable[[str], None]
_CLOCK, _TENANT = "created_at", "organization_id"


@dataclass(slots=True)
class _Erased:
    """What the ledger says of one request."""

    line: LedgerLine
    hashes: set[bytes] = field(default_factory=set)


def replay(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    since: datetime | None = None,
    path: Path | None = None,
    on_subject: OnSubject = lambda _: None,
) -> Replayed:
    """Repeat the erasures in the ledger since ``since`` (default: all) whose subjects exist again.

    The hashes are also written into the restored databases, so that late data is dropped. Conflict
    when the ledger was written under another key.
    """
    lines = [
        line
        for line in ledger_file.read(path or ledger_file.ledger_path(settings.home))
        if since is None or line.at >= since
    ]
    _check_key(stores, lines)
    erased: dict[UUID, _Erased] = {}
    for line in lines:
        known = erased.setdefault(line.request_id, _Erased(line))
        known.hashes |= {value for _, value in line.hashes}
    done: list[Request] = []
    for kind in SubjectKind:
        mine = {i: e for i, e in erased.items() if e.line.subject == kind}
        if mine:
            done += _replay_kind(stores, settings, identity, kind, mine, on_subject)
    held = {r.erasure_request_id for r in done if r.status == Status.PARTIALLY_HELD}
    gone = dict.fromkeys(r.erasure_request_id for r in done if r.erasure_request_id not in held)
    return Replayed(len(lines), len(erased), tuple(gone), tuple(held))


def _check_key(stores: Stores, lines: Iterable[LedgerLine]) -> None:
    if any(line.key != key_check(stores) for line in lines):
        raise Conflict(
            "the ledger was written under another secret: nobody in it can be recognised",
            where="erasure/ledger.ndjson",
            hint="Restore the file server.secret that belongs to the ledger.",
        )


def _replay_kind(
    stores: Stores,
    settings: Settings,
    identity: Identity,
    kind: SubjectKind,
    erased: Mapping[UUID, _Erased],
    on_subject: OnSubject,
) -> list[Request]:
    """The requests as they ended; several for one id for a buyer with several orders."""
    smap = mapping.subject_map(stores, kind)
    root = ROOT[kind]
    with database_of(stores, root).worker() as tx:
        for request_id, each in erased.items():
            ledger.write(
                tx,
                entries=[
                    LedgerEntry(value, request_id, name, KEY_VERSION, "erased", each.line.at)
                    for name, value in each.line.hashes
                ],
            )
    matches: dict[UUID, dict[str, None]] = {}
    for request_id, key in _present(stores, smap, erased):
        matches.setdefault(request_id, {})[key] = None
    ended: list[Request] = []
    for request_id, keys in matches.items():
        on_subject(f"{kind} {request_id}")
        for key in keys:  # several for a buyer, whose orders need not refer to each other
            if subjects.exists(
                stores, smap, key=key, organization=erased[request_id].line.organization
            ):
                line = erased[request_id].line
                ended.append(_again(stores, settings, identity, kind, line, key))
    return ended


def _present(
    stores: Stores, smap: SubjectMap, erased: Mapping[UUID, _Erased]
) -> Iterator[tuple[UUID, str]]:
    """The erased subjects that are stored again, by the hash of their identifiers.

    A person who signed up again after the erasure has a younger row, and is somebody new.
    """
    by_hash = {value: request_id for request_id, each in erased.items() for value in each.hashes}
    latest = max(each.line.at for each in erased.values())
    for store, table, column, key, name in _columns(smap):
        timed = _CLOCK if _CLOCK in smap.columns.by_table[f"{store}.{table}"] else ""
        kind = subjects.kind_of(smap, name)
        with database_of(stores, store).worker() as tx:
            for value, owner, tenant in every_value(
                tx,
                table,
                column,
                key=key,
                tenant=_TENANT if smap.kind in TENANTS else "",
                before=latest if timed else None,
                clock=timed,
            ):
                request_id = _known(stores, erased, by_hash, Identifier(kind, value), tenant)
                if request_id is not None:
                    yield request_id, subjects.key_of(smap, name, value, owner)


def _known(
    stores: Stores,
    erased: Mapping[UUID, _Erased],
    by_hash: Mapping[bytes, UUID],
    identifier: Identifier,
    tenant: UUID | None,
) -> UUID | None:
    """The request that erased an identifier; an organization's ids are known to it alone."""
    request_id = by_hash.get(ledger_hash(stores, identifier, tenant=tenant))
    if request_id is None and tenant is not None:  # version 1 of the ledger's hashes
        earlier = by_hash.get(ledger_hash(stores, identifier, tenant=None))
        if earlier is not None and erased[earlier].line.organization == tenant:
            return earlier
    return request_id


def _columns(smap: SubjectMap) -> Iterator[tuple[DatabaseName, str, str, str, str]]:
    """The columns that identify a subject: those of the root's table; for buyers all."""
    for name, identifier in smap.identifiers.items():
        if identifier.prefix:
            continue
        store, table, column = smap.column_of(name)
        if smap.kind is SubjectKind.BUYER:
            if name in ("user_id", "order_id"):
                yield store, table, column, column, name
        elif table == smap.root_table:
            yield store, table, column, smap.root_column, name


def _again(
    stores: Stores,
    settings: Settings,
    identity: Identity,
    kind: SubjectKind,
    line: LedgerLine,
    key: str,
) -> Request:
    """Carry out a request from the start: what the restored databases say of it is older."""
    organization = line.organization or identity.organization_id
    with database_of(stores, ROOT[kind]).worker() as tx:
        requests.forget_requests(tx, request_id=line.request_id)
        due = clocks(line.at, "UTC")
        at = clock.now()
        requests.insert_request(
            tx,
            values={
                "erasure_request_id": line.request_id,
                "organization_id": organization,
                "purpose": Purpose.ERASURE.value,
                "subject_kind": kind.value,
                "subject_id": key,
                "requested_by": RequestedBy.ADMINISTRATOR.value,
                "channel": Channel.ADMINISTRATOR.value,
                "status": Status.VERIFIED.value,
                "undo_days": 0,
                "filed_by": None,
                "received_at": line.at,
                "verified_at": line.at,
                "due_gdpr_at": due.gdpr_at,
                "due_ccpa_at": due.ccpa_at,
                "due_acknowledgement_at": due.acknowledge_at,
                "acknowledged_at": at,
                "link_hash": None,
                "link_expires_at": None,
            },
        )
    for name in ("operational", "learning", "listeners"):
        if name != ROOT[kind]:
            with getattr(stores, name).worker() as tx:
                requests.forget_requests(tx, request_id=line.request_id)
    acting = Identity(OrganizationId(organization), identity.user_id, identity.name, identity.role)
    outcome = executing.run(stores, settings, identity=acting, request_id=line.request_id)
    return outcome.request
