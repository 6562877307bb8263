"""Use case: distinct listeners of a stated period: all shows, each show, each episode.

R43: an audience is counted over its whole period, never by adding. R44: a period that no key covers
cannot be computed; its months are reported one by one, without a sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from wavehouse.accounts import Identity
from wavehouse.measurement.queries import titles as title_queries
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.service.distinct import distinct_by_cell
from wavehouse.measurement.service.reading import require_raw
from wavehouse.measurement.types import Audience, AudienceCell, AudienceLine
from wavehouse.store import Operational, Tx

_ADJACENT = 2


def audience(
    operational: Tx[Operational], *, identity: Identity, first: date, last: date
) -> Audience:
    """The audience between two UTC days, both included. Refused as ``require_raw``."""
    require_raw(operational, identity=identity, first=first)
    organization_id = identity.organization_id
    if months_spanned(first, last) > _ADJACENT:
        months = _by_month(operational, identity, first, last)
        return Audience(first, last, None, [], [], months)
    cells = distinct_by_cell(operational, identity=identity, first=first, last=last)
    shows = [cell for cell in cells if cell.podcast_id and not cell.episode_id]
    episodes = [cell for cell in cells if cell.episode_id]
    titles = title_queries.show_titles(
        operational,
        organization_id=organization_id,
        podcast_ids=[cell.podcast_id for cell in shows if cell.podcast_id],
    )
    titles |= title_queries.episode_titles(
        operational,
        organization_id=organization_id,
        episode_ids=[str(cell.episode_id) for cell in episodes],
    )
    return Audience(
        first,
        last,
        _total(cells),
        [_line(str(c.podcast_id), titles, c) for c in shows],
        [_line(str(c.episode_id), titles, c) for c in episodes],
        [],
    )


def _total(cells: list[AudienceCell]) -> int | None:
    return next((c.listeners for c in cells if c.podcast_id is None), 0)


def _line(member: str, titles: dict[str, str], cell: AudienceCell) -> AudienceLine:
    return AudienceLine(member, titles.get(member, ""), cell.listeners)


def _by_month(
    tx: Tx[Operational], identity: Identity, first: date, last: date
) -> list[AudienceLine]:
    return [
        AudienceLine(
            f"{begin:%Y-%m}",
            f"{begin} to {end}",
            _total(distinct_by_cell(tx, identity=identity, first=begin, last=end)),
        )
        for begin, end in _months(first, last)
    ]


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The calendar months of a period, with the first and last ones cut to it."""
    begin = first
    while begin <= last:
        following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begin, min(last, following - timedelta(days=1))
        begin = following
