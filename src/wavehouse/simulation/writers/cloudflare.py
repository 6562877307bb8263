"""Cloudflare's Logpush ``http_requests``, with the two headers as custom fields."""

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
    unix,
)


def _line(day: date, request: Request, dice: Dice) -> str:
    """Write a line; the time is RFC 3339, Unix seconds or nanoseconds, by the dice."""
    noise = dice.getrandbits(30)
    ray = f"{dice.getrandbits(64):016x}"
    r = request
    seconds = unix(day, r)
    when = (f'"{day}T{CLOCK[r.second]}Z"', str(seconds), str(seconds * 10**9))[noise % 3]
    asked = f'{{"range":{json_text(r.asked)}}}' if r.asked else "{}"
    given = f'{{"content-range":"{content_range(r)}"}}' if r.first >= 0 else "{}"
    return (
        f'{{"ClientIP":{json_text(r.address)},"ClientRequestHost":"{r.host}",'
        f'"ClientRequestMethod":"{r.method}","ClientRequestPath":{json_text(r.path)},'
        f'"ClientRequestReferer":{json_text(r.referer)},"ClientRequestURI":{json_text(target(r))},'
        f'"ClientRequestUserAgent":{json_text(r.agent)},"EdgeResponseBodyBytes":{r.sent},'
        f'"EdgeResponseBytes":{r.sent + 400 + noise % 201},"EdgeResponseStatus":{int(r.status)},'
        f'"EdgeStartTimestamp":{when},"RayID":"{ray}","RequestHeaders":{asked},'
        f'"ResponseHeaders":{given}}}\n'
    )


WRITER = Writer(
    file=lambda day: f"{day:%Y%m%d}T000000Z_{day:%Y%m%d}T235959Z_{day.toordinal():08x}.log.gz",
    line=_line,
    has_ids=True,
)
