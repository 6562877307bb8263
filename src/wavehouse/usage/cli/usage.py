"""``wavehouse usage``: usage and cost; models, prices, corrections, the time zone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.usage.cli.correcting import reconcile, reprice
from wavehouse.usage.cli.options import (
    AS_JSON,
    CURRENCY,
    EFFECTIVE,
    SINCE,
    UNTIL,
    operator,
    organization,
    utc,
)
from wavehouse.usage.cli.rollups import history, rollup
from wavehouse.usage.cli.upstreams import fallbacks, upstreams

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_UNITS = [
    "input", "output", "cache_read", "cache_write", "reasoning", "character", "audio_second",
    "request",
]  # fmt: skip
_MODALITIES = ["text", "speech", "audio", "image", "embedding"]


@click.group()
def usage() -> None:
    """Model usage and its cost; registered models and their prices.

    Days are in the organization's time zone (`wavehouse usage timezone`). Amounts are exact
    decimals.
    """


@usage.command()
@SINCE
@UNTIL
@click.option("--project", type=click.UUID, help="Only this project.")
@AS_JSON
@click.pass_obj
def daily(
    open_workspace: OpenWorkspace,
    first: datetime | None,
    last: datetime | None,
    project: UUID | None,
    as_json: bool,
) -> None:
    """Usage by day, project, model and unit."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import reading

    with organization(open_workspace) as (tx, identity):
        rows = reading.usage_by_day(
            tx,
            identity=identity,
            first=first and first.date(),
            last=last and last.date(),
            project_id=project,
        )
    if as_json:
        terminal.print_json({"days": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("day", "project", "model", "unit", "quantity", "requests", "errors", "cost"),
        [
            (r.usage_date, r.project_id, r.model, r.unit, _plain(r.quantity), r.requests,
             r.errors, f"{_plain(r.cost)} {r.currency}")
            for r in rows
        ],
    )  # fmt: skip


@usage.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def events(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """Usage events, latest first."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import reading

    with organization(open_workspace) as (tx, identity):
        rows = reading.list_events(tx, identity=identity, limit=limit)
    if as_json:
        terminal.print_json({"events": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("when", "model", "operation", "in", "out", "cost", "status", "late"),
        [
            (r.occurred_at, r.model, r.operation, r.input_tokens, r.output_tokens,
             f"{_plain(r.cost)} {r.currency}", r.error_code or r.status, "late" if r.late else "")
            for r in rows
        ],
    )  # fmt: skip


@usage.command()
@click.argument("zone", required=False)
@click.pass_obj
def timezone(open_workspace: OpenWorkspace, zone: str | None) -> None:
    """Show the organization's time zone, or set it: ZONE like Europe/Rome.

    A change applies from the next day, week and month.
    """
    from wavehouse.kernel import terminal
    from wavehouse.usage.queries import calendar
    from wavehouse.usage.service import periods

    with organization(open_workspace) as (tx, identity):
        if zone is None:
            terminal.out(calendar.timezone(tx, organization_id=identity.organization_id))
            return
        valid_from = periods.change_timezone(tx, identity=identity, timezone=zone)
    terminal.say(f"The time zone is {zone} from {valid_from.isoformat()} on.")


@usage.group()
def models() -> None:
    """Registered models."""


@models.command("list")
@AS_JSON
@click.pass_obj
def list_models(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List models by provider and name."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import models as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_models(tx, identity=identity)
    if as_json:
        terminal.print_json({"models": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("provider", "model", "version", "makes", "context", "status"),
        [(r.provider, r.name, r.version, r.modality, r.context_window, r.status) for r in rows],
    )


@models.command("add")
@click.argument("name")
@click.option("--provider", required=True, help="Provider name, as used for its upstream.")
@click.option("--version", default="", help="The model's version at the provider.")
@click.option("--modality", type=click.Choice(_MODALITIES), default="text", show_default=True)
@click.option("--context", type=click.IntRange(1), help="Context window in tokens.")
@click.pass_obj
def add_model(
    open_workspace: OpenWorkspace,
    name: str,
    provider: str,
    version: str,
    modality: str,
    context: int | None,
) -> None:
    """Add a model; it can be called once it has a price."""
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import models as service
    from wavehouse.usage.types import Modality

    with operator(open_workspace) as (tx, identity):
        model_id = service.add_model(
            tx,
            identity=identity,
            name=name,
            provider=provider,
            version=version,
            modality=Modality(modality),
            context_window=context,
        )
    terminal.out(str(model_id))


@usage.group()
def prices() -> None:
    """Model prices, by unit and start of validity."""


@prices.command("list")
@click.option("--model", help="Only this model.")
@AS_JSON
@click.pass_obj
def list_prices(open_workspace: OpenWorkspace, model: str | None, as_json: bool) -> None:
    """List the prices with all their revisions."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.service import models as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_prices(tx, identity=identity, model=model)
    if as_json:
        terminal.print_json({"prices": [asdict(row) for row in rows]})
        return
    terminal.print_table(
        ("provider", "model", "unit", "price", "from", "revision", "source"),
        [
            (r.provider, r.model, r.unit, f"{_plain(r.price)} {r.currency}", r.effective_from,
             r.revision, r.source)
            for r in rows
        ],
    )  # fmt: skip


@prices.command("add")
@click.argument("model")
@click.option("--unit", type=click.Choice(_UNITS), required=True)
@click.option("--price", required=True, help="Price per unit, a decimal number; 0 for free.")
@CURRENCY
@EFFECTIVE
@click.option("--source", default="by hand", show_default=True, help="Source of the price.")
@click.pass_obj
def add_price(
    open_workspace: OpenWorkspace,
    model: str,
    unit: str,
    price: str,
    currency: str,
    effective: datetime | None,
    source: str,
) -> None:
    """Add a price, or a new revision that corrects an existing one.

    Then run `wavehouse usage reprice` to correct what was charged at the old price.
    """
    from wavehouse.kernel import terminal
    from wavehouse.usage.service import models as service
    from wavehouse.usage.types import Unit

    with operator(open_workspace) as (tx, identity):
        revision = service.add_price(
            tx,
            identity=identity,
            model=model,
            unit=Unit(unit),
            price=price,
            currency=currency,
            effective_from=utc(effective),
            source=source,
        )
    terminal.say(f"Revision {revision} of the price.")
    if revision > 1:
        terminal.say(f"To correct past charges: wavehouse usage reprice --model {model}")


@prices.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--currency", default="USD", show_default=True, help="Currency of the stored prices.")
@click.option("--rate", help="Price of one dollar in that currency, such as 0.92.")
@click.option("--provider", "providers", multiple=True, help="Only this provider; repeatable.")
@EFFECTIVE
@AS_JSON
@click.pass_obj
def import_prices(
    open_workspace: OpenWorkspace,
    file: str | None,
    currency: str,
    rate: str | None,
    providers: tuple[str, ...],
    effective: datetime | None,
    as_json: bool,
) -> None:
    """Import FILE, a price map in LiteLLM's format, or the list that ships with Wavehouse.

    Numbers are read as decimal text, never as floats.
    """
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.usage.adapters import shipped_prices
    from wavehouse.usage.service import models as service

    with operator(open_workspace) as (tx, identity):
        done = service.import_prices(
            tx,
            identity=identity,
            path=Path(file) if file else shipped_prices(),
            effective_from=utc(effective),
            currency=currency,
            rate=rate,
            providers=providers,
        )
    if as_json:
        terminal.print_json(asdict(done))
        return
    terminal.say(
        f"{done.models} models and {done.prices} prices added, {done.unchanged} unchanged, "
        f"{len(done.skipped)} entries left out."
    )


def _plain(amount: object) -> str:
    from decimal import Decimal

    from wavehouse.usage.service.refusals import plain

    assert isinstance(amount, Decimal)  # noqa: S101 - rows are typed
    return plain(amount)


for _command in (reprice, reconcile, rollup, history, upstreams, fallbacks):
    usage.add_command(_command)
