"""Use case: a copy of a person's data as one archive, found in the same ways as for erasure.

Rows are found by the paths of the classification, which lead to the person's own key; values that
several people share are not used. Secrets (hashes of tokens and passwords) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.erasure.adapters.archive import Archived, archive_of
from wavehouse.erasure.queries import requests as queries
from wavehouse.erasure.rules import states
from wavehouse.erasure.service import mapping, requesting, subjects
from wavehouse.erasure.service.planning import tenant_of
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import ROOT, Channel, Purpose, Request, Status, SubjectKind
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Stores, stream_rows

MOST_ROWS = 1_000_000
"""Rows of one table in an archive; a larger one is refused rather than cut."""
_SECRET = ("hash", "secret", "public_key", "credential_id", "link", "sealed")
_OWN = "governance.erasure_requests"


@dataclass(frozen=True, slots=True)
class Exported:
    """An archive, as a ZIP file, with its rows by table."""

    content: bytes
    rows: dict[str, int]


def export(stores: Stores, settings: Settings, *, identity: Identity, request_id: UUID) -> Exported:
    """The archive of an approved access request, which this completes.

    Conflict for a request that is not approved, or not for access.
    """
    request = requesting.get(stores, identity=identity, request_id=request_id)
    if request.purpose != Purpose.ACCESS:
        raise Conflict("this is not a request for access", command="wavehouse erasure list")
    if request.subject_id is None:
        raise Conflict(f"the request has ended: it is {request.status}")
    if request.status not in (Status.VERIFIED, Status.EXECUTING):
        states.check_change(request.status, Status.EXECUTING)
    made = _collected(stores, settings, request, request.subject_id)
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        queries.complete(
            tx,
            request_id=request_id,
            status=Status.COMPLETED.value,
            certificate=None,
            at=clock.now(),
        )
    with stores.operational.worker() as operational:
        audit.record(
            operational,
            actor=user_actor(identity),
            action="access_request.exported",
            resource=("erasure request", request_id),
            organization_id=identity.organization_id,
            metadata={"subject_kind": request.subject_kind, "rows": sum(made.rows.values())},
        )
    return made


def export_oneself(
    stores: Stores, settings: Settings, *, identity: Identity, email: str
) -> Exported:
    """The archive that a signed-in listener requests, at once; ``identity`` as in erasures."""
    filed = requesting.file(
        stores,
        settings,
        identity=identity,
        wanted=requesting.Wanted(SubjectKind.LISTENER, email),
        purpose=Purpose.ACCESS,
        channel=Channel.SESSION,
    )
    request_id = filed.request.erasure_request_id
    return export(stores, settings, identity=identity, request_id=request_id)


def _collected(stores: Stores, settings: Settings, request: Request, key: str) -> Exported:
    smap = mapping.subject_map(stores, SubjectKind(request.subject_kind))
    organization = tenant_of(request)
    values = subjects.known_values(stores, smap, key=key, organization=organization)
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in DATABASES:
        ways = [way for way in smap.ways if way.store == name and way.table != _OWN]
        if not ways:
            continue
        with database_of(stores, name).worker(snapshot=True) as tx:
            for way in ways:
                rows = smap.selection((way.store, way.table, way.number), values, organization)
                if rows.is_empty:
                    continue
                listed = tables.setdefault(f"{name}.{way.table}", [])
                for row in stream_rows(tx, rows):
                    plain = {k: v for k, v in row.items() if not _is_secret(k)}
                    if plain not in listed[-100:]:
                        listed.append(plain)
                    if len(listed) > MOST_ROWS:
                        raise Conflict(
                            f"{name}.{way.table} has more than {MOST_ROWS:,} rows of this subject",
                            hint="Export the table with COPY.",
                        )
    head = Archived(
        subject=request.subject_kind,
        request=str(request.erasure_request_id),
        issued_by=settings["organization"],
        made_at=clock.now(),
        tables={table: rows for table, rows in sorted(tables.items()) if rows},
        categories={
            table: smap.categories(table) for table, rows in sorted(tables.items()) if rows
        },
    )
    return Exported(archive_of(head), {t: len(rows) for t, rows in head.tables.items()})


def _is_secret(column: str) -> bool:
    return any(word in column for word in _SECRET)
