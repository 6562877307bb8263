"""Use case: carry out the steps of many requests with the same plan, one statement for all.

A transaction changes the rows of some steps for everybody, with each person's records. A killed run
resumes with the people for whom a step is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg

from wavehouse import audit, listeners, measurement
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.adapters.keys import KEY_VERSION, key_check, ledger_hash, seal
from wavehouse.erasure.queries import ledger, requests, steps
from wavehouse.erasure.queries.requests import AnyTx
from wavehouse.erasure.service import executing
from wavehouse.erasure.service.many.planning import Working, selections
from wavehouse.erasure.service.planning import OUTBOX
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    Action,
    LedgerEntry,
    Step,
    StepStatus,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.kernel.ids import ListenerId
from wavehouse.mail import mail_of
from wavehouse.store import (
    Stores,
    change_of_many,
    change_rows,
    delete_of_many,
    is_shared,
)

OnStep = Callable[[str], None]
Rows = dict[UUID, int]


def _hashes(stores: Stores, work: Working) -> tuple[tuple[str, bytes], ...]:
    """A request's keyed hashes, each with the kind of its identifier."""
    return tuple(
        (each.kind.value, ledger_hash(stores, each, tenant=work.planned.tenant))
        for each in work.planned.identifiers
    )


def ledger_lines(
    stores: Stores, works: Sequence[Working], purpose: str
) -> list[ledger_file.LedgerLine]:
    """A line of the ledger file for each request."""
    at, check = clock.now(), key_check(stores)
    return [
        ledger_file.LedgerLine(
            at,
            work.key,
            work.request.subject_kind,
            purpose,
            check,
            work.request.organization_id,
            _hashes(stores, work),
        )
        for work in works
    ]


def write_ledger(stores: Stores, settings: Settings, works: Sequence[Working]) -> None:
    """Write all hashes to the database and to the file, before the first destructive step."""
    root = ROOT[SubjectKind(works[0].request.subject_kind)]
    with database_of(stores, root).worker() as tx:
        written = requests.sealed_of_many(tx, request_ids=[work.key for work in works])
        new = [work for work in works if work.key not in written]
        if not new:
            return
        lines = ledger_lines(stores, new, "intent")
        ledger.write(
            tx,
            entries=[
                LedgerEntry(value, line.request_id, kind, KEY_VERSION, "pending", line.at)
                for line in lines
                for kind, value in line.hashes
            ],
        )
        requests.seal_many(tx, sealed={w.key: seal(stores, w.planned.values) for w in new})
        # Inside the transaction: when the file cannot be written, nothing begins.
        ledger_file.append(settings.home, *lines)


def carry_out(
    stores: Stores, settings: Settings, works: Sequence[Working], on_step: OnStep
) -> None:
    """All steps of a plan that several requests share. psycopg.Error when a statement fails."""
    plan = works[0].planned.plan
    rows = [sum(numbers) for numbers in zip(*_rows(works), strict=True)]
    shared = [replace(step, rows=number) for step, number in zip(plan.steps, rows, strict=True)]
    for batch in executing.batches(executing.groups(shared)):
        listed = [step for group in batch for step in group]
        for group in batch:
            on_step(group[0].name)
        store = listed[0].store
        if store not in DATABASES:
            _outside(stores, settings, works, listed)
            continue
        name: DatabaseName = next(each for each in DATABASES if each == store)
        _in_database(stores, works, name, listed)


def _rows(works: Sequence[Working]) -> list[list[int]]:
    return [[step.rows for step in work.planned.plan.steps] for work in works]


def _in_database(
    stores: Stores, works: Sequence[Working], name: DatabaseName, listed: Sequence[Step]
) -> None:
    """One transaction for everybody: the rows and their records. Tried again when locked."""
    deletions: list[Step] = []
    for attempt in range(1, executing.TRIES + 1):
        try:
            with database_of(stores, name).worker() as tx:
                steps.limit_lock_waits(tx)
                steps.lock_requests(tx, request_ids=[work.key for work in works])
                # Rows that came since a deletion of this database: they refer to what goes now.
                for step in deletions:
                    _apply(tx, works, step, again=True)
                _apply_all(tx, stores, works, listed)
            return
        except psycopg.errors.ForeignKeyViolation:
            if attempt == executing.TRIES:
                raise
            before = listed[0].position
            deletions = [
                step
                for step in works[0].planned.plan.steps
                if step.store == name and step.action is Action.DELETE and step.position < before
            ]
        except executing.REPEATABLE:
            if attempt == executing.TRIES:
                raise


def _apply_all(tx: AnyTx, stores: Stores, works: Sequence[Working], listed: Sequence[Step]) -> None:
    pseudonyms = {work.key: str(uuid4()) for work in works}
    owned = [step for step in listed if step.name in executing.OWNED]
    if owned:
        _apply_owned(tx, stores, works, owned)
    for step in listed:
        if step.name not in executing.OWNED:
            _apply(tx, works, step, pseudonyms=pseudonyms)


def _pending(tx: AnyTx, works: Sequence[Working], step: Step) -> list[Working]:
    done = steps.done_among(tx, request_ids=[work.key for work in works], step=step)
    return [work for work in works if work.key not in done]


def _apply(
    tx: AnyTx,
    works: Sequence[Working],
    step: Step,
    *,
    pseudonyms: dict[UUID, str] | None = None,
    again: bool = False,
) -> None:
    """Carry out one step for everybody, and record it in the same transaction."""
    pending = list(works) if again else _pending(tx, works, step)
    if not pending:
        return
    rows: Rows = dict.fromkeys((work.key for work in pending), 0)
    if not step.held and step.action is not Action.KEEP:
        rows |= _changed(tx, pending, step, pseudonyms or {})
    is_done = not step.held
    steps.record_many(
        tx,
        rows=rows,
        step=step,
        status=(StepStatus.DONE if is_done else StepStatus.HELD).value,
        at=clock.now() if is_done else None,
    )


def _changed(tx: AnyTx, works: Sequence[Working], step: Step, pseudonyms: dict[UUID, str]) -> Rows:
    planned = works[0].planned
    values = [work.planned.values for work in works]
    rows = selections(planned.smap, step, values, planned.tenant)
    if rows.is_empty:
        return {}
    if step.table == executing.COMMITMENTS:
        people = {
            UUID(work.planned.values[""][0]): work.key
            for work, each in zip(works, rows.selections, strict=True)
            if not each.is_empty
        }
        erased = audit.redact_many(tx, people=list(people))  # type: ignore[arg-type]  # no analytics
        return {people[person]: number for person, number in erased.items()}
    if step.action is Action.DELETE:
        clocked = measurement.RAW_CLOCKS.get(step.table, "")
        counts, days = delete_of_many(tx, rows, clock=clocked)
        if clocked:
            # In the same transaction: no seal and no warehouse keeps what was deleted here.
            measurement.note_changed_days(tx, days=days)  # type: ignore[arg-type]  # of operational
    elif step.action is Action.NULL:
        counts = change_of_many(tx, rows, [planned.smap.nothing(step.column)])
    else:
        counts = []
        changes = [planned.smap.changes(step.key, each) for each in values]
        if changes[0] and all(map(is_shared, changes)):
            counts = change_of_many(tx, rows, changes[0])
        elif changes[0]:  # a pseudonym, or a place in a list: different for everybody
            counts = [
                0 if own.is_empty else change_rows(tx, own, made, pseudonym=pseudonyms[work.key])
                for work, own, made in zip(works, rows.selections, changes, strict=True)
            ]
    return {work.key: count for work, count in zip(works, counts, strict=False)}


def _apply_owned(
    tx: AnyTx, stores: Stores, works: Sequence[Working], owned: Sequence[Step]
) -> None:
    """Entitlements, payments and the provider's events, by their own context, of those that pay."""
    undone = {work.key for step in owned for work in _pending(tx, works, step)}
    pending = [work for work in works if work.key in undone]
    held = any(step.held for step in owned)
    at = clock.now()
    counts: dict[UUID, dict[str, int]] = {}
    people = {
        ListenerId(UUID(work.planned.values[""][0])): work.key
        for work in pending
        if not held and work.planned.values.get("")
    }
    for person in listeners.payers_among(tx, listener_ids=people):  # type: ignore[arg-type]  # OWNED
        counts[people[person]] = listeners.release(
            tx,  # type: ignore[arg-type]  # steps of OWNED are of the listeners' database
            location=stores.listeners.place,
            listener_id=person,
            at=at,
        )
    for step in owned:
        steps.record_many(
            tx,
            rows={work.key: counts.get(work.key, {}).get(step.table, 0) for work in pending},
            step=step,
            status=(StepStatus.HELD if held else StepStatus.DONE).value,
            at=None if held else at,
        )


def _outside(
    stores: Stores, settings: Settings, works: Sequence[Working], listed: Sequence[Step]
) -> None:
    """Stored emails are deleted; the payment provider's own copies stay tasks for the operator."""
    root = ROOT[SubjectKind(works[0].request.subject_kind)]
    with database_of(stores, root).worker() as tx:
        for step in listed:
            pending = _pending(tx, works, step)
            if not pending:
                continue
            rows: Rows = dict.fromkeys((work.key for work in pending), 0)
            status = StepStatus.HELD if step.held else StepStatus.PENDING_PROCESSOR
            if not step.held and step.table == OUTBOX:
                status, rows = StepStatus.DONE, _forgotten(settings, pending)
            steps.record_many(
                tx,
                rows=rows,
                step=step,
                status=status.value,
                at=clock.now() if status is StepStatus.DONE else None,
            )


def _forgotten(settings: Settings, works: Sequence[Working]) -> Rows:
    addresses = {
        email.lower(): work.key for work in works for email in work.planned.values.get("email", ())
    }
    gone = mail_of(settings, domain="localhost").forget_many(to=set(addresses))
    rows: Rows = dict.fromkeys((work.key for work in works), 0)
    for address, number in gone.items():
        rows[addresses[address]] += number
    return rows
