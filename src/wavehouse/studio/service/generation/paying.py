"""Paid calls: reserved before, settled after, called once even when the process dies between.

The request id consists of the generation, the step and the hash of its input, so that a repeated
attempt finds its own reservation. The answer is stored on disk under that id until it is settled:
an attempt that finds it makes no second call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from wavehouse import usage
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.usage import Caller, EventStatus, ReservationId, Unit, Used

_MOST_REQUESTS = 50


@dataclass(frozen=True, slots=True)
class Payment:
    """The model of a call, and the most that it may use."""

    model: str
    operation: str
    bound: Mapping[Unit, Decimal]
    project_id: UUID


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer and its usage. Without a reservation it is free."""

    content: bytes
    used: Mapping[Unit, Decimal]
    key: str = ""
    reservation_id: ReservationId | None = None


def call_once(
    operational: Database[Operational],
    *,
    identity: Identity,
    store: FolderStore,
    key: str,
    payment: Payment,
    make: Callable[[], Answered],
) -> Answered:
    """Reserve, call, and store the answer. Raises the errors of ``usage.reserve`` and of the call.

    A call that fails is released.
    """
    key, reservation_id = _reserved(operational, identity, key, payment)
    kept = store.recall(key)
    if kept is not None:
        head, _, content = kept.partition(b"\n")
        used = {Unit(unit): Decimal(text) for unit, text in json.loads(head).items()}
        return Answered(content, used, key, reservation_id)
    try:
        made = make()
    except BaseException:
        with operational.app(identity.organization_id) as tx:
            usage.release(tx, identity=identity, reservation_id=reservation_id)
        raise
    head = json.dumps({unit.value: str(number) for unit, number in made.used.items()}).encode()
    store.remember(key, head + b"\n" + made.content)
    return Answered(made.content, made.used, key, reservation_id)


def settle(
    tx: Tx[Operational],
    *,
    identity: Identity,
    answered: Answered,
    error_code: str | None = None,
) -> Decimal:
    """Settle an answer in the transaction that uses it; returns its cost."""
    if answered.reservation_id is None:
        return Decimal(0)
    used = Used(
        answered.used,
        status=EventStatus.SUCCESS if error_code is None else EventStatus.ERROR,
        error_code=error_code,
    )
    settled = usage.settle(tx, identity=identity, reservation_id=answered.reservation_id, used=used)
    return settled.cost


def _reserved(
    operational: Database[Operational], identity: Identity, key: str, payment: Payment
) -> tuple[str, ReservationId]:
    """The open reservation of this request, under its first unused id."""
    for number in range(_MOST_REQUESTS):
        request_id = key if number == 0 else f"{key}:{number}"
        try:
            with operational.app(identity.organization_id) as tx:
                reservation = usage.reserve(
                    tx,
                    identity=identity,
                    model=payment.model,
                    bound=payment.bound,
                    operation=payment.operation,
                    request_id=request_id,
                    caller=Caller(payment.project_id),
                )
        except Conflict:
            continue
        return request_id, reservation.reservation_id
    raise Conflict("this step was paid for too many times without finishing", where=key)
