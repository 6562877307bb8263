"""The wait that a server asks for by ``Retry-After`` (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """The wait that a ``Retry-After`` header asks for, in seconds or as a date.

    A date in the past means no wait; None for anything else.
    """
    written = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", written):
        return timedelta(seconds=int(written))
    if len(written) > 100 or not re.search(r"[A-Za-z]", written):
        return None
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))
