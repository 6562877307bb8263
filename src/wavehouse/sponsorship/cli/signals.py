"""``wavehouse pixels`` and ``wavehouse credits``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.sponsorship.cli.options import AS_JSON, CAMPAIGN, DAY

if TYPE_CHECKING:
    from wavehouse.sponsorship.types import CreditTotal, Pixel
    from wavehouse.workspace import OpenWorkspace

_METHODS = ["direct", "utm", "promo_code", "pixel", "custom"]


@click.group()
def pixels() -> None:
    """Pixels that sponsors' pages load after a purchase.

    A page reports a conversion by an image, or by a script that also reports followed links (UTM).
    See docs/guides/conversions.md.
    """


@pixels.command("add")
@click.option("--campaign", required=True, type=CAMPAIGN, help="Id or name of the campaign.")
@click.option("--name", required=True, help="Display name, such as the page it is on.")
@click.option(
    "--type",
    "conversion_type",
    default="purchase",
    show_default=True,
    type=click.Choice(["purchase", "signup", "download", "trial"]),
    help="The event that the pixel reports.",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    help="Origin of a page that may load it; repeatable [default: any].",
)
@click.option(
    "--site",
    default="https://YOUR-WAVEHOUSE",
    help="Base URL at which pages reach this installation.",
)
@AS_JSON
@click.pass_obj
def add_pixel(open_workspace: OpenWorkspace, /, site: str, as_json: bool, **fields: Any) -> None:
    """Create a pixel and print the snippet for the page."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        identity = workspace.identity
        made = sponsorship.add_pixel(
            tx,
            identity=identity,
            card=sponsorship.find_campaign(tx, identity=identity, wanted=fields["campaign"]),
            name=fields["name"],
            conversion_type=sponsorship.ConversionType(fields["conversion_type"]),
            origins=fields["origins"],
        )
    address = f"{site.rstrip('/')}/p/{made.public_key}"
    page = f'<script src="{address}.js" defer></script>'
    call = 'wavehouse.converted({order_id: "A-1001", value: "49.90", currency: "EUR"})'
    image = f'<img src="{address}.gif?order_id=A-1001&value=49.90&currency=EUR" alt="" hidden>'
    if as_json:
        terminal.print_json(
            {
                "pixel_id": made.pixel_id,
                "public_key": made.public_key,
                "script": page,
                "call": call,
                "image": image,
            }
        )
        return
    terminal.say("On every page of the shop, to record followed links:")
    terminal.out(f"  {page}")
    terminal.say("On the page after the order:")
    terminal.out(f"  <script>{call}</script>")
    terminal.say("Or, without scripts, only this image:")
    terminal.out(f"  {image}")


@pixels.command("list")
@AS_JSON
@click.pass_obj
def list_pixels(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the pixels by campaign."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        pixels = sponsorship.list_pixels(tx, identity=workspace.identity)
    columns = ["campaign", "name", "type", "active", "key", "origins", "id"]
    rows = [_pixel(item) for item in pixels]
    if as_json:
        terminal.print_json({"pixels": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say("No pixels yet: wavehouse pixels add --campaign NAME --name 'Thank-you page'")


def _pixel(pixel: Pixel) -> list[object]:
    return [
        *(pixel.campaign, pixel.name, pixel.conversion_type, pixel.is_active, pixel.public_key),
        *(" ".join(pixel.allowed_origins), pixel.pixel_id),
    ]


@pixels.command("retire")
@click.argument("pixel", type=click.UUID)
@click.option("--undo", is_flag=True, help="Accept its reports again.")
@click.pass_obj
def retire_pixel(open_workspace: OpenWorkspace, pixel: UUID, undo: bool) -> None:
    """Stop accepting reports of PIXEL (its id); earlier ones are kept."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        sponsorship.set_pixel_active(
            tx, identity=workspace.identity, pixel_id=pixel, is_active=undo
        )
    terminal.say(f"Pixel {pixel} is {'active again' if undo else 'retired'}.")


@click.group("credits")
def credits_() -> None:
    """The credits of conversions to campaigns, by model."""


@credits_.command("show")
@click.option("--from", "first", required=True, type=DAY, help="First day (UTC).")
@click.option("--to", "last", required=True, type=DAY, help="Last day, included (UTC).")
@AS_JSON
@click.pass_obj
def show_credits(
    open_workspace: OpenWorkspace, first: datetime, last: datetime, as_json: bool
) -> None:
    """Show last touch and linear side by side; both credit the same total, to the cent."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        totals = sponsorship.credit_totals(
            tx, identity=workspace.identity, first=first.date(), last=last.date()
        )
    rows = _side_by_side(totals)
    columns = ["campaign", "method", "currency", "last touch", "", "linear", ""]
    if as_json:
        names = ["campaign", "method", "currency", "last_touch", "linear", "campaign_id"]
        terminal.print_json({"credits": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, [_shown(row) for row in rows])
        terminal.say(
            "Conversions and their value. A conversion shared by n links counts 1/n for each."
        )
    else:
        terminal.say("No conversions are credited in this period.")


def _side_by_side(totals: list[CreditTotal]) -> list[list[Any]]:
    """A row for each campaign, method and currency, with the credit of each model."""
    lines: dict[tuple[str, str, str, UUID], dict[str, CreditTotal]] = defaultdict(dict)
    for total in totals:
        lines[total.campaign, total.method, total.currency, total.campaign_id][total.model] = total
    return [
        [
            campaign,
            method,
            currency,
            *map(_amounts, map(by.get, ("last_touch", "linear"))),
            campaign_id,
        ]
        for (campaign, method, currency, campaign_id), by in lines.items()
    ]


def _amounts(total: CreditTotal | None) -> dict[str, Decimal]:
    nothing = {"conversions": Decimal(0), "amount": Decimal(0)}
    if total is None:
        return nothing
    return {"conversions": total.conversions.normalize(), "amount": total.amount}


def _shown(row: list[Any]) -> list[object]:
    campaign, method, currency, last, linear, _ = row
    cells: list[object] = [campaign, method, currency]
    for credited in (last, linear):
        cells += [f"{credited['conversions']:f}", f"{credited['amount']:f}"]
    return cells


@credits_.command("displaced")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Maximum number of rows.",
)
@AS_JSON
@click.pass_obj
def show_displaced(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """List reports of orders that do not count, beside the orders as they count.

    A shop's own report (API key or file) outranks a page's pixel, whichever came first. A pixel's
    value above the setting pixel_value_limit counts as a conversion without value.
    """
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        reports = sponsorship.list_displaced(tx, identity=workspace.identity, limit=limit)
    if as_json:
        terminal.print_json({"displaced": [asdict(report) for report in reports]})
    elif reports:
        terminal.print_table(
            ["order", "reported by", "value", "reason", "counts", "by"],
            [
                [
                    *(r.order_id, f"{r.source} {r.source_name}"),
                    *(f"{r.conversion_value} {r.currency}", r.reason),
                    *(f"{r.counted_value} {r.counted_currency}", r.counted_source),
                ]
                for r in reports
            ],
        )
    else:
        terminal.say("No report was displaced.")


@credits_.command("derive")
@click.option(
    "--precedence",
    default=",".join(_METHODS),
    show_default=True,
    help="Order of the signals when a conversion has several, strongest first.",
)
@AS_JSON
@click.pass_obj
def derive_credits(open_workspace: OpenWorkspace, precedence: str, as_json: bool) -> None:
    """Derive all credits again from the stored evidence, without reading files."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    named = [word.strip() for word in precedence.split(",") if word.strip()]
    if not named or set(named) - set(_METHODS) or len(set(named)) < len(named):
        raise click.BadParameter(
            f"use one or more of {', '.join(_METHODS)}, each at most once",
            param_hint="--precedence",
        )
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        done = sponsorship.recredit(
            tx,
            identity=workspace.identity,
            precedence=[sponsorship.AttributionMethod(word) for word in named],
        )
    if as_json:
        terminal.print_json({"credited": done, "precedence": named})
    else:
        terminal.say(f"{done:,} conversions are credited. See: wavehouse credits show")
