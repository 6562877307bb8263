"""Options shared by several commands of ``sponsorship``."""

from __future__ import annotations

import os
import shlex
from decimal import Decimal
from typing import Any

import click
from click.shell_completion import CompletionItem

from wavehouse.kernel.options import DAY, EXISTING_FILE

__all__ = ["AS_JSON", "CAMPAIGN", "DAY", "FILE", "Amount"]

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
FILE = click.argument("file", type=EXISTING_FILE)


class CampaignName(click.ParamType[str]):
    """The name or id of a campaign; a shell completes names."""

    name = "campaign"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The campaigns whose name, sponsor or code begins with the text; none on any error.

        A shell shows nothing but candidates, so an error here would only garble its line.
        """
        opened = ctx.find_root().obj
        if opened is None:
            return []
        try:
            from wavehouse import sponsorship

            with (
                ctx.scope(cleanup=False),
                opened() as workspace,
                workspace.stores.operational.app(workspace.identity.organization_id) as tx,
            ):
                cards = sponsorship.list_campaigns(tx, identity=workspace.identity)
        except Exception:
            return []
        wanted = incomplete.strip("'\"").casefold()
        return [
            CompletionItem(_quoted(card.name), help=f"{card.sponsor}, {card.status}")
            for card in cards
            if any(
                text.casefold().startswith(wanted)
                for text in (card.name, card.sponsor, *card.promo_codes)
            )
        ]


def _quoted(name: str) -> str:
    """A name as a word of bash, which inserts candidates unquoted; other shells quote them."""
    return (
        shlex.quote(name) if os.environ.get("_WAVEHOUSE_COMPLETE", "").startswith("bash") else name
    )


CAMPAIGN = CampaignName()


class Amount(click.ParamType[Decimal]):
    """A decimal amount; a float would lose cents."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """The amount; a usage error, with an example, for invalid text."""
        try:
            amount = Decimal(str(value))
        except ArithmeticError:
            amount = Decimal("NaN")
        if not amount.is_finite():
            from wavehouse.kernel.spelling import plain_amount

            wanted = plain_amount(str(value))
            more = f": write {wanted}" if wanted else ""
            self.fail(f"{value!r} is not a decimal amount like 4515.00{more}", param, ctx)
        return amount
