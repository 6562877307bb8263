"""Printing rows of the studio's commands: a table, or one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any


def show(
    rows: Sequence[Any], *, as_json: bool, key: str, columns: Sequence[str], empty: str = ""
) -> None:
    """Print dataclasses: these columns as a table, or every field as JSON below ``key``."""
    from wavehouse.kernel import terminal

    shown = [_plain(asdict(row)) for row in rows]
    if as_json:
        terminal.print_json({key: shown})
    elif rows:
        table = [[_cell(row[name]) for name in columns] for row in shown]
        terminal.print_table([name.replace("_", " ") for name in columns], table)
    else:
        terminal.say(empty or f"No {key.replace('_', ' ')} yet.")


def show_row(row: Any, *, as_json: bool) -> None:
    """Print one dataclass: a line for each field, or one JSON object."""
    from wavehouse.kernel import terminal

    shown = _plain(asdict(row))
    if as_json:
        terminal.print_json(shown)
        return
    for name, value in shown.items():
        terminal.out(f"{name.replace('_', ' ')}: {_cell(value)}")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _cell(value: object) -> object:
    """A cell of a table: the beginning of a long text, on one line."""
    if not isinstance(value, str):
        return value
    line = " ".join(value.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
