"""One step of a generation: skipped when finished, paid once, committed with its effect.

Every transaction for a step ends with a checkpoint under the slot's token (Q15): a worker that lost
its lease rolls back its writes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused, Unreachable
from wavehouse.queue import LeaseLost
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.queries import generation as queries
from wavehouse.studio.queries import leases
from wavehouse.studio.rules.prompts import NotAScript
from wavehouse.studio.service.generation.paying import Answered, Payment, call_once, settle
from wavehouse.studio.types.generation import Step, StepStatus
from wavehouse.studio.types.schedule import SlotLease

NONE = Decimal(0)


@dataclass(slots=True)
class Writing:
    """A transaction, its settlements, and whether it completes the slot."""

    tx: Tx[Operational]
    cost: Decimal = NONE
    completes: bool = False


class WrongLanguage(Refused):
    """A script is not in the requested language."""

    code = "wrong_language"
    title = "The script is in another language"


class InvalidResponse(Unreachable):
    """A provider's response does not have the requested form; a retry may help."""

    code = "provider_nonsense"
    title = "The provider's response is invalid"


@dataclass(slots=True)
class Run:
    """One attempt at the generation of an episode."""

    operational: Database[Operational]
    identity: Identity
    lease: SlotLease
    store: FolderStore
    generation_id: UUID
    episode_id: UUID
    check: Callable[[], None]
    ran: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    cost: Decimal = NONE
    current: tuple[str, int, bytes] | None = None
    """The current step: its name, its segment, the hash of its input."""

    @contextmanager
    def writing(self, done: Mapping[str, Any]) -> Iterator[Writing]:
        """A transaction of this attempt. LeaseLost rolls it back when the lease is lost."""
        with self.operational.app(self.identity.organization_id) as tx:
            write = Writing(tx)
            yield write
            held = leases.checkpoint_slot(
                tx,
                slot_id=self.lease.slot_id,
                token=self.lease.lease_token,
                progress=done,
                cost=write.cost,
                now=clock.now(),
            )
            if held and write.completes:
                held = leases.complete_slot(
                    tx,
                    slot_id=self.lease.slot_id,
                    token=self.lease.lease_token,
                    now=clock.now(),
                )
            if not held:
                raise LeaseLost(
                    "the slot was cancelled, or its lease was revoked",
                    where=str(self.lease.slot_id),
                )
        self.cost += write.cost

    def put(
        self,
        tx: Tx[Operational],
        step: Step,
        work: Work,
        status: StepStatus,
        ref: str | None = None,
        *,
        answered: Answered | None = None,
        cost: Decimal = NONE,
    ) -> None:
        """Store the state of a step of this generation."""
        queries.put_step(
            tx,
            organization_id=self.identity.organization_id,
            generation_id=self.generation_id,
            episode_id=self.episode_id,
            step=step,
            segment=work.segment,
            input_hash=hash_of(step, work.inputs),
            status=status,
            output_ref=ref,
            manifest=work.manifest,
            reservation_id=answered.reservation_id if answered else None,
            cost=cost,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A step's action: ``inputs`` are hashed, ``make`` returns its output.

    ``payment`` makes it a paid call; ``read`` then turns the answer into the output, or refuses it
    (NotAScript, WrongLanguage). ``effect`` runs in the transaction that completes the step.
    """

    inputs: Mapping[str, Any]
    make: Callable[[], Answered]
    segment: int = 0
    payment: Payment | None = None
    read: Callable[[bytes], bytes] | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    effect: Callable[[Tx[Operational], bytes], None] | None = None


def hash_of(step: str, inputs: Mapping[str, Any]) -> bytes:
    """The hash of all inputs of a step."""
    text = json.dumps({"step": step, **inputs}, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).digest()


def run_step(run: Run, step: Step, work: Work) -> str:
    """Run a step, or reuse its output for the same input; returns the output's reference."""
    run.check()
    input_hash = hash_of(step, work.inputs)
    known = _known(run, step, work, input_hash)
    if known is not None:
        run.kept.append(f"{step}:{work.segment}")
        return known
    run.current = (step, work.segment, input_hash)
    _begin(run, step, work)
    output, answered = _made(run, step, work, input_hash)
    ref = run.store.put(output)
    with run.writing({"step": step, "segment": work.segment}) as write:
        if answered is not None:
            write.cost = settle(write.tx, identity=run.identity, answered=answered)
        run.put(write.tx, step, work, StepStatus.COMPLETED, ref, answered=answered, cost=write.cost)
        if work.effect is not None:
            work.effect(write.tx, output)
    if answered is not None:
        run.store.forget(answered.key)
    run.current = None
    run.ran.append(f"{step}:{work.segment}")
    return ref


def _known(run: Run, step: Step, work: Work, input_hash: bytes) -> str | None:
    """The output of a finished step with the same input, if its files still exist."""
    with run.operational.app(run.identity.organization_id) as tx:
        row = queries.finished_step(
            tx,
            organization_id=run.identity.organization_id,
            episode_id=run.episode_id,
            step=step,
            segment=work.segment,
            input_hash=input_hash,
        )
    if row is None or row.output_ref is None or not run.store.hold(row.output_ref):
        return None
    if (row.generation_id, row.segment) != (run.generation_id, work.segment):
        with run.writing({"step": step, "segment": work.segment}) as write:
            run.put(write.tx, step, work, StepStatus.SKIPPED, row.output_ref)
            if step in _REPEATED and work.effect is not None:
                work.effect(write.tx, run.store.get(row.output_ref))
    return row.output_ref


_REPEATED = frozenset({Step.PUBLISH})
"""Steps whose effect is repeated for another generation, and is idempotent."""


def _begin(run: Run, step: Step, work: Work) -> None:
    with run.writing({"step": step, "segment": work.segment}) as write:
        run.put(write.tx, step, work, StepStatus.RUNNING)


def _made(run: Run, step: Step, work: Work, input_hash: bytes) -> tuple[bytes, Answered | None]:
    if work.payment is None:
        content = work.make().content
        return _read(work, step, content), None
    answered = call_once(
        run.operational,
        identity=run.identity,
        store=run.store,
        key=f"studio:{run.generation_id}:{step}:{work.segment}:{input_hash.hex()[:16]}",
        payment=work.payment,
        make=work.make,
    )
    try:
        return _read(work, step, answered.content), answered
    except (InvalidResponse, WrongLanguage) as error:
        _pay_for_nothing(run, answered, error.code)
        raise


def _read(work: Work, step: Step, content: bytes) -> bytes:
    try:
        return content if work.read is None else work.read(content)
    except (NotAScript, UnicodeDecodeError) as error:
        raise InvalidResponse(f"the provider's response is invalid: {error}", where=step) from None


def _pay_for_nothing(run: Run, answered: Answered, error_code: str) -> None:
    """Settle an unusable answer: the provider was paid for it."""
    with run.writing({"refused": error_code}) as write:
        write.cost = settle(
            write.tx, identity=run.identity, answered=answered, error_code=error_code
        )
    run.store.forget(answered.key)
