"""The states of a campaign, and the ways between them.

A migration holds the same table in a trigger; a test holds the two against each other.
"""

from __future__ import annotations

from datetime import date

from wavehouse.kernel.errors import InvalidInput
from wavehouse.sponsorship.types import CampaignStatus

_S = CampaignStatus
TRANSITIONS: dict[CampaignStatus, tuple[CampaignStatus, ...]] = {
    _S.DRAFT: (_S.SCHEDULED, _S.ACTIVE, _S.CANCELLED),
    _S.SCHEDULED: (_S.ACTIVE, _S.DRAFT, _S.CANCELLED),
    _S.ACTIVE: (_S.PAUSED, _S.COMPLETED, _S.CANCELLED),
    _S.PAUSED: (_S.ACTIVE, _S.COMPLETED, _S.CANCELLED),
    # What was done by mistake can be taken back.
    _S.COMPLETED: (_S.ACTIVE,),
    _S.CANCELLED: (_S.DRAFT,),
}


def next_states(now: CampaignStatus) -> tuple[CampaignStatus, ...]:
    """The states that a campaign can be moved to."""
    return TRANSITIONS[now]


def check_transition(name: str, now: CampaignStatus, wanted: CampaignStatus) -> None:
    """Raise InvalidInput for a way that there is not; staying is no way."""
    if wanted is now or wanted in TRANSITIONS[now]:
        return
    ways = ", ".join(TRANSITIONS[now])
    raise InvalidInput(
        f"the campaign {name!r} is {now} and cannot become {wanted}",
        hint=f"From {now} it can become: {ways}.",
    )


def due(now: CampaignStatus, first: date, last: date, today: date) -> CampaignStatus | None:
    """The state that the calendar asks for: a flight begins and ends by its dates, or None."""
    if now is _S.SCHEDULED and first <= today <= last:
        return _S.ACTIVE
    if now in (_S.ACTIVE, _S.PAUSED) and today > last:
        return _S.COMPLETED
    return None
