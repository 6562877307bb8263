"""Use case: carry out an erasure step by step, so that a killed run can resume.

The ledger is written first. Each step changes its rows and records itself in one transaction of one
database; steps that pseudonymise a database share one, because their common pseudonym is not stored
anywhere else. Rows written in the meantime are removed by repeating the deletions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID, uuid4

import psycopg

from wavehouse import audit, listeners, measurement
from wavehouse.accounts import Identity
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.adapters.keys import KEY_VERSION, key_check, ledger_hash, seal, unseal
from wavehouse.erasure.queries import ledger, requests, steps
from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.rules import states
from wavehouse.erasure.service import certifying, deciding, hiding, requesting
from wavehouse.erasure.service.planning import OUTBOX, Planned, plan_of, tenant_of
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    Action,
    LedgerEntry,
    Outcome,
    Purpose,
    Request,
    Status,
    Step,
    StepStatus,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.kernel.errors import Conflict, WavehouseError
from wavehouse.kernel.ids import ListenerId
from wavehouse.mail import mail_of
from wavehouse.store import Selection, Stores, change_rows, delete_rows, delete_rows_by_day

OnStep = Callable[[str], None]
OWNED = frozenset(
    {
        "listeners.listeners.entitlements",
        "listeners.listeners.entitlement_payments",
        "listeners.listeners.external_events",
    }
)
"""Tables whose context changes them itself, together, because their invariants span rows (E27)."""
COMMITMENTS = "audit.audit_commitments"
"""Personal values of audit entries; the audit log erases them itself, and its tree stays whole."""
TRIES = 4
_MOST_TOGETHER, _FEW_ROWS = 16, 2_000
"""Groups of steps, and their rows by the plan, that are committed together at most."""
STEPLESS = "analytics"
REPEATABLE = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def run(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    request_id: UUID,
    now: bool = False,
    digest: str | None = None,
    on_step: OnStep = lambda _: None,
) -> Outcome:
    """Carry out an approved request, or resume a killed run.

    ``now`` ends the undo period early. ``digest`` is that of the plan that the caller has seen.
    Conflict when the plan has changed since it was frozen, or when a step fails: the request is
    then ``failed``, and the next run resumes there.
    """
    request = _begin(stores, identity, request_id, now=now)
    try:
        if request.subject_id is not None:
            # Hidden first, so that the erased person cannot sign in and write meanwhile.
            kind = SubjectKind(request.subject_kind)
            at = clock.now()
            hiding.hide(stores, identity=identity, kind=kind, key=request.subject_id, at=at)
        planned = _checked(stores, identity, request, digest)
        _write_ledger(stores, settings, request, planned)
        _carry_out(stores, settings, request, planned, on_step)
        sealed = _leave_out(stores, settings, identity, request, on_step)
        return certifying.finish(
            stores,
            settings,
            identity=identity,
            request=request,
            planned=planned,
            sealed=sealed,
            on_step=on_step,
        )
    except (WavehouseError, psycopg.Error, OSError) as error:
        raise _failed(stores, request, error) from error


def _begin(stores: Stores, identity: Identity, request_id: UUID, *, now: bool) -> Request:
    """The request, now being carried out. Conflict when it may not begin: nothing changes then."""
    request = requesting.get(stores, identity=identity, request_id=request_id)
    is_new = request.status in (Status.VERIFIED, Status.SOFT_DELETED)
    if request.purpose == Purpose.ERASURE and is_new and request.subject_id is not None:
        if request.subject_kind == SubjectKind.CREATOR:
            # Another administrator may have left since the request was filed.
            with stores.operational.worker() as tx:
                hiding.check_creator(tx, identity=identity, user_id=UUID(request.subject_id))
        if request.status == Status.VERIFIED and request.undo_days and not now:
            # The approval was interrupted before its undo period, or its plan was refused.
            begun = requesting.begin_undo(stores, identity=identity, request=request)
            if begun.grace_until is not None:
                raise _undo_lasts(request_id, begun.grace_until)
    return _changed_to_executing(stores, identity, request_id, now=now)


def _undo_lasts(request_id: UUID, until: datetime) -> Conflict:
    return Conflict(
        f"the undo period lasts until {until:%Y-%m-%d %H:%M} UTC",
        hint="Wait, or end it early.",
        command=f"wavehouse erasure run {request_id} --now",
    )


def _changed_to_executing(
    stores: Stores, identity: Identity, request_id: UUID, *, now: bool
) -> Request:
    with requesting.locked(stores, identity=identity, request_id=request_id) as (tx, request):
        until = request.grace_until if request.status == Status.SOFT_DELETED else None
        if until is not None and not now and until > clock.now():
            raise _undo_lasts(request_id, until)
        if request.status in (Status.EXECUTING, Status.VERIFYING):
            return request
        if request.purpose != Purpose.ERASURE:
            raise Conflict(
                "this is a request for a copy: it removes nothing",
                command=f"wavehouse access export {request_id} --out FILE.zip",
            )
        states.check_change(request.status, Status.EXECUTING)
        requests.set_status(
            tx, request_id=request_id, before=request.status, after=Status.EXECUTING
        )
    return requesting.get(stores, identity=identity, request_id=request_id)


def _checked(stores: Stores, identity: Identity, request: Request, digest: str | None) -> Planned:
    """The plan as of now. Conflict when it is not the one that was frozen."""
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        sealed = requests.sealed_identifiers(tx, request_id=request.erasure_request_id)
    values = None if sealed is None else unseal(stores, sealed)
    key = request.subject_id or ""
    if not key and values is None:
        raise Conflict("the request has ended, so its subject is no longer known")
    planned = plan_of(stores, identity=identity, request=request, key=key, values=values)
    if request.plan_digest is None:
        planned = deciding.freeze(
            stores,
            identity=identity,
            request_id=request.erasure_request_id,
            planned=planned,
        )
        frozen = planned.plan.digest
    else:
        frozen = request.plan_digest.hex()
    if planned.plan.digest != frozen or (digest and not frozen.startswith(digest.lower())):
        raise Conflict(
            f"the plan has changed: it is now {planned.plan.digest[:12]}; {frozen[:12]} was frozen",
            hint="The classification, the tables or a legal hold changed. Freeze the new plan.",
            command=f"wavehouse erasure plan {request.erasure_request_id} --freeze",
        )
    return planned


def _write_ledger(stores: Stores, settings: Settings, request: Request, planned: Planned) -> None:
    """Write the hashes to the database and to the file, before the first destructive step."""
    at = clock.now()
    hashes = [
        (each.kind.value, ledger_hash(stores, each, tenant=planned.tenant))
        for each in planned.identifiers
    ]
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        if requests.sealed_identifiers(tx, request_id=request.erasure_request_id) is not None:
            return  # a run that was killed later than here
        ledger.write(
            tx,
            entries=[
                LedgerEntry(value, request.erasure_request_id, kind, KEY_VERSION, "pending", at)
                for kind, value in hashes
            ],
        )
        requests.seal_identifiers(
            tx, request_id=request.erasure_request_id, sealed=seal(stores, planned.values)
        )
        # Inside the transaction: when the file cannot be written, nothing begins.
        ledger_file.append(
            settings.home,
            ledger_file.LedgerLine(
                at,
                request.erasure_request_id,
                request.subject_kind,
                "intent",
                key_check(stores),
                request.organization_id,
                tuple(hashes),
            ),
        )


def _carry_out(
    stores: Stores, settings: Settings, request: Request, planned: Planned, on_step: OnStep
) -> None:
    for batch in batches(groups(planned.plan.steps)):
        steps_of = [step for group in batch for step in group]
        for group in batch:
            on_step(group[0].name)
        store = steps_of[0].store
        if store not in DATABASES:
            _outside(stores, settings, request, planned, steps_of)
            continue
        name: DatabaseName = next(each for each in DATABASES if each == store)
        try:
            _in_database(
                stores, request, planned, name, steps_of, tries=TRIES if len(batch) == 1 else 1
            )
        except (psycopg.errors.ForeignKeyViolation, *REPEATABLE):
            if len(batch) == 1:
                raise
            for group in batch:  # one by one, so that a lock holds up no other table
                _in_database(stores, request, planned, name, group)


def _leave_out(
    stores: Stores, settings: Settings, identity: Identity, request: Request, on_step: OnStep
) -> measurement.LeftOut | None:
    """Rewrite sealed files that have rows of an organization; None for people: none has theirs."""
    if request.subject_kind != SubjectKind.ORGANIZATION:
        return None
    on_step("sealed files")
    return measurement.leave_out(stores, settings, identity=identity)


def batches(groups: Iterable[list[Step]]) -> Iterator[list[list[Step]]]:
    """Consecutive groups of one database that change few rows, to be committed together."""
    batch: list[list[Step]] = []
    rows = 0
    for group in groups:
        more = sum(step.rows for step in group)
        is_full = len(batch) == _MOST_TOGETHER or rows + more > _FEW_ROWS
        if batch and (is_full or batch[0][0].store != group[0].store):
            yield batch
            batch, rows = [], 0
        batch.append(group)
        rows += more
    if batch:
        yield batch


def groups(listed: Sequence[Step]) -> Iterator[list[Step]]:
    """Steps that share a transaction: pseudonyms of one database, and tables of one owner."""

    def shared(step: Step) -> object:
        together = step.action is Action.PSEUDONYMISE or step.name in OWNED
        return step.store if together else step.position

    ordered = sorted(listed, key=lambda s: (s.store, not _together(s), s.position))
    chosen: list[list[Step]] = [list(group) for _, group in groupby(ordered, key=shared)]
    yield from sorted(chosen, key=lambda group: min(step.position for step in group))


def _together(step: Step) -> bool:
    return step.action is Action.PSEUDONYMISE or step.name in OWNED


def _in_database(
    stores: Stores,
    request: Request,
    planned: Planned,
    name: DatabaseName,
    group: Sequence[Step],
    tries: int = TRIES,
) -> None:
    """One transaction: the rows of the steps and their records. Tried again when locked."""
    deletions: list[Step] = []
    for attempt in range(1, tries + 1):
        try:
            with database_of(stores, name).worker() as tx:
                steps.limit_lock_waits(tx)
                steps.lock_request(tx, request_id=request.erasure_request_id)
                # Rows that came since a deletion of this database: they refer to what goes now.
                for step in deletions:
                    _apply(tx, stores, request, planned, step, again=True)
                _apply_all(tx, stores, request, planned, group)
            if name == STEPLESS:
                _record_elsewhere(stores, request, group)
            return
        except psycopg.errors.ForeignKeyViolation:
            if attempt == tries:
                raise
            before = group[0].position
            deletions = [
                s
                for s in planned.plan.steps
                if s.store == name and s.action is Action.DELETE and s.position < before
            ]
        except REPEATABLE:
            if attempt == tries:
                raise


def _apply_all(
    tx: AnyTx, stores: Stores, request: Request, planned: Planned, group: Sequence[Step]
) -> None:
    pseudonym = str(uuid4())
    owned = [step for step in group if step.name in OWNED]
    if owned and not all(_is_over(tx, request, step) for step in owned):
        _apply_owned(stores, request, planned, owned, tx)
    for step in group:
        if step.name not in OWNED:
            _apply(tx, stores, request, planned, step, pseudonym=pseudonym)


def _is_over(tx: AnyTx, request: Request, step: Step) -> bool:
    if step.store == STEPLESS:
        return False
    return steps.is_done(tx, request_id=request.erasure_request_id, step=step)


def _apply(
    tx: AnyTx,
    stores: Stores,
    request: Request,
    planned: Planned,
    step: Step,
    *,
    pseudonym: str = "",
    again: bool = False,
) -> None:
    """Carry out one step and record it in the same transaction."""
    if not again and _is_over(tx, request, step):
        return
    rows = 0
    status = StepStatus.HELD if step.held else StepStatus.DONE
    if not step.held and step.action is not Action.KEEP:
        selection = _selection(planned, request, step)
        if not selection.is_empty:
            rows = _changed(tx, planned, step, selection, pseudonym)
    if step.store != STEPLESS:
        steps.record(
            tx,
            request_id=request.erasure_request_id,
            step=step,
            status=status.value,
            rows=rows,
            at=clock.now() if status is StepStatus.DONE else None,
        )


def _selection(planned: Planned, request: Request, step: Step) -> Selection:
    number = step.number % 1_000
    return planned.smap.selection(
        (step.store, step.table, number), planned.values, tenant_of(request)
    )


def _changed(tx: AnyTx, planned: Planned, step: Step, selection: Selection, pseudonym: str) -> int:
    if step.table == COMMITMENTS:
        person = UUID(planned.values[""][0])
        return audit.redact(tx, person=person)  # type: ignore[arg-type]  # analytics has no log
    if step.action is Action.DELETE and step.table in measurement.RAW_CLOCKS:
        # In the same transaction: no seal and no warehouse keeps what was deleted here.
        days = delete_rows_by_day(tx, selection, clock=measurement.RAW_CLOCKS[step.table])
        measurement.note_changed_days(tx, days=days)  # type: ignore[arg-type]  # of operational
        return sum(days.values())
    if step.action is Action.DELETE:
        return delete_rows(tx, selection)
    if step.action is Action.NULL:
        return change_rows(tx, selection, [planned.smap.nothing(step.column)], pseudonym=pseudonym)
    changes = planned.smap.changes(step.key, planned.values)
    return change_rows(tx, selection, changes, pseudonym=pseudonym) if changes else 0


def _apply_owned(
    stores: Stores, request: Request, planned: Planned, owned: Sequence[Step], tx: AnyTx
) -> None:
    """Entitlements, payments and the provider's events are released by their own context."""
    held = any(step.held for step in owned)
    counts: dict[str, int] = {}
    listener = planned.values.get("", ())
    if not held and listener:
        counts = listeners.release(
            tx,  # type: ignore[arg-type]  # steps of OWNED are of the listeners' database
            location=stores.listeners.place,
            listener_id=ListenerId(UUID(listener[0])),
            at=clock.now(),
        )
    for step in owned:
        steps.record(
            tx,
            request_id=request.erasure_request_id,
            step=step,
            status=(StepStatus.HELD if held else StepStatus.DONE).value,
            rows=counts.get(step.table, 0),
            at=None if held else clock.now(),
        )


def _record_elsewhere(stores: Stores, request: Request, group: Sequence[Step]) -> None:
    """Steps of a database without a table of steps are repeatable, and recorded afterwards."""
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        for step in group:
            if not steps.is_done(tx, request_id=request.erasure_request_id, step=step):
                steps.record(
                    tx,
                    request_id=request.erasure_request_id,
                    step=step,
                    status=StepStatus.HELD if step.held else StepStatus.DONE,
                    rows=0 if step.held else step.rows,
                    at=None if step.held else clock.now(),
                )


def _outside(
    stores: Stores,
    settings: Settings,
    request: Request,
    planned: Planned,
    group: Sequence[Step],
) -> None:
    """Stored emails are deleted; the payment provider's own copy stays a task for the operator."""
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        for step in group:
            if steps.is_done(tx, request_id=request.erasure_request_id, step=step):
                continue
            status, rows = StepStatus.HELD, 0
            if not step.held and step.table == OUTBOX:
                mail = mail_of(settings, domain="localhost")
                rows = sum(mail.forget(to=each) for each in planned.values.get("email", ()))
                status = StepStatus.DONE
            elif not step.held:
                status = StepStatus.PENDING_PROCESSOR
            steps.record(
                tx,
                request_id=request.erasure_request_id,
                step=step,
                status=status.value,
                rows=rows,
                at=clock.now() if status is StepStatus.DONE else None,
            )


def _failed(stores: Stores, request: Request, error: Exception) -> WavehouseError:
    """Store why the run stopped, without the content of any row; the error for the caller."""
    if isinstance(error, WavehouseError):
        reason, known = error.message, error
    elif isinstance(error, psycopg.Error):
        where = error.diag.table_name or "a table"
        reason = f"{where}: {type(error).__name__} ({error.sqlstate})"
        known = Conflict(
            f"the erasure stopped at {reason}",
            hint="Completed steps are recorded. Run it again; it continues from there.",
            command=f"wavehouse erasure run {request.erasure_request_id}",
        )
    else:
        reason = f"a file could not be written: {getattr(error, 'strerror', error)}"
        known = Conflict(reason, command=f"wavehouse erasure run {request.erasure_request_id}")
    with database_of(stores, ROOT[SubjectKind(request.subject_kind)]).worker() as tx:
        for before in (Status.EXECUTING, Status.VERIFYING):
            requests.set_status(
                tx,
                request_id=request.erasure_request_id,
                before=before,
                after=Status.FAILED,
                failure=reason,
            )
    return known


def waiting(stores: Stores, *, identity: Identity) -> list[UUID]:
    """The requests that a worker carries out next: after their undo period, or a stopped run."""
    _ = identity
    ids: list[UUID] = []
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            ids += requests.waiting(tx, at=clock.now())
    return ids
