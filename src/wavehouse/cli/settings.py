"""``wavehouse config show``: each setting, its value and its source."""

from __future__ import annotations

import click

from wavehouse.kernel import terminal


@click.group()
def config() -> None:
    """Settings: flags, then WAVEHOUSE_* variables, then wavehouse.toml, then defaults."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(as_json: bool) -> None:
    """Print every setting with its value and source; secrets are masked."""
    from wavehouse.kernel.config import load

    values = load().values.values()
    if as_json:
        terminal.print_json(
            {
                v.option.name: {
                    "value": None if v.value is None else v.shown(),
                    "source": v.source,
                    "variable": v.option.variable,
                    "help": v.option.help,
                }
                for v in values
            }
        )
        return
    terminal.print_table(
        ["setting", "value", "source", "meaning"],
        [[v.option.name, v.shown(), v.source, v.option.help] for v in values],
    )
