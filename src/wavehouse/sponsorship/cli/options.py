"""Options shared by several commands of ``sponsorship``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from wavehouse.kernel.options import DAY, EXISTING_FILE

__all__ = ["AS_JSON", "DAY", "FILE", "Amount"]

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
FILE = click.argument("file", type=EXISTING_FILE)


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
