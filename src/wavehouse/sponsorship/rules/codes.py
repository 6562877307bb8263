"""Promo codes: one spelling, one window, one owner (AT05)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches

from wavehouse.sponsorship.types import Campaign, CodeWindow


def normalised(code: str) -> str:
    """The form in which two codes are compared: trimmed, NFKC, case-folded (AT05).

    Case folding can undo NFKC for a few letters, so both are applied until nothing changes.
    """
    current = code
    while True:
        following = unicodedata.normalize("NFKC", current).casefold().strip()
        if following == current:
            return current
        current = following


def windows(campaign: Campaign) -> list[CodeWindow]:
    """The window of each of a campaign's codes: flight plus grace, without duplicates."""
    last_day = campaign.end_date + timedelta(days=campaign.grace_days)
    codes = dict.fromkeys(normalised(code) for code in campaign.promo_codes)
    return [
        CodeWindow(
            code=code,
            campaign_id=campaign.campaign_id,
            sponsor_id=campaign.sponsor_id,
            first_day=campaign.start_date,
            last_day=last_day,
            currency=campaign.currency,
            live=campaign.status.live,
        )
        for code in codes
        if code
    ]


def clash(new: Iterable[CodeWindow], existing: Iterable[CodeWindow]) -> CodeWindow | None:
    """The existing live window that shares a code and a day with a new one, or None (AT05)."""
    wanted = [window for window in new if window.live]
    for other in existing:
        for window in wanted:
            if (
                other.live
                and other.code == window.code
                and other.campaign_id != window.campaign_id
                and other.first_day <= window.last_day
                and window.first_day <= other.last_day
            ):
                return other
    return None


def match(code: str, occurred_at: datetime, known: Iterable[CodeWindow]) -> CodeWindow | None:
    """The live window of the code on that UTC day, or None (AT05)."""
    wanted, day = normalised(code), utc_day(occurred_at)
    for window in known:
        if window.live and window.code == wanted and window.first_day <= day <= window.last_day:
            return window
    return None


def nearest(code: str, known: Iterable[CodeWindow]) -> str | None:
    """The live code with the most similar spelling to an unmatched one, or None."""
    live = {window.code for window in known if window.live} - {normalised(code)}
    near = get_close_matches(normalised(code), sorted(live), n=1, cutoff=0.6)
    return near[0] if near else None


def utc_day(instant: datetime) -> date:
    """The UTC day of an instant."""
    return instant.astimezone(UTC).date()
