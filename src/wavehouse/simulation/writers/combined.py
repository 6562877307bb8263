"""nginx's combined log with range, content range and host."""

from __future__ import annotations

from datetime import date

from wavehouse.simulation.types import Request
from wavehouse.simulation.writers._shape import (
    CLOCK,
    Dice,
    Writer,
    clf_date,
    content_range,
    escaped,
    target,
)


def _line(day: date, request: Request, _dice: Dice) -> str:
    r = request
    return (
        f"{r.address} - - [{clf_date(day)}:{CLOCK[r.second]} +0000] "
        f'"{r.method} {target(r)} HTTP/1.1" {r.status} {r.sent} '
        f'"{r.referer or "-"}" "{escaped(r.agent)}" '
        f'"{r.asked or "-"}" "{content_range(r, "-")}" "{r.host}"\n'
    )


WRITER = Writer(file=lambda day: f"access-{day}.log", line=_line)
