"""The states of a campaign, and the transitions between them.

A trigger in a migration has the same table; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.types import Campaign, CampaignStatus, StateChange

_S = CampaignStatus
_DELIVERS = (_S.ACTIVE, _S.SCHEDULED)
TRANSITIONS: dict[CampaignStatus, tuple[CampaignStatus, ...]] = {
    _S.DRAFT: (_S.SCHEDULED, _S.ACTIVE, _S.CANCELLED),
    _S.SCHEDULED: (_S.ACTIVE, _S.DRAFT, _S.CANCELLED),
    _S.ACTIVE: (_S.PAUSED, _S.COMPLETED, _S.CANCELLED),
    _S.PAUSED: (_S.ACTIVE, _S.COMPLETED, _S.CANCELLED),
    # Mistakes can be undone.
    _S.COMPLETED: (_S.ACTIVE,),
    _S.CANCELLED: (_S.DRAFT,),
}


def next_states(now: CampaignStatus) -> tuple[CampaignStatus, ...]:
    """The states that a campaign can be moved to."""
    return TRANSITIONS[now]


def check_transition(name: str, now: CampaignStatus, wanted: CampaignStatus) -> None:
    """Raise InvalidInput for an unknown transition, including to the same state."""
    if wanted is now or wanted in TRANSITIONS[now]:
        return
    ways = ", ".join(TRANSITIONS[now])
    raise InvalidInput(
        f"the campaign {name!r} is {now} and cannot become {wanted}",
        hint=f"From {now} it can become: {ways}.",
    )


def report_period(
    start: date, end: date, today: date, *, first: date | None = None, last: date | None = None
) -> tuple[date, date]:
    """The days of a report: the requested ones, else the flight's, until today."""
    begin = first or start
    return begin, last or max(min(end, today), begin)


def check_period(campaign: Campaign, *, first: date, last: date) -> None:
    """Raise InvalidInput for a report in which nothing can be delivered or credited.

    Promo codes stay valid for the grace period after the flight.
    """
    valid_to = campaign.end_date + timedelta(days=campaign.grace_days)
    if last < campaign.start_date or first > valid_to:
        raise InvalidInput(
            f"the report's period is outside the campaign's flight, {campaign.start_date} to "
            f"{campaign.end_date}",
            hint=f"Its codes are valid until {valid_to}. Without dates, it covers the flight.",
        )


def active_on(history: Sequence[StateChange], day: date) -> bool:
    """Whether a campaign was active at any time of a UTC day.

    ``history`` is in time order. Before its first entry the campaign counts as active unless that
    entry's state is not live, as a past flight may be recorded afterwards. A scheduled campaign is
    active once its flight has started.
    """
    if not history:
        return True
    first = CampaignStatus(history[0].status)
    before = [_S.ACTIVE if first in (_S.PAUSED, _S.COMPLETED) else first]
    known = [CampaignStatus(c.status) for c in history if c.at.astimezone(UTC).date() < day]
    during = [CampaignStatus(c.status) for c in history if c.at.astimezone(UTC).date() == day]
    return any(status in _DELIVERS for status in ((known or before)[-1], *during))


def due(now: CampaignStatus, first: date, last: date, today: date) -> CampaignStatus | None:
    """The state by the calendar, as flights start and end by their dates; None for no change."""
    if now is _S.SCHEDULED and first <= today <= last:
        return _S.ACTIVE
    if now in (_S.ACTIVE, _S.PAUSED) and today > last:
        return _S.COMPLETED
    return None
