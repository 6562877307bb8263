"""Fastly's log as JSON lines."""

from __future__ import annotations

from datetime import date

from wavehouse.simulation.types import Request
from wavehouse.simulation.writers._shape import (
    CLOCK,
    Dice,
    Writer,
    content_range,
    json_text,
    target,
)


def _line(day: date, request: Request, _dice: Dice) -> str:
    r = request
    return (
        f'{{"timestamp":"{day}T{CLOCK[r.second]}+0000","client_ip":{json_text(r.address)},'
        f'"host":"{r.host}","url":{json_text(target(r))},"request_method":"{r.method}",'
        f'"request_referer":{json_text(r.referer)},"request_user_agent":{json_text(r.agent)},'
        f'"request_range":{json_text(r.asked)},"response_status":{int(r.status)},'
        f'"response_body_size":{r.sent},"response_content_range":"{content_range(r)}"}}\n'
    )


WRITER = Writer(file=lambda day: f"fastly-{day}.log.gz", line=_line)
