"""Bunny's raw log: twelve values between pipes, without method and range."""

from __future__ import annotations

from datetime import date

from wavehouse.simulation.types import Request
from wavehouse.simulation.writers._shape import Dice, Writer, target, unix


def _line(day: date, request: Request, dice: Dice) -> str:
    r = request
    return (
        f"HIT|{r.status}|{unix(day, r) * 1000}|{r.sent}|390|{r.address}|{r.referer or '-'}|"
        f"https://{r.host}{target(r)}|DE|{r.agent.replace('|', '%7C') or '-'}|"
        f"{dice.getrandbits(128):032x}|{r.country or '-'}\n"
    )


WRITER = Writer(
    file=lambda day: f"bunny-390-{day:%m-%d-%y}.log", line=_line, has_ids=True, has_ranges=False
)
