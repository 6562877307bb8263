"""Use cases of a call: reserve before it, settle or release after it (U4 to U7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import uuid7
from wavehouse.store import Database, Operational, Tx
from wavehouse.usage.queries import models, spending
from wavehouse.usage.rules import pricing
from wavehouse.usage.rules.amounts import amount_of
from wavehouse.usage.service.alerts import announce
from wavehouse.usage.service.periods import ensure_periods
from wavehouse.usage.service.refusals import BudgetExhausted, Unpriced
from wavehouse.usage.types import (
    EVERY_END_USER,
    Caller,
    Cost,
    PricedModel,
    Reservation,
    ReservationId,
    ReserveAnswer,
    Settled,
    Unit,
    Used,
)

STANDARD = "standard"
LIFETIME = timedelta(minutes=10)
NOBODY = Caller()
_LONGEST = 256
_EXPIRED_KEPT = timedelta(days=7)


def reserve(
    tx: Tx[Operational],
    *,
    identity: Identity,
    model: str,
    bound: Mapping[Unit, Decimal | int],
    operation: str,
    request_id: str | None = None,
    caller: Caller = NOBODY,
    lifetime: timedelta = LIFETIME,
    known: PricedModel | None = None,
) -> Reservation:
    """Reserve the highest possible cost of a call on every budget in its scope.

    ``bound`` holds an upper bound for each quantity. The scope is the organization, the caller's
    project and end user, and the identity's API key; ``known`` is the model if already loaded.
    Repeating a ``request_id`` returns the same
    reservation while it is open.

    Raises BudgetExhausted when a hard budget does not allow it, Unpriced when the model has no
    price and that is not allowed, NotFound for an unknown model, Conflict for a request id that was
    used for another call.
    """
    request = _checked(request_id or str(uuid4()), "request_id")
    caller = Caller(caller.project_id, _end_user(caller.end_user))
    priced_model = known or find_model(tx, identity=identity, name=model)
    if not priced_model.has_period:
        ensure_periods(tx, identity=identity)
    currency = _currency(tx, identity, priced_model)
    prices = pricing.prices_of(p for p in priced_model.prices if p["currency"] == currency)
    cost = pricing.bound_of(_quantities(bound), prices)
    try:
        answer = spending.reserve(
            tx,
            reservation_id=ReservationId(uuid7()),
            organization_id=identity.organization_id,
            request_id=request,
            model_id=priced_model.model_id,
            amount=cost.total,
            currency=currency,
            priced=cost.priced,
            caller=caller,
            api_key_id=identity.api_key_id,
            user_id=identity.user_id,
            operation=_checked(operation, "operation"),
            lifetime=lifetime,
            now=clock.now(),
        )
    except psycopg.errors.UniqueViolation:
        raise _used(request) from None
    return _reservation(answer, priced_model, request, cost, currency)


def _reservation(
    answer: ReserveAnswer, model: PricedModel, request: str, cost: Cost, currency: str
) -> Reservation:
    if answer.outcome == "over_budget":
        raise BudgetExhausted(answer, asked=cost.total, currency=currency)
    if answer.outcome == "unpriced":
        raise _unpriced(model, cost, currency, answer.budget_name)
    if answer.reservation_id is None or answer.created_at is None or answer.expires_at is None:
        raise _used(request)
    if answer.outcome == "conflict":
        raise _used(request)
    return Reservation(
        answer.reservation_id,
        request,
        model.model_id,
        cost.total,
        currency,
        answer.created_at,
        answer.expires_at,
    )


def settle(
    tx: Tx[Operational], *, identity: Identity, reservation_id: ReservationId, used: Used
) -> Settled:
    """Turn a reservation into a usage event, at the prices of the time it was made.

    A second call changes nothing and returns the event of the first. An expired reservation is
    settled too, and its event is marked late. NotFound when it does not exist.
    """
    organization_id = identity.organization_id
    row = spending.reservation(tx, organization_id=organization_id, reservation_id=reservation_id)
    quantities = _quantities(used.quantities)
    cost, currency = Cost((), Decimal(0), priced=True), ""
    metadata = dict(used.metadata)
    if row is not None:
        currency = row.currency
        prices = spending.prices_at(
            tx, model_id=row.model_id, currency=currency, tier=STANDARD, at=row.created_at
        )
        cost = pricing.cost_of(quantities, pricing.prices_of(prices))
        if not cost.priced:
            metadata["unpriced"] = True
    answer = spending.settle(
        tx,
        organization_id=organization_id,
        reservation_id=reservation_id,
        cost=cost.total,
        lines=pricing.as_json(cost.lines),
        tokens=tokens_of(quantities),
        priced_from=max((x.effective_from for x in cost.lines if x.effective_from), default=None),
        status=used.status,
        error_code=used.error_code,
        latency_ms=used.latency_ms,
        metadata=metadata,
        now=clock.now(),
    )
    if answer is None:
        raise NotFound(
            "there is no such reservation", where=str(reservation_id), command="wavehouse usage"
        )
    announce(tx, identity=identity, alerts=answer.alerts)
    total = cost.total
    if answer.outcome == "repeated":
        total = spending.event_cost(
            tx,
            organization_id=organization_id,
            occurred_at=answer.occurred_at,
            event_id=answer.event_id,
        )
    return Settled(
        answer.event_id,
        answer.occurred_at,
        total,
        currency,
        answer.late,
        repeated=answer.outcome == "repeated",
    )


def release(tx: Tx[Operational], *, identity: Identity, reservation_id: ReservationId) -> bool:
    """Release the reservation of a call that used nothing; False when it no longer exists."""
    return spending.release(
        tx, organization_id=identity.organization_id, reservation_id=reservation_id
    )


def sweep(operational: Database[Operational], *, batch: int = 500) -> int:
    """Release all expired reservations of the installation; returns how many (U6).

    Upkeep: it works for all organizations and takes no identity.
    """
    swept = 0
    while True:
        with operational.worker() as tx:
            now = clock.now()
            freed = spending.sweep(tx, limit=batch, organization_id=None, now=now)
            if freed < batch:
                spending.delete_expired(tx, before=now - _EXPIRED_KEPT)
        swept += freed
        if freed < batch:
            return swept


def sweep_own(tx: Tx[Operational], *, identity: Identity) -> int:
    """Release the organization's expired reservations; returns how many."""
    return spending.sweep(tx, limit=500, organization_id=identity.organization_id, now=clock.now())


def find_model(tx: Tx[Operational], *, identity: Identity, name: str) -> PricedModel:
    """A model with its current prices, by ``name`` or ``provider/name``. NotFound if unknown."""
    row = models.priced_model(
        tx,
        organization_id=identity.organization_id,
        name=name,
        at=clock.now(),
        tier=STANDARD,
    )
    if row is None:
        raise NotFound(
            f"there is no model {words.line(name)[:100]!r} in the registry",
            where="model",
            hint="The operator can add it or import a price list.",
            command="wavehouse usage models add NAME --provider PROVIDER",
        )
    if row.status == "retired":
        raise InvalidInput(f"the model {row.name} is retired", where="model")
    return row


def tokens_of(quantities: Mapping[Unit, Decimal]) -> tuple[int, int, int]:
    """Input tokens (including cached), output tokens (including reasoning), and cached tokens."""
    cached = quantities.get(Unit.CACHE_READ, Decimal(0))
    written = quantities.get(Unit.CACHE_WRITE, Decimal(0))
    came = quantities.get(Unit.INPUT, Decimal(0)) + cached + written
    went = quantities.get(Unit.OUTPUT, Decimal(0)) + quantities.get(Unit.REASONING, Decimal(0))
    return int(came), int(went), int(cached)


def _currency(tx: Tx[Operational], identity: Identity, model: PricedModel) -> str:
    """The organization's currency; the first use sets it."""
    if model.ledger_currency is not None:
        return model.ledger_currency
    offered = sorted({price["currency"] for price in model.prices})
    return spending.insert_ledger(
        tx,
        organization_id=identity.organization_id,
        currency=offered[0] if offered else "EUR",
        at=clock.now(),
    )


def _quantities(given: Mapping[Unit, Decimal | int]) -> dict[Unit, Decimal]:
    return {Unit(unit): amount_of(number, unit) for unit, number in given.items()}


def _end_user(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    name = _checked(text, "end_user")
    if name == EVERY_END_USER:
        raise InvalidInput("an end user cannot be *", where="end_user")
    return name


def _checked(text: str, where: str) -> str:
    if not text.strip() or len(text) > _LONGEST or not words.is_plain(text):
        raise InvalidInput(f"invalid {where}: use 1 to {_LONGEST} visible characters", where=where)
    return text.strip()


def _used(request: str) -> Conflict:
    return Conflict(
        f"the request id {request!r} was used for another call",
        where="request_id",
        hint="Send a new id with a new call.",
    )


def _unpriced(model: PricedModel, cost: Cost, currency: str, budget: str | None) -> Unpriced:
    units: Iterable[str] = (x.unit for x in cost.lines if x.price is None and x.unit != "request")
    named = ", ".join(units) or "anything"
    others = sorted({p["currency"] for p in model.prices} - {currency})
    elsewhere = f"; it has prices in {', '.join(others)}" if others else ""
    whose = f" (budget {budget!r})" if budget else ""
    return Unpriced(
        f"the model {model.name} has no price for {named} in {currency}{elsewhere}{whose}",
        where="model",
        hint="Add a price (0 if it is free), or allow models without a price on the budget.",
        command=f"wavehouse usage prices add {model.name} --unit input --price 0.00000015 "
        f"--currency {currency}",
    )
