"""Finds the episode that a person means: by guid, number or title."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.ids import EpisodeId
from wavehouse.sponsorship.types import EpisodeName

_COMMAND = "wavehouse episodes list"


def find_episode(wanted: str, known: Sequence[EpisodeName]) -> EpisodeId:
    """The one episode with this guid, id, number (``84`` or ``#84``) or title, in this order.

    Raises InvalidInput when there is none, with the nearest title, or when several match.
    """
    text = wanted.strip()
    number = _number(text)
    ways = (
        [e for e in known if text in (e.guid, str(e.episode_id))],
        [e for e in known if number is not None and e.number == number],
        [e for e in known if e.title.strip().casefold() == text.casefold()],
    )
    same = next((way for way in ways if way), [])
    if len(same) == 1:
        return same[0].episode_id
    if same:
        raise InvalidInput(
            f"{len(same)} episodes of the show are called {wanted!r}",
            hint=f"Name the guid: {', '.join(repr(e.guid) for e in same[:3])}.",
            command=_COMMAND,
        )
    titles = {e.title.casefold(): e.title for e in known}
    near = get_close_matches(text.casefold(), titles, n=1, cutoff=0.6)
    raise InvalidInput(
        f"the show has no episode with the guid, number or title {wanted!r}",
        hint=f"Did you mean {titles[near[0]]!r}?" if near else None,
        command=_COMMAND,
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.removeprefix("#"))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
