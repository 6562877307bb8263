"""Use cases of the operator: models, prices, price lists (U1, U2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.usage.adapters import read_json
from wavehouse.usage.queries import models as queries
from wavehouse.usage.rules import pricemap
from wavehouse.usage.rules.amounts import amount_of, currency_of
from wavehouse.usage.types import Modality, Model, PriceRow, Unit

STANDARD = "standard"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing a price list; ``skipped`` gives the reason for each skipped entry."""

    models: int
    prices: int
    unchanged: int
    skipped: dict[str, str]


def add_model(
    tx: Tx[Operational],
    *,
    identity: Identity,
    name: str,
    provider: str,
    version: str = "",
    modality: Modality = Modality.TEXT,
    context_window: int | None = None,
) -> UUID:
    """Add a model to the installation's registry. Conflict when it already exists."""
    if context_window is not None and context_window < 1:
        raise InvalidInput("the context window is not a positive number", where="context_window")
    model_id = queries.insert_model(
        tx,
        provider=_text(provider, "provider", 100),
        name=_text(name, "name", 255),
        version=words.line(version)[:100],
        modality=modality,
        context_window=context_window,
    )
    if model_id is None:
        raise Conflict(
            f"the model {provider}/{name} already exists", command="wavehouse usage models"
        )
    _record(tx, identity, "model.added", model_id, name=name)
    return model_id


def list_models(tx: Tx[Operational], *, identity: Identity) -> list[Model]:
    """The registered models; the same for every organization."""
    return queries.models(tx)


def list_prices(
    tx: Tx[Operational],
    *,
    identity: Identity,
    model: str | None = None,
) -> list[PriceRow]:
    """Prices with all revisions, by model and unit, newest first."""
    return queries.prices(tx, names=None if model is None else [model])


def add_price(
    tx: Tx[Operational],
    *,
    identity: Identity,
    model: str,
    unit: Unit,
    price: Decimal | str,
    currency: str,
    effective_from: datetime | None = None,
    tier: str = STANDARD,
    source: str = "by hand",
) -> int:
    """Add a unit price valid from a given time (default: now); returns its revision.

    An existing price from the same time is kept and the new one is its next revision: events keep
    their cost until ``reprice`` adjusts them (U9). InvalidInput for a negative price, a float and
    an unknown model.
    """
    ids = queries.model_ids(tx, name=model)
    if not ids:
        raise NotFound(
            f"there is no model {model!r} in the registry",
            where="model",
            command=f"wavehouse usage models add {model} --provider PROVIDER",
        )
    at = effective_from or clock.now()
    if at.tzinfo is None:
        raise InvalidInput("the time has no time zone", where="effective_from")
    revision = queries.insert_price(
        tx,
        model_id=ids[0],
        unit=unit,
        tier=_text(tier, "tier", 50),
        price=amount_of(price, "price"),
        currency=currency_of(currency),
        effective_from=at,
        source=_text(source, "source", _LONGEST),
    )
    if revision is None:
        raise Conflict("a price already exists from that time", where="price")
    _record(tx, identity, "model_price.added", ids[0], unit=unit, price=str(price))
    return revision


def import_prices(
    tx: Tx[Operational],
    *,
    identity: Identity,
    path: Path,
    effective_from: datetime | None = None,
    currency: str = "USD",
    rate: Decimal | str | None = None,
    providers: tuple[str, ...] = (),
) -> Imported:
    """Import a price map in LiteLLM's format, or our own list, exactly (U2).

    Numbers are read as decimal text. ``rate`` converts USD prices into ``currency``, rounded to 12
    decimals; without it prices stay in USD.
    """
    code = currency_of(currency)
    if rate is None and code != "USD":
        raise InvalidInput(
            f"the list is in USD; prices in {code} need a rate",
            where="rate",
            hint=f"Give the price of one dollar in {code}, such as --rate 0.92.",
        )
    factor = None if rate is None else amount_of(rate, "rate")
    if factor == 0:
        raise InvalidInput("the rate is zero", where="rate")
    parsed = pricemap.parse(read_json(path), str(path))
    at, source = effective_from, f"{parsed.source or path.name}"[:_LONGEST]
    counts = [0, 0, 0]
    for entry in parsed.entries:
        if providers and entry.provider not in providers:
            continue
        ids = queries.model_ids(tx, name=f"{entry.provider}/{entry.name}")
        if not ids:
            model_id = queries.insert_model(
                tx,
                provider=entry.provider,
                name=entry.name,
                version="",
                modality=entry.modality,
                context_window=entry.context_window,
            )
            counts[0] += 1
            ids = [] if model_id is None else [model_id]
        for unit, price in entry.prices.items():
            revision = queries.insert_price(
                tx,
                model_id=ids[0],
                unit=unit,
                tier=STANDARD,
                price=pricemap.converted(price, factor),
                currency=code,
                effective_from=at or entry.effective_from or clock.now(),
                source=source if factor is None else f"{source}, 1 USD = {factor:f} {code}",
            )
            counts[1 if revision is not None else 2] += 1
    _record(tx, identity, "model_prices.imported", path.name, prices=str(counts[1]))
    return Imported(counts[0], counts[1], counts[2], dict(parsed.skipped))


def _text(text: str, where: str, longest: int) -> str:
    line = words.line(text)
    if not line or len(line) > longest:
        raise InvalidInput(f"invalid {where}: 1 to {longest} characters", where=where)
    return line


def _record(
    tx: Tx[Operational], identity: Identity, action: str, resource: UUID | str, **metadata: str
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("model", resource),
        organization_id=identity.organization_id,
        metadata=dict(metadata),
    )
