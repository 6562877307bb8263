"""Days and amounts in another notation: every command says how to write them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import click
import pytest

from wavehouse.cli.root import root
from wavehouse.kernel.options import DAY, Day
from wavehouse.sponsorship.cli.options import Amount

OF_DAYS = {"--from", "--since", "--to", "--until", "--today", "--expires", "--skip", "day"}
OTHERS = {
    "studio memory add --from": "an instant with its zone",
    "studio memory correct --from": "an instant with its zone",
    "entitlements grant --until": "a day or an instant",
    "entitlements reconcile --from": "a file",
    "audit prove --from": "a size of the tree",
    "audit prove --to": "a size of the tree",
}
"""Options whose name suggests a day or an amount, but which take something else."""
OF_MONEY = {"--value", "--margin"}


def options(command: click.Command, *words: str) -> Iterator[tuple[str, click.Parameter]]:
    """Every option of every command, with the words of its name."""
    context = click.Context(command, info_name=words[-1] if words else "wavehouse")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from options(inner, *words, name)
    for parameter in command.params:
        yield " ".join([*words, parameter.opts[0]]), parameter


EVERY = dict(options(root))
DAYS = [name for name, each in EVERY.items() if isinstance(each.type, Day)]
MONEY = [name for name, each in EVERY.items() if isinstance(each.type, Amount)]


def test_every_option_of_a_day_or_of_money_has_its_type() -> None:
    """Selected by the option's name; --to of schema commands is a version, not a day."""
    of_schema = {name for name in EVERY if name.startswith("schema ")}
    others = {*of_schema, *OTHERS}
    named = {name for name in EVERY.keys() - others if name.split()[-1] in OF_DAYS}
    priced = {name for name in EVERY if name.split()[-1] in OF_MONEY}

    assert (named, priced) == (set(DAYS), set(MONEY))
    assert 15 <= len(DAYS)


@pytest.mark.parametrize("name", DAYS)
@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("28/11/2026", "'28/11/2026' is not a date: write it like 2026-11-28"),
        ("11/28/2026", "'11/28/2026' is not a date: write it like 2026-11-28"),
        ("28.11.2026", "'28.11.2026' is not a date: write it like 2026-11-28"),
        ("5/11/2026", "'5/11/2026' is not a date: write the year first, then month and day"),
        ("2026-11-31", "2026-11-31 does not exist"),
        ("9999-12-31", "9999-12-31 is outside 1970-01-01 to 2999-12-31"),
        ("0001-01-01", "0001-01-01 is outside 1970-01-01 to 2999-12-31"),
        ("20261128", "'20261128' is not a date: write it like 2026-11-28"),
        ("", "the date is missing: write it like 2026-11-28"),
    ],
)
def test_a_day_in_another_notation_is_answered_with_the_way_to_write_it(
    name: str, written: str, answer: str
) -> None:
    """Every command that takes a day has the hint."""
    with pytest.raises(click.BadParameter) as refused:
        EVERY[name].type.convert(written, EVERY[name], None)

    assert refused.value.message.startswith(answer)


@pytest.mark.parametrize("name", MONEY)
@pytest.mark.parametrize(
    ("written", "answer"),
    [("49,90", "49.90"), ("1.234,50", "1234.50"), ("1,234.50", "1234.50"), ("1 234,50", "1234.50")],
)
def test_a_decimal_comma_is_answered_with_a_point(name: str, written: str, answer: str) -> None:
    """Every command that takes an amount has the hint."""
    with pytest.raises(click.BadParameter) as refused:
        EVERY[name].type.convert(written, EVERY[name], None)

    assert refused.value.message.endswith(f": write {answer}")


def test_what_is_written_as_asked_is_read() -> None:
    """A day becomes its midnight, an amount is exact to the cent."""
    assert "2026-11-28T00:00:00" == DAY.convert(" 2026-11-28 ", None, None).isoformat()
    assert Decimal("49.90") == Amount().convert("49.90", None, None)
