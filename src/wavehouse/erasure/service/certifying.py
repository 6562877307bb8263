"""Use cases: verify an erasure, issue the signed certificate, check a certificate."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from wavehouse import __version__, audit, measurement
from wavehouse.accounts import Identity, user_actor
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.adapters.backup_dates import held_backups
from wavehouse.erasure.adapters.certificate_pdf import pdf
from wavehouse.erasure.adapters.keys import is_signed, key_check, ledger_hash, sign, signing_key
from wavehouse.erasure.queries import ledger, requests
from wavehouse.erasure.rules import certificates as rules
from wavehouse.erasure.service import requesting, verifying
from wavehouse.erasure.service.planning import Planned
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import ROOT, Level, Outcome, Request, Status, SubjectKind
from wavehouse.kernel import clock, files
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.store import Stores

OnStep = Callable[[str], None]


def finish(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    request: Request,
    planned: Planned,
    sealed: measurement.LeftOut | None = None,
    on_step: OnStep = lambda _: None,
) -> Outcome:
    """Verify at the levels that the setting names, sign the certificate, and end the request.

    Conflict when something was found: the request then has the status ``failed``, and the next run
    removes the rest.
    """
    request_id = request.erasure_request_id
    root = database_of(stores, ROOT[SubjectKind(request.subject_kind)])
    with root.worker() as tx:
        requests.set_status(
            tx, request_id=request_id, before=Status.EXECUTING, after=Status.VERIFYING
        )
        requests.release_subject(tx, request_id=request_id)
    levels = _levels(stores, settings, planned, on_step)
    residue = [finding for level in levels for finding in level.findings if not finding.basis]
    if residue:
        _fail(stores, request, residue[0].where)
    status = Status.PARTIALLY_HELD if planned.plan.held else Status.COMPLETED
    _, done = requesting.show(stores, identity=identity, request_id=request_id)
    at = clock.now()
    content = rules.certificate(
        request,
        planned.plan,
        done,
        levels,
        status=status.value,
        at=at,
        backups=held_backups(settings, at=at),
        sealed=sealed,
        organization=settings["organization"],
        software=f"wavehouse {__version__}",
    )
    document = signed(settings, content)
    with root.worker() as tx:
        earlier = _certified_meanwhile(tx, request_id)
        if earlier is not None:
            return Outcome(earlier[0], planned.plan, done, earlier[1])
        requests.complete(
            tx, request_id=request_id, status=status.value, certificate=document, at=at
        )
        erased = "held" if planned.plan.held else "erased"
        ledger.set_status(tx, request_id=request_id, status=erased)
    _close_ledger(stores, settings, request, planned)
    _audit(stores, identity, request, status)
    ended = requesting.get(stores, identity=identity, request_id=request_id)
    return Outcome(ended, planned.plan, done, document)


def _certified_meanwhile(
    tx: requests.AnyTx, request_id: UUID
) -> tuple[Request, dict[str, Any]] | None:
    """The request and its certificate when another run of it was faster: there is only one."""
    current = requests.request(tx, request_id=request_id, lock=True)
    if current is None or current.is_open:
        return None
    return current, requests.certificate(tx, request_id=request_id) or {}


def _levels(
    stores: Stores, settings: Settings, planned: Planned, on_step: OnStep
) -> tuple[Level, ...]:
    on_step("verification: typed")
    levels = [verifying.typed(stores, planned)]
    if settings["erasure_verification"] != "typed":
        on_step("verification: paranoid")
        levels.append(verifying.paranoid(stores, planned))
        levels.append(verifying.files(settings, planned))
    if settings["erasure_verification"] == "deep":
        on_step("verification: deep")
        levels.append(verifying.deep(stores, planned, last=_LAST, before=levels))
    return tuple(levels)


_LAST = (
    "listeners.governance.erasure_requests",
    "learning.governance.erasure_requests",
    "operational.governance.erasure_requests",
)
"""Tables of this context that held the subject's id while the request was open."""


def last_by_database() -> dict[DatabaseName, set[str]]:
    """``_LAST`` by database: tables to rewrite at the end."""
    return {
        name: {each.partition(".")[2] for each in _LAST if each.startswith(f"{name}.")}
        for name in DATABASES
    }


def _fail(stores: Stores, request: Request, where: str) -> None:
    failure = f"an identifier was found in {where}"
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        requests.set_status(
            tx,
            request_id=request.erasure_request_id,
            before=Status.VERIFYING,
            after=Status.FAILED,
            failure=failure,
        )
    raise Conflict(
        failure,
        hint="No certificate was issued. Rows may have been written in the meantime: run it again.",
        command=f"wavehouse erasure run {request.erasure_request_id}",
    )


def _close_ledger(stores: Stores, settings: Settings, request: Request, planned: Planned) -> None:
    ledger_file.append(
        settings.home,
        ledger_file.LedgerLine(
            clock.now(),
            request.erasure_request_id,
            request.subject_kind,
            "done",
            key_check(stores),
            request.organization_id,
            tuple(
                (each.kind.value, ledger_hash(stores, each, tenant=planned.tenant))
                for each in planned.identifiers
            ),
        ),
    )


def _audit(stores: Stores, identity: Identity, request: Request, status: Status) -> None:
    with stores.operational.worker() as tx:
        audit.record(
            tx,
            actor=user_actor(identity),
            action="erasure_request.completed",
            resource=("erasure request", request.erasure_request_id),
            organization_id=identity.organization_id,
            metadata={"subject_kind": request.subject_kind, "status": status.value},
        )


def signed(settings: Settings, content: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate with its signature (Ed25519 over the canonical JSON of the content)."""
    return signer(settings)(content)


def signer(settings: Settings) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function that signs certificates; the key is read once."""
    own = signing_key(settings.home)

    def sign_one(content: Mapping[str, Any]) -> dict[str, Any]:
        value, key = sign(own, rules.canonical(content))
        return {**content, "signature": {"algorithm": "Ed25519", "key": key, "value": value}}

    return sign_one


def certificate(stores: Stores, *, identity: Identity, request_id: UUID) -> dict[str, Any]:
    """The certificate of a request that has ended. NotFound without one."""
    request = requesting.get(stores, identity=identity, request_id=request_id)
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        document = requests.certificate(tx, request_id=request_id)
    if document is None:
        raise NotFound(
            f"the request has no certificate: it is {request.status}",
            command=f"wavehouse erasure show {request_id}",
        )
    return document


def certificate_pdf(document: Mapping[str, Any]) -> bytes:
    """A certificate as PDF, for reading; the signed one is the JSON document."""
    return pdf(document)


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write a certificate as JSON, or as PDF by the file's suffix. OSError when it cannot be."""
    if path.suffix.lower() == ".pdf":
        files.write_output(path, pdf(document))
        return
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    files.write_output(path, text.encode())


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; ValueError for a name with two values, of which a reader may see the other."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name occurs twice")
    return content


def check(path: Path, *, home: Path) -> tuple[dict[str, Any], bool]:
    """A certificate from a file, and whether its key is this installation's.

    Conflict when the signature does not match the content; InvalidInput for any other file.
    """
    try:
        text = path.read_bytes()
        document = json.loads(text, object_pairs_hook=_named_once)
        signature = document.pop("signature")
        value, key = signature["value"], signature["key"]
        if signature != {"algorithm": "Ed25519", "key": key, "value": value}:
            raise ValueError("another algorithm, or more than a signature")
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise InvalidInput(
            "this is not a certificate of erasure",
            where=str(path),
            hint="Verify the JSON file; its PDF is for reading and names the same signature."
            if path.suffix.lower() == ".pdf"
            else "",
            command="wavehouse erasure certificate REQUEST --out certificate.json",
        ) from None
    if not isinstance(value, str) or not isinstance(key, str):
        raise InvalidInput("this is not a certificate of erasure", where=str(path))
    if not is_signed(rules.canonical(document), value, key):
        raise Conflict("the certificate was changed after it was signed", where=str(path))
    own = signing_key(home).public_key().public_bytes_raw()
    return document, base64.b64decode(key) == own
